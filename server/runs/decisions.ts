import { AppError } from "../../stacks/errors";
import type { ApprovalRequest, Follows, Hold, RunRecord, RunRequest } from "../runs-ports";
import type { Rollout, Store, Transaction } from "../store/types";
import { isOfStacks } from "./requests";
import { settle } from "./settle";

const notWaiting = (id: string, status: string, what: string): AppError =>
  new AppError("RUN_NOT_WAITING", `run ${id} does not wait for ${what}: it is ${status}`, {
    action: `Look at it with GET /v1/runs/${id} or \`strongroom runs ${id}\`.`,
  });

/** The run, locked, with what holds it. Throws `RUN_NOT_FOUND`. */
async function held(
  tx: Transaction,
  id: string,
): Promise<{ status: string; requestedBy: string; rollout?: Rollout }> {
  const run = await tx.lockRun(id);
  if (run === undefined) throw new AppError("RUN_NOT_FOUND", `there is no run ${id}`);
  const { status, requestedBy, rollout } = run;
  const of = { status, requestedBy };
  return rollout?.hold === undefined ? of : { ...of, rollout };
}

/**
 * Refuses an approval that is not about what the run will do: of another plan (`PLAN_CHANGED`), without a reason, or without
 * the number of accounts in which something precious would go (`SPEC_APPROVAL`).
 */
export function checkApproval(approval: ApprovalRequest, hold: Hold): void {
  if (approval.reason.trim() === "") {
    throw new AppError("SPEC_REASON_MISSING", "An approval needs a reason.", {
      action: "Give `reason`, for example the ticket; it is kept in the audit log.",
      problems: [{ message: "say why", pointer: "/reason" }],
    });
  }
  if (approval.digest !== hold.digest) {
    throw new AppError(
      "PLAN_CHANGED",
      `the run's plan has the digest ${hold.digest ?? "none"}, the approval names ${approval.digest}`,
      { action: "Look at the plan as it is now, and approve that one." },
    );
  }
  const { preciousAccounts: precious = 0 } = hold;
  if (precious !== (approval.preciousAccounts ?? 0)) {
    throw new AppError(
      "SPEC_APPROVAL",
      `the plan deletes or replaces a key, a secret or a bucket in ${precious} accounts; the approval names ${approval.preciousAccounts ?? 0}`,
      {
        action: `Look at those deletions and replacements; if they are meant, approve with preciousAccounts ${precious}.`,
        problems: [{ message: `must be ${precious}`, pointer: "/preciousAccounts" }],
      },
    );
  }
}

/** Refuses an approval by somebody who has decided about the run already (`AUTH_SECOND_PERSON`). */
export function checkPerson(by: string, requestedBy: string, hold: Hold): void {
  const action = "Ask somebody else with the role approver to look at it and to approve it.";
  if (hold.twoPerson === true && by === requestedBy) {
    throw new AppError(
      "AUTH_SECOND_PERSON",
      `${by} asked for the run and cannot approve it: the fleet file wants a second person`,
      { action },
    );
  }
  if (hold.approvedBy?.includes(by) === true) {
    throw new AppError(
      "AUTH_SECOND_PERSON",
      `${by} has approved it already: ${hold.approvers ?? 1} different persons have to`,
      { action },
    );
  }
}

/** Lets a run go on that waits for an approval, or keeps the approval while others are missing. */
export function approveRun(
  store: Store,
  id: string,
  approval: ApprovalRequest,
  by: string,
  now: Date,
): Promise<void> {
  return store.transaction(async (tx) => {
    const { status, requestedBy, rollout } = await held(tx, id);
    const hold = rollout?.hold;
    if (rollout === undefined || hold === undefined || hold.kind === "pause") {
      throw notWaiting(id, status, "an approval");
    }
    checkPerson(by, requestedBy, hold);
    checkApproval(approval, hold);
    const { rules, passed } = rollout;
    const approvedBy = [...(hold.approvedBy ?? []), by];
    const missing = Math.max(0, (hold.approvers ?? 1) - approvedBy.length);
    await tx.setRollout(
      id,
      missing > 0 ? { ...rollout, hold: { ...hold, approvedBy } } : { rules, passed: passed + 1 },
    );
    const { digest, reason, preciousAccounts } = approval;
    const given = {
      digest,
      ...(preciousAccounts === undefined ? {} : { preciousAccounts }),
      ...(hold.wave === undefined ? {} : { wave: hold.wave }),
    };
    const told = { ...given, ...(missing === 0 ? {} : { missing }) };
    await tx.addApproval(id, { by, at: now.toISOString(), reason, ...given });
    await tx.append(id, [{ type: "run.approved", data: { by, reason, ...told } }]);
    if (missing === 0) await settle(tx, id, now);
    await tx.audit({ subject: by, action: "run.approve", runId: id, reason, details: told });
  });
}

/** Ends a pause before its time. */
export function endPause(store: Store, id: string, by: string, now: Date): Promise<void> {
  return store.transaction(async (tx) => {
    const { status, rollout } = await held(tx, id);
    const hold = rollout?.hold;
    if (rollout === undefined || hold?.kind !== "pause") throw notWaiting(id, status, "its pause");
    await tx.setRollout(id, { ...rollout, hold: { ...hold, until: now.toISOString() } });
    await tx.append(id, [{ type: "run.resumed", data: { by, wave: hold.wave } }]);
    await settle(tx, id, now);
    await tx.audit({
      subject: by,
      action: "run.resume",
      runId: id,
      details: { wave: hold.wave },
    });
  });
}

/** Lets runs go on whose pause is over; to be asked now and then. Answers how many. */
export async function resumePaused(store: Store): Promise<number> {
  const runs = await store.pausesOver();
  for (const id of runs) {
    await store.transaction(async (tx) => {
      const run = await tx.lockRun(id);
      // Another process may have been faster.
      if (run?.rollout?.hold?.kind !== "pause") return;
      await tx.append(id, [{ type: "run.resumed", data: { wave: run.rollout.hold.wave } }]);
      await settle(tx, id);
    });
  }
  return runs.length;
}

/** The stamps of an ended run that another run is to go on with. Throws `RUN_NOT_WAITING` where there are none. */
export function stampsLeft(run: RunRecord, how: Follows["how"]): RunRecord["stamps"] {
  if (run.endedAt === undefined) throw notWaiting(run.id, run.status, `a ${how}`);
  const left = run.stamps.filter(({ status, error }) => {
    if (status === "succeeded") return false;
    return how === "resume" || status === "failed" || error?.code === "RUN_DEPENDENCY";
  });
  if (left.length > 0) return left;
  throw new AppError(
    "RUN_NOT_WAITING",
    how === "retry" ? `nothing of run ${run.id} failed` : `nothing of run ${run.id} is left`,
    { action: `Look at it with \`strongroom runs ${run.id}\`.` },
  );
}

/** The request for the run that goes on with an ended one. Only runs over stacks can be gone on with. */
export function followUp(run: RunRecord, how: Follows["how"], reason?: string): RunRequest {
  const { id, operation } = run;
  if (!isOfStacks(operation)) {
    throw new AppError("SPEC_INVALID", `a ${operation} cannot be gone on with`, {
      action: "Start it again: what is done already is left alone.",
    });
  }
  const stamps = stampsLeft(run, how).map(({ stamp }) => stamp);
  return {
    operation,
    target: { stamps },
    follows: { run: id, how },
    ...(operation === "retire" ? { confirm: stamps } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}
