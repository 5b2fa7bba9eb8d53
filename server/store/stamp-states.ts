import type { PoolClient } from "pg";

import type { StampName } from "../../stacks/naming";
import type { MadeStamp, StampDetails, StampEnd } from "./types";

/** Drifted resources that are remembered for a stamp; the run has all of them. */
const MOST_DRIFT = 100;

/** The stamps of which it is known what they were made from: not those whose last run failed, or that drifted since. */
export async function readMadeStamps(
  client: PoolClient,
  stamps: readonly StampName[],
): Promise<readonly MadeStamp[]> {
  const { rows } = await client.query<{
    stamp: StampName;
    made: Omit<MadeStamp, "stamp" | "comparedAt">;
    compared_at: Date | null;
  }>(
    `SELECT stamp, made, compared_at FROM strongroom.stamp_states
     WHERE stamp = ANY($1::text[]) AND made IS NOT NULL`,
    [stamps],
  );
  return rows.map(({ stamp, made, compared_at }) => ({
    stamp,
    ...made,
    comparedAt: compared_at?.getTime() ?? 0,
  }));
}

/** What is kept of what the stamp was made from; undefined where the run says nothing about it, null to forget it. */
function madeBy({ operation, status, details, identity }: StampEnd, drifted: boolean | null) {
  if (status !== "succeeded" || operation === "retire" || drifted === true) return null;
  if (operation !== "up") return undefined;
  if (identity?.state === undefined) return null;
  const { inputs, state } = identity;
  const { resources = 0, violations = [] } = details;
  return { inputs, state, resources, violations } satisfies Omit<MadeStamp, "stamp" | "comparedAt">;
}

/** The mandatory rules that the drift of a stamp breaks. */
function weakenedBy({ violations = [] }: StampDetails): readonly string[] {
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  return [...new Set(mandatory.map(({ rule }) => rule))].sort();
}

/** Whether the run looked at what is really there: `drift`, a refresh, or an `up` that has just made it. */
function compares({ operation, status, details, refreshed }: StampEnd): boolean {
  if (status !== "succeeded") return false;
  return (
    operation === "drift" ||
    (operation === "up" && (refreshed === true || (details.counts?.create ?? 0) > 0))
  );
}

/**
 * Keeps what the last run said about a stamp. A failed or cancelled run says nothing about drift and does not take away
 * that the stamp was made; only a `retire` that succeeded does.
 */
export async function writeStampState(client: PoolClient, end: StampEnd): Promise<void> {
  const { runId, operation, stamp, status, details, outputs } = end;
  const good = status === "succeeded";
  const drifted =
    good && operation === "drift"
      ? (details.changes?.length ?? 0) > 0
      : good && operation === "up"
        ? false
        : null;
  const made = madeBy(end, drifted);
  const drift =
    drifted === true
      ? { changes: details.changes?.slice(0, MOST_DRIFT) ?? [], weakens: weakenedBy(details) }
      : null;
  await client.query(
    `INSERT INTO strongroom.stamp_states AS s
         (stamp, last_run_id, last_operation, last_status, last_ended_at, stamped_at, drifted, error, outputs,
          made, compared_at, drift)
       VALUES ($1, $2, $3, $4, now(), CASE WHEN $5 = 'set' THEN now() END, $6, $7, coalesce($8::jsonb, '{}'),
         $10::jsonb, CASE WHEN $11 THEN now() END, $12::jsonb)
       ON CONFLICT (stamp) DO UPDATE SET
         last_run_id = excluded.last_run_id, last_operation = excluded.last_operation,
         last_status = excluded.last_status, last_ended_at = excluded.last_ended_at,
         stamped_at = CASE $5 WHEN 'set' THEN now() WHEN 'clear' THEN NULL ELSE s.stamped_at END,
         drifted = CASE WHEN $5 = 'clear' THEN NULL ELSE coalesce(excluded.drifted, s.drifted) END,
         error = excluded.error,
         outputs = CASE WHEN $8::jsonb IS NULL THEN s.outputs ELSE excluded.outputs END,
         made = CASE WHEN $9 THEN excluded.made ELSE s.made END,
         compared_at = coalesce(excluded.compared_at, s.compared_at),
         drift = CASE WHEN $5 = 'clear' OR excluded.drifted IS NOT NULL THEN excluded.drift ELSE s.drift END`,
    [
      stamp,
      runId,
      operation,
      status,
      good && operation === "up" ? "set" : good && operation === "retire" ? "clear" : "keep",
      drifted,
      details.error === undefined ? null : JSON.stringify(details.error),
      outputs === undefined ? null : JSON.stringify(outputs),
      made !== undefined,
      made == null ? null : JSON.stringify(made),
      compares(end),
      drift === null ? null : JSON.stringify(drift),
    ],
  );
}

/** Ends stamps of a new run that need no work, with the result that their last run left. */
export async function endUnchanged(
  client: PoolClient,
  runId: string,
  stamps: readonly MadeStamp[],
): Promise<void> {
  const rows = stamps.map(({ stamp, resources, violations }) => ({
    stamp,
    result: {
      unchanged: true,
      counts: { create: 0, update: 0, replace: 0, delete: 0, same: resources },
      changes: [],
      violations,
      resources,
      seconds: 0,
    } satisfies StampDetails,
  }));
  await client.query(
    `UPDATE strongroom.run_stamps AS r SET status = 'succeeded', result = u.result, ended_at = now()
     FROM jsonb_to_recordset($2::jsonb) AS u(stamp text, result jsonb)
     WHERE r.run_id = $1 AND r.stamp = u.stamp AND r.status = 'waiting'`,
    [runId, JSON.stringify(rows)],
  );
}

/** Lets the jobs of stamps that wait read the real state of every resource. */
export async function refreshWaiting(
  client: PoolClient,
  runId: string,
  stamps: readonly StampName[],
): Promise<void> {
  await client.query(
    `UPDATE strongroom.run_stamps SET job = job || '{"refresh": true}'
     WHERE run_id = $1 AND stamp = ANY($2::text[]) AND status = 'waiting'`,
    [runId, stamps],
  );
}
