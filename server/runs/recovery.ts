import type { ErrorRecord } from "../../stacks/errors";
import { stateOf } from "../processes";
import type { AbandonedStamp, Store } from "../store/types";
import { isOfStacks } from "./requests";
import { settle } from "./settle";

/** A worker beats every 5 s; after this silence nobody counts on it any more, and what it writes is refused. */
export const GIVEN_UP_AFTER_SECONDS = 60;
/** The first try and one more. */
const MOST_ATTEMPTS = 2;

const INTERRUPTED: ErrorRecord = {
  code: "RUN_INTERRUPTED",
  message: "the service stopped twice while it worked on this stamp",
  action: "Look at the stack with a preview, then start the run again.",
};

export interface Recovery {
  readonly store: Store;
  readonly workerId: string;
  readonly leaseSeconds: number;
  readonly report: (line: string) => void;
}

function isGone({ worker, silentSeconds }: AbandonedStamp, leaseSeconds: number): boolean {
  if (worker === undefined || silentSeconds > leaseSeconds) return true;
  return stateOf(worker) === "dead";
}

/**
 * Looks for stamps whose worker died and brings their runs forward: each is tried once more, then it ends with
 * RUN_INTERRUPTED. The engine cleans up after its own dead processes before it touches the stack again. Answers how many
 * stamps were found.
 */
export async function recoverAbandoned({
  store,
  workerId,
  leaseSeconds,
  report,
}: Recovery): Promise<number> {
  let found = 0;
  for (const stamp of await store.abandoned(workerId)) {
    if (!isGone(stamp, leaseSeconds)) continue;
    const again = stamp.attempts < MOST_ATTEMPTS;
    const text = again
      ? "the service stopped while it worked on this stamp: it is tried once more"
      : INTERRUPTED.message;
    const changed = await store.transaction(async (tx) => {
      const { runId, stamp: name, attempts, queueId } = stamp;
      const run = await tx.lockRun(runId);
      if (run === undefined) return false;
      const done = again
        ? await tx.putBack(runId, name, attempts, queueId, false)
        : await tx.endAbandoned(stamp, INTERRUPTED);
      if (!done) return false;
      if (!again) {
        await tx.release(runId, [name]);
        const { operation } = run;
        if (isOfStacks(operation)) {
          const details = { error: INTERRUPTED };
          await tx.setStampState({ runId, operation, stamp: name, status: "failed", details });
        }
      }
      await tx.append(runId, [
        again
          ? { type: "stamp.message", stamp: name, data: { level: "warning", text } }
          : { type: "stamp.ended", stamp: name, data: { status: "failed", error: INTERRUPTED } },
      ]);
      await settle(tx, runId);
      return true;
    });
    if (!changed) continue;
    found++;
    report(`${stamp.stamp}: ${text}`);
  }
  await store.forgetSilentWorkers(leaseSeconds);
  return found;
}
