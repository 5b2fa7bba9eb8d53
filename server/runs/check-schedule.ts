import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { Clock } from "../ports";
import type { RunRequest, RunService } from "../runs-ports";

export interface CheckScheduleOptions {
  readonly runs: Pick<RunService, "start">;
  /** Time between two checks, minutes; 0: none. */
  readonly minutes: number;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** Who a scheduled run is asked for by. */
const SUBJECT = "schedule";
const REQUEST: RunRequest = { operation: "check", target: {} };
/** Between two looks at the clock: a sleeping machine must not be hours late. */
const LOOK_MS = 60_000;

/**
 * Judges everything that is deployed again and again. The key of a run is its place in time: of several services on one
 * database, and of one that starts again and again, each check is started once.
 */
export class CheckSchedule {
  private timer: NodeJS.Timeout | undefined;
  private done: number | undefined;

  constructor(private readonly options: CheckScheduleOptions) {}

  start(): void {
    if (this.options.minutes === 0) return;
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
    void this.look();
  }

  stop(): Promise<void> {
    clearInterval(this.timer);
    return Promise.resolve();
  }

  /** Starts the check that is due, if it was not started yet. Never throws: a refusal is tried again at the next look. */
  async look(): Promise<void> {
    const { runs, minutes, clock, report } = this.options;
    const due = Math.floor(clock.now().getTime() / (minutes * 60_000));
    if (this.done === due) return;
    try {
      await runs.start(REQUEST, {
        subject: SUBJECT,
        key: `check-${minutes}-${due}`,
        fingerprint: digest(REQUEST),
      });
      this.done = due;
    } catch (error) {
      report(`the deployed states could not be checked: ${AppError.from(error).message}`);
    }
  }
}
