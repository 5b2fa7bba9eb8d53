import type { PoolClient } from "pg";

import type { StampName } from "../../stacks/naming";
import type { Approval } from "../runs-ports";
import type { ClaimedStamp, Rollout, StampDetails, StampPlanSoFar } from "./types";

/** Those of the stamps that an `up` has made and no `retire` taken down. */
export async function readExisting(
  client: PoolClient,
  stamps: readonly StampName[],
): Promise<readonly StampName[]> {
  const { rows } = await client.query<{ stamp: StampName }>(
    `SELECT stamp FROM strongroom.stamp_states
     WHERE stamp = ANY($1::text[]) AND stamped_at IS NOT NULL`,
    [stamps],
  );
  return rows.map(({ stamp }) => stamp);
}

/** Gives stamps that wait their plans, and the run its rules. */
export async function writeRules(
  client: PoolClient,
  runId: string,
  rollout: Rollout,
  plans: ReadonlyMap<StampName, StampPlanSoFar>,
): Promise<void> {
  await client.query("UPDATE strongroom.runs SET rollout = $2 WHERE id = $1", [
    runId,
    JSON.stringify(rollout),
  ]);
  const rows = [...plans].map(([stamp, plan]) => ({ stamp, plan }));
  await client.query(
    `UPDATE strongroom.run_stamps AS r SET plan = p.plan
     FROM jsonb_to_recordset($2::jsonb) AS p(stamp text, plan jsonb)
     WHERE r.run_id = $1 AND r.stamp = p.stamp AND r.status = 'waiting'`,
    [runId, JSON.stringify(rows)],
  );
}

/** How far a run has come; its status follows from what holds it. A run that has not started stays queued. */
export async function writeRollout(
  client: PoolClient,
  runId: string,
  rollout: Rollout,
): Promise<void> {
  const { hold } = rollout;
  const held =
    hold === undefined ? null : hold.kind === "pause" ? "paused" : "waiting_for_approval";
  await client.query(
    `UPDATE strongroom.runs SET rollout = $2,
       started_at = CASE WHEN $3::text IS NULL THEN started_at ELSE coalesce(started_at, now()) END,
       status = CASE WHEN $3::text IS NOT NULL THEN $3
                     WHEN status IN ('paused', 'waiting_for_approval') THEN 'running' ELSE status END
     WHERE id = $1`,
    [runId, JSON.stringify(rollout), held],
  );
}

/** What a claimed stamp is to do: its plan first where that is still to be made, then exactly what the plan says. */
export const CLAIMED_JOB = `CASE
    WHEN plan IS NULL THEN job
    WHEN plan->>'changes' IS NULL THEN job || '{"operation": "preview"}'
    ELSE job || jsonb_build_object('expect',
      jsonb_build_object('inputs', plan->>'inputs', 'changes', plan->>'changes')) END`;

/** Keeps the plan of a claimed stamp, which waits again; false if the claim is no longer valid. */
export async function writePlan(
  client: PoolClient,
  claim: ClaimedStamp,
  workerId: string,
  plan: StampPlanSoFar,
  details: StampDetails,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE strongroom.run_stamps
     SET status = 'waiting', worker_id = NULL, queue_id = NULL, attempts = 0, plan = $5, result = $6
     WHERE run_id = $1 AND stamp = $2 AND status = 'running' AND worker_id = $3 AND epoch = $4`,
    [
      claim.runId,
      claim.stamp,
      workerId,
      claim.epoch,
      JSON.stringify(plan),
      JSON.stringify(details),
    ],
  );
  return rowCount === 1;
}

export async function writeApproval(
  client: PoolClient,
  runId: string,
  approval: Approval,
): Promise<void> {
  await client.query(
    "UPDATE strongroom.runs SET approvals = approvals || $2::jsonb WHERE id = $1",
    [runId, JSON.stringify([approval])],
  );
}
