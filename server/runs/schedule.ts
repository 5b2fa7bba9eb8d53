import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { Clock } from "../ports";
import type { RunRecord, RunRequest, RunService } from "../runs-ports";

/** Who asks for what nobody asks for. */
export const SCHEDULE = "schedule";

/** What every schedule needs. */
export interface ScheduleOptions {
  readonly runs: Pick<RunService, "start">;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** Something that is to be done from time to time. */
export interface Schedule {
  /** What is due, for messages: `the drift of the fleet`. */
  readonly what: string;
  /**
   * One look at the clock: starts what is due and answers the runs that it started. Any number of processes may look, as
   * often as they like.
   */
  look(): Promise<readonly RunRecord[]>;
}

/** What to do later rather than never: somebody else holds a stamp, or the organization cannot be read just now. */
const LATER = new Set(["STACK_BUSY", "RUN_STORE", "ORG_UNREACHABLE", "ORG_INCOMPLETE"]);

/** Which span of so many minutes it is, counted from 1970: the same one for whoever looks. */
export function spanOf(clock: Clock, minutes: number): number {
  return Math.floor(clock.now().getTime() / (minutes * 60_000));
}

/**
 * Starts a run that is due. Its key is its place in time: of several services on one database, and of one that starts again
 * and again, each run is started once. Undefined where it has to be tried later.
 */
export async function startDue(
  { runs, report }: ScheduleOptions,
  request: RunRequest,
  key: string,
): Promise<{ run: RunRecord; replayed: boolean } | undefined> {
  try {
    // What the run is about may be something else an hour later; the run is the same one.
    return await runs.start(request, { subject: SCHEDULE, key, fingerprint: digest({ key }) });
  } catch (error) {
    const { code, message } = AppError.from(error);
    if (!LATER.has(code)) throw error;
    report(`the ${request.operation} that is due waits: ${message}`);
    return undefined;
  }
}

/** Looks at all schedules now and again and again; one that fails is told of and keeps none from its turn. Returns how to stop. */
export function keepLooking(
  schedules: readonly Schedule[],
  everyMs: number,
  report: (line: string) => void,
): () => Promise<void> {
  const lookAtAll = async (): Promise<void> => {
    for (const schedule of schedules) {
      await schedule.look().catch((error: unknown) => {
        report(`${schedule.what}: ${AppError.from(error).message}`);
      });
    }
  };
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= lookAtAll().finally(() => (looking = undefined));
  };
  look();
  const timer = setInterval(look, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
