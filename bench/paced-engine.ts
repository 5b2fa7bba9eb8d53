import { setTimeout as sleep } from "node:timers/promises";

import type { ChangeCounts, EnginePort, StackOutcome } from "../server/ports";

/** How the engine behaves. */
export interface Pace {
  /** Events of each stamp. */
  readonly events: number;
  /** Time between two events, milliseconds. */
  readonly everyMs: number;
}

const COUNTS: ChangeCounts = { create: 0, update: 0, replace: 0, delete: 0, same: 1 };

/**
 * An engine that makes nothing: each operation tells its events at a steady pace and succeeds. For measuring what is around
 * the engine, which would take the processor for itself.
 */
export function pacedEngine({ events, everyMs }: Pace): EnginePort {
  return {
    execute: async (_job, onEvent, signal) => {
      const started = performance.now();
      const outcome = (): Omit<StackOutcome, "status"> => ({
        counts: COUNTS,
        changes: [],
        violations: [],
        resources: 1,
        outputs: {},
        seconds: (performance.now() - started) / 1000,
        peakMemoryMiB: 0,
      });
      for (let index = 0; index < events; index += 1) {
        const goOn = await sleep(everyMs, true, { signal }).catch(() => false);
        if (!goOn) {
          const error = {
            code: "RUN_CANCELLED",
            message: "the operation was interrupted",
          } as const;
          return { status: "cancelled", ...outcome(), error };
        }
        onEvent({ type: "message", level: "info", text: `event ${index + 1} of ${events}` });
      }
      return { status: "succeeded", ...outcome() };
    },
    resources: () => Promise.resolve(undefined),
    deployed: () => Promise.resolve(undefined),
    // Never the same: nothing is left alone.
    identify: (jobs) =>
      Promise.resolve(jobs.map(() => ({ inputs: "new", program: "new", packs: "new" }))),
  };
}
