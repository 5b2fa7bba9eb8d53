import type { StampName } from "../../stacks/naming";
import type { AccountView, RunRecord, RunRequest, RunStatus, StampResult } from "../runs-ports";
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

/** Whether the drift of a stamp breaks a mandatory rule. */
const weakens = ({ violations = [] }: StampResult): boolean =>
  violations.some(({ level }) => level === "mandatory");

/** A run that stands still until somebody does something. */
const WAITS: ReadonlySet<RunStatus> = new Set<RunStatus>(["waiting_for_approval", "paused"]);

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
  const drifted = compared.run.stamps.filter(
    (result) => hasDrifted(result) && repairable.has(result.stamp),
  );
  const repairs = await bringBack(options, compared.run.id, drifted);
  return [...started, ...repairs];
}

/**
 * Brings back what drifted: what breaks a mandatory rule in a run of its own, and the rest when that has ended or somebody has
 * to approve it. Answers the runs that it started.
 */
async function bringBack(
  options: DriftScheduleOptions,
  comparedBy: string,
  drifted: readonly StampResult[],
): Promise<readonly RunRecord[]> {
  const [first, rest] = [drifted.filter(weakens), drifted.filter((result) => !weakens(result))];
  const started: RunRecord[] = [];
  for (const [key, stamps, what] of [
    [`repair-first-${comparedBy}`, first, "drift that breaks mandatory rules, "],
    [`repair-${comparedBy}`, rest, "drift "],
  ] as const) {
    if (stamps.length === 0) continue;
    const request: RunRequest = {
      operation: "up",
      target: { stamps: stamps.map(({ stamp }) => stamp) },
      refresh: true,
      reason: `${what}that ${comparedBy} found, brought back by the fleet file`,
    };
    const repaired = await startDue(options, request, key);
    if (repaired === undefined) return started;
    if (!repaired.replayed) started.push(repaired.run);
    const { endedAt, status } = repaired.run;
    if (endedAt === undefined && !WAITS.has(status)) return started;
  }
  return started;
}
