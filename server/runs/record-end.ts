import { AppError } from "../../stacks/errors";
import type { StampStatus } from "../runs-ports";
import type { ClaimedStamp, NewEvent, StampDetails, Store } from "../store/types";
import type { Conclude } from "./conclude-check";
import type { JobOutcome } from "./outcome";
import { stampEnded } from "./announce";
import { keepPlan } from "./plan-phase";
import { foundBy } from "./found";
import { isOfStacks } from "./requests";
import { settle } from "./settle";

/** The end of the work on a claimed stamp. */
export interface ClaimEnd {
  readonly claim: ClaimedStamp;
  readonly workerId: string;
  readonly outcome: JobOutcome;
  /** Events that are not written yet. */
  readonly events: readonly NewEvent[];
  /** The service stops: the stamp goes back into the queue. */
  readonly putBack: boolean;
  /** Says what is wrong with the run as a whole, where this ends it. */
  readonly conclude?: Conclude;
}

/** Writes the end of a stamp and brings its run forward, in one transaction; nothing where the claim is over. */
export async function recordEnd(store: Store, end: ClaimEnd): Promise<void> {
  const { claim, workerId, outcome, events, putBack, conclude } = end;
  const { runId, stamp } = claim;
  const { status, outputs, identity, ...details } = outcome;
  await store.transaction(async (tx) => {
    if ((await tx.lockRun(runId)) === undefined) return;
    if (!(await tx.holds(claim, workerId))) return;
    await tx.append(runId, events);
    if (putBack) {
      await tx.putBack(runId, stamp, claim.attempt, claim.queueId, true);
      await tx.append(runId, [goesOn(claim)]);
    } else if (claim.planning && status === "succeeded") {
      await keepPlan(tx, claim, workerId, details);
    } else {
      await tx.endClaimed(claim, workerId, status, details);
      await tx.append(runId, [endOf(claim, status, details)]);
      const { operation } = claim.job;
      await tx.webhooks.announce(stampEnded(runId, operation, stamp, details));
      if (isOfStacks(operation)) {
        const good = status === "succeeded";
        const kept = good && operation === "up" ? outputs : undefined;
        const cleared = good && operation === "retire" ? {} : kept;
        const refreshed = "refresh" in claim.job && claim.job.refresh;
        const state = { runId, operation, stamp, status, details, identity, refreshed };
        await tx.setStampState({ ...state, outputs: cleared });
      }
      await tx.release(runId, [stamp]);
    }
    await settle(tx, runId, new Date(), conclude);
  });
}

/** Whether waiting may make the writing of an end possible; a bug would not go away by it. */
export function mayBeWritten(error: unknown): boolean {
  const { code } = AppError.from(error);
  return code === "RUN_STORE" || code === "ENGINE_DISK_FULL";
}

const goesOn = ({ stamp }: ClaimedStamp): NewEvent => ({
  type: "stamp.message",
  stamp,
  data: { level: "warning", text: "the service stops: the stamp goes on after its start" },
});

const endOf = (claim: ClaimedStamp, status: StampStatus, details: StampDetails): NewEvent => ({
  type: "stamp.ended",
  stamp: claim.stamp,
  data: {
    status,
    counts: details.counts,
    resources: details.resources,
    coverage: details.coverage && { ...details.coverage, uncovered: undefined },
    seconds: details.seconds,
    ...foundBy(details),
    ...(details.error === undefined ? {} : { error: details.error }),
  },
});
