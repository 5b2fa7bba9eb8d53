import type { PoolClient } from "pg";

import type { StampName } from "../../stacks/naming";
import type { StackOperation } from "../ports";
import type { StampStatus } from "../runs-ports";
import type { StampDetails } from "./types";

/** The end of a stamp in a run, as far as the stamp's own state is concerned. */
export interface StampEnd {
  readonly runId: string;
  readonly operation: StackOperation;
  readonly stamp: StampName;
  readonly status: StampStatus;
  readonly details: StampDetails;
  /** Undefined: the outputs stay as they are. */
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
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
  await client.query(
    `INSERT INTO strongroom.stamp_states AS s
         (stamp, last_run_id, last_operation, last_status, last_ended_at, stamped_at, drifted, error, outputs)
       VALUES ($1, $2, $3, $4, now(), CASE WHEN $5 = 'set' THEN now() END, $6, $7, coalesce($8::jsonb, '{}'))
       ON CONFLICT (stamp) DO UPDATE SET
         last_run_id = excluded.last_run_id, last_operation = excluded.last_operation,
         last_status = excluded.last_status, last_ended_at = excluded.last_ended_at,
         stamped_at = CASE $5 WHEN 'set' THEN now() WHEN 'clear' THEN NULL ELSE s.stamped_at END,
         drifted = CASE WHEN $5 = 'clear' THEN NULL ELSE coalesce(excluded.drifted, s.drifted) END,
         error = excluded.error,
         outputs = CASE WHEN $8::jsonb IS NULL THEN s.outputs ELSE excluded.outputs END`,
    [
      stamp,
      runId,
      operation,
      status,
      good && operation === "up" ? "set" : good && operation === "retire" ? "clear" : "keep",
      drifted,
      details.error === undefined ? null : JSON.stringify(details.error),
      outputs === undefined ? null : JSON.stringify(outputs),
    ],
  );
}
