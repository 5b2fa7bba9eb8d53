import type { RunRequest } from "../runs-ports";
import { spanOf, startDue, type Schedule, type ScheduleOptions } from "./schedule";

export interface CheckScheduleOptions extends ScheduleOptions {
  /** Time between two checks, minutes; 0: none. */
  readonly minutes: number;
}

const REQUEST: RunRequest = { operation: "check", target: {} };

/** Judges everything that is deployed again and again. */
export function checkSchedule(options: CheckScheduleOptions): Schedule {
  const { minutes, clock } = options;
  let done: number | undefined;
  return {
    what: "the check of what is deployed",
    look: async () => {
      if (minutes === 0) return [];
      const due = spanOf(clock, minutes);
      // The key alone would do; this spares a database question a minute.
      if (done === due) return [];
      const started = await startDue(options, REQUEST, `check-${minutes}-${due}`);
      if (started === undefined) return [];
      done = due;
      return started.replayed ? [] : [started.run];
    },
  };
}
