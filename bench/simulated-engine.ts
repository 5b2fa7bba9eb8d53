import { setTimeout as sleep } from "node:timers/promises";

import { digest } from "../stacks/digest";
import type { StampName } from "../stacks/naming";
import type { EnginePort, StackOutcome } from "../server/ports";

/** How the engine behaves; the same in every process for the same numbers. */
export interface SimulatedEngine {
  readonly seed: number;
  /** Longest time of one operation, milliseconds; each takes between a half and all of it. */
  readonly takesMs: number;
  /** Share of the stamps whose first operation in a process fails, 0 to 1. */
  readonly failureRate: number;
}

const ZERO = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** A number from 0 to 1 that a seed and a name decide. */
function chance(seed: number, name: string): number {
  return Number.parseInt(digest({ seed, name }).slice(0, 8), 16) / 0xffffffff;
}

/** An engine that takes time, and fails the first time for some, as the seed says. */
export function simulatedEngine({ seed, takesMs, failureRate }: SimulatedEngine): EnginePort {
  const tried = new Set<StampName>();
  // What was never made is known from the ledger, which all processes share.
  const identity = (spec: unknown) => ({
    inputs: digest({ spec }),
    program: "simulated",
    packs: "simulated",
    state: "1",
  });
  return {
    identify: (jobs) => Promise.resolve(jobs.map(({ spec }) => identity(spec))),
    resources: () => Promise.resolve(undefined),
    deployed: () => Promise.resolve(undefined),
    async execute({ stamp, spec }, onEvent, signal): Promise<StackOutcome> {
      for (const status of ["started", "done"] as const) {
        onEvent({
          type: "resource",
          urn: `urn:pulumi:${stamp}::s::t::key`,
          operation: "create",
          status,
        });
      }
      const time = takesMs * (0.5 + chance(seed, `time ${stamp}`) / 2);
      const rested = await sleep(time, true, { signal }).catch(() => false);
      const fails = !tried.has(stamp) && chance(seed, `fate ${stamp}`) < failureRate;
      tried.add(stamp);
      const outcome = { changes: [], violations: [], outputs: {}, seconds: time / 1000 };
      const more = { ...outcome, counts: ZERO, resources: 0, peakMemoryMiB: 1 };
      if (!rested) return { ...more, status: "cancelled" };
      if (fails) {
        return {
          ...more,
          status: "failed",
          error: { code: "ACCESS_DENIED", message: "simulated" },
        };
      }
      const counts = { ...ZERO, create: 30 };
      return {
        ...more,
        counts,
        resources: 30,
        status: "succeeded",
        identity: identity(spec),
      };
    },
  };
}
