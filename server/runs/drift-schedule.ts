import type { StampName } from "../../stacks/naming";
import type { AccountView, RunRecord, RunRequest } from "../runs-ports";
import { spanOf, startDue, type Schedule, type ScheduleOptions } from "./schedule";

/** What the fleet file says about drift. */
export interface DriftSettings {
  /** Time between two comparisons of the fleet; none: only when somebody asks. */
  readonly everyHours?: number;
  /** Environments whose stamps are brought back without being asked. */
  readonly repair: readonly string[];
}

export interface DriftScheduleOptions extends ScheduleOptions {
  readonly settings: () => Promise<DriftSettings>;
  readonly accounts: () => Promise<readonly AccountView[]>;
}

const hasDrifted = ({ status, changes }: RunRecord["stamps"][number]): boolean =>
  status === "succeeded" && (changes?.length ?? 0) > 0;

/** Compares the fleet from time to time, and brings back what the fleet file says. */
export function driftSchedule(options: DriftScheduleOptions): Schedule {
  return { what: "the drift of the fleet", look: () => lookForDrift(options) };
}

/**
 * Starts the comparison of the fleet that is due, and once it has ended the repair of what drifted in the environments that
 * the fleet file names. A comparison has its hour as key, a repair the run that found the drift.
 */
async function lookForDrift(options: DriftScheduleOptions): Promise<readonly RunRecord[]> {
  const { settings, accounts, clock } = options;
  const { everyHours, repair } = await settings();
  if (everyHours === undefined) return [];
  const views = await accounts();
  const stamped = views.flatMap(({ selected, status, stamps }) =>
    selected && status === "ACTIVE"
      ? stamps.filter(({ stampedAt }) => stampedAt !== undefined).map(({ stamp }) => stamp)
      : [],
  );
  if (stamped.length === 0) return [];
  const hour = spanOf(clock, everyHours * 60) * everyHours;
  const compare: RunRequest = {
    operation: "drift",
    target: { stamps: stamped },
    reason: `every ${everyHours} hours, by the fleet file`,
  };
  const compared = await startDue(options, compare, `drift-${everyHours}-${hour}`);
  if (compared === undefined) return [];
  const started = compared.replayed ? [] : [compared.run];
  if (compared.run.endedAt === undefined || repair.length === 0) return started;
  const repairable = new Set<StampName>(
    views.flatMap(({ environment, stamps }) =>
      environment !== undefined && repair.includes(environment)
        ? stamps.map(({ stamp }) => stamp)
        : [],
    ),
  );
  const drifted = compared.run.stamps
    .filter((result) => hasDrifted(result) && repairable.has(result.stamp))
    .map(({ stamp }) => stamp);
  if (drifted.length === 0) return started;
  const bringBack: RunRequest = {
    operation: "up",
    target: { stamps: drifted },
    refresh: true,
    reason: `drift that ${compared.run.id} found, brought back by the fleet file`,
  };
  const repaired = await startDue(options, bringBack, `repair-${compared.run.id}`);
  return repaired === undefined || repaired.replayed ? started : [...started, repaired.run];
}
