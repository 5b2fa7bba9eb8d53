import type { ErrorRecord } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { StampStatus } from "../runs-ports";
import type { Rollout, StampProgress } from "../store/types";
import { isUnplanned, judge } from "./rollout";

/** A stamp that will not be started, and why. */
export interface EndedUnstarted {
  readonly stamp: StampName;
  readonly status: "not-started";
  readonly error: ErrorRecord;
}

export interface NextSteps {
  /** Everything they depend on succeeded: they go into the queue now. */
  readonly ready: readonly StampName[];
  readonly unstarted: readonly EndedUnstarted[];
  /** Nothing of the run waits or runs any more. */
  readonly ended: boolean;
  /** How far the run has come through its gates; only of a run that has some. */
  readonly rollout?: Rollout;
}

const CANCELLED: ErrorRecord = {
  code: "RUN_CANCELLED",
  message: "the run was cancelled before this stamp was started",
};

const OPEN: ReadonlySet<StampStatus> = new Set<StampStatus>(["waiting", "running"]);

/** Why a stamp did not succeed, in the words of those that depend on it. */
const CAUSE: Partial<Record<StampStatus, string>> = {
  failed: "failed",
  cancelled: "was cancelled",
  "not-started": "was not started",
};

/** What the gates of a run are judged by. */
export interface Gates {
  readonly rollout: Rollout;
  readonly now: Date;
}

/**
 * Decides what happens in a run after something ended. One stamp's failure stops what depends on it, directly or through
 * others, and nothing else. A wave starts when nothing of the one before waits or runs any more.
 */
export function nextSteps(
  stamps: readonly StampProgress[],
  cancelRequested: boolean,
  gates?: Gates,
): NextSteps {
  const status = new Map(stamps.map((stamp) => [stamp.stamp, stamp.status]));
  const unstarted: EndedUnstarted[] = [];
  const end = (stamp: StampName, error: ErrorRecord): void => {
    status.set(stamp, "not-started");
    unstarted.push({ stamp, status: "not-started", error });
  };
  if (cancelRequested) {
    for (const { stamp, status: now } of stamps) if (now === "waiting") end(stamp, CANCELLED);
  }
  const asTheyAre = (): readonly StampProgress[] =>
    stamps.map((stamp) => ({ ...stamp, status: status.get(stamp.stamp) ?? stamp.status }));
  // Repeated until nothing changes: a stamp may stand before the one it depends on.
  for (let changed = true; changed;) {
    changed = false;
    for (const { stamp, dependsOn } of stamps) {
      if (status.get(stamp) !== "waiting") continue;
      const cause = dependsOn.find((other) => CAUSE[status.get(other) ?? "waiting"] !== undefined);
      if (cause === undefined) continue;
      end(stamp, {
        code: "RUN_DEPENDENCY",
        message: `${stamp} needs ${cause}, which ${CAUSE[status.get(cause) ?? "failed"] ?? "failed"}`,
        action: `Look at what stopped ${cause} and start the run again.`,
      });
      changed = true;
    }
  }
  const verdict = gates && judge(asTheyAre(), gates.rollout, gates.now);
  if (verdict?.kind === "stop") {
    for (const { stamp } of stamps) if (status.get(stamp) === "waiting") end(stamp, verdict.error);
  }
  const rollout = gates &&
    verdict && {
      rules: gates.rollout.rules,
      passed: verdict.passed,
      ...(verdict.kind === "hold" ? { hold: verdict.hold } : {}),
    };
  const open = stamps.filter(({ stamp }) => OPEN.has(status.get(stamp) ?? "succeeded"));
  const ended = open.length === 0;
  if (verdict?.kind === "hold" || verdict?.kind === "plan") {
    // A preview needs nothing to have been done before.
    const toPlan = open.filter((stamp) => isUnplanned(stamp) && stamp.status === "waiting");
    const ready = verdict.kind === "hold" ? [] : toPlan.filter(({ queued }) => !queued);
    const names = ready.map(({ stamp }) => stamp);
    return { ready: names, unstarted, ended, ...(rollout === undefined ? {} : { rollout }) };
  }
  const wave = Math.min(...open.map((stamp) => stamp.wave));
  const ready = open
    .filter((stamp) => {
      const { dependsOn, queued } = stamp;
      if (queued || stamp.wave !== wave || stamp.status !== "waiting") return false;
      return dependsOn.every((other) => (status.get(other) ?? "succeeded") === "succeeded");
    })
    .map(({ stamp }) => stamp);
  return { ready, unstarted, ended, ...(rollout === undefined ? {} : { rollout }) };
}
