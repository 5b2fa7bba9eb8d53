import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { Clock } from "../ports";
import type { AccountView, RunRecord, RunRequest, RunService } from "../runs-ports";

/** What the fleet file says about drift. */
export interface DriftSettings {
  /** Time between two comparisons of the fleet; none: only when somebody asks. */
  readonly everyHours?: number;
  /** Environments whose stamps are brought back without being asked. */
  readonly repair: readonly string[];
}

export interface DriftScheduleOptions {
  readonly runs: Pick<RunService, "start">;
  readonly settings: () => Promise<DriftSettings>;
  readonly accounts: () => Promise<readonly AccountView[]>;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** Who asks for what nobody asks for. */
export const SCHEDULE = "schedule";

/** What to do later rather than never: somebody else holds a stamp, or the organization cannot be read just now. */
const LATER = new Set(["STACK_BUSY", "RUN_STORE", "ORG_UNREACHABLE", "ORG_INCOMPLETE"]);

const hasDrifted = ({ status, changes }: RunRecord["stamps"][number]): boolean =>
  status === "succeeded" && (changes?.length ?? 0) > 0;

/**
 * One look at the clock: starts the comparison of the fleet that is due, and once it has ended the repair of what drifted in
 * the environments that the fleet file names. Safe to be asked by any number of processes, and as often as they like: a
 * comparison has its hour as key, a repair the run that found the drift. Answers the runs that it started.
 */
export async function lookForDrift(options: DriftScheduleOptions): Promise<readonly RunRecord[]> {
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
  const hour = Math.floor(clock.now().getTime() / (everyHours * 3_600_000)) * everyHours;
  const compare: RunRequest = {
    operation: "drift",
    target: { stamps: stamped },
    reason: `every ${everyHours} hours, by the fleet file`,
  };
  const compared = await start(options, compare, `drift-${everyHours}-${hour}`);
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
  const repaired = await start(options, bringBack, `repair-${compared.run.id}`);
  return repaired === undefined || repaired.replayed ? started : [...started, repaired.run];
}

/** Starts a run under a key of its own; undefined where it has to be tried later. */
async function start(
  { runs, report }: DriftScheduleOptions,
  request: RunRequest,
  key: string,
): Promise<{ run: RunRecord; replayed: boolean } | undefined> {
  try {
    // The stamps may be others an hour later; the run is the same one.
    return await runs.start(request, { subject: SCHEDULE, key, fingerprint: digest({ key }) });
  } catch (error) {
    const { code, message } = AppError.from(error);
    if (!LATER.has(code)) throw error;
    report(`the ${request.operation} that is due waits: ${message}`);
    return undefined;
  }
}

/** Looks again and again; returns how to stop it. */
export function keepLookingForDrift(
  options: DriftScheduleOptions,
  everyMs: number,
): () => Promise<void> {
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= lookForDrift(options)
      .then(
        () => undefined,
        (error: unknown) =>
          options.report(`the drift of the fleet: ${AppError.from(error).message}`),
      )
      .finally(() => (looking = undefined));
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
