import { changesDigest } from "../../stacks/plan-digest";
import { isPrecious } from "../../stacks/precious";
import { foundBy } from "./found";
import type { ClaimedStamp, StampDetails, Transaction } from "../store/types";

/**
 * Keeps what the preview of a stamp found as its plan: the stamp waits for its wave then, and its update has to find the
 * same.
 */
export async function keepPlan(
  tx: Transaction,
  claim: ClaimedStamp,
  workerId: string,
  details: StampDetails,
): Promise<void> {
  const { changes = [], counts } = details;
  if (!("spec" in claim.job) || claim.inputs === undefined) return;
  const plan = {
    inputs: claim.inputs,
    changes: changesDigest(changes),
    precious: changes.some(isPrecious),
  };
  if (!(await tx.keepPlan(claim, workerId, plan, details))) return;
  await tx.append(claim.runId, [
    {
      type: "stamp.planned",
      stamp: claim.stamp,
      data: { counts, precious: plan.precious, ...foundBy(details) },
    },
  ]);
}
