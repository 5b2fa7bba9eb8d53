import type { PoolClient } from "pg";

import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import { type Operation, STACK_OPERATIONS } from "../ports";

/** What a run holds while it works on a stamp: the stack itself, or the right to one operation of the vault on it. */
const leaseName = (operation: Operation, stamp: StampName): string =>
  (STACK_OPERATIONS as readonly Operation[]).includes(operation) ? stamp : `${operation}:${stamp}`;

/** Takes the leases of all stamps, or answers one that another run holds. */
export async function takeLeases(
  client: PoolClient,
  runId: string,
  operation: Operation,
  stamps: readonly StampName[],
): Promise<{ stamp: StampName; runId: string } | undefined> {
  const names = stamps.map((stamp) => leaseName(operation, stamp));
  // Always in the same order, so that two requests for overlapping stamps never wait for each other in a circle.
  const taken = await client.query(
    `INSERT INTO strongroom.stack_leases (stamp, run_id)
     SELECT stamp, $1 FROM unnest($2::text[]) AS stamp ORDER BY stamp ON CONFLICT DO NOTHING`,
    [runId, names.toSorted()],
  );
  if (taken.rowCount === stamps.length) return undefined;
  const { rows } = await client.query<{ stamp: string; run_id: string }>(
    `SELECT stamp, run_id FROM strongroom.stack_leases
     WHERE stamp = ANY($1::text[]) AND run_id <> $2 ORDER BY stamp LIMIT 1`,
    [names, runId],
  );
  const holder = rows[0];
  const stamp = stamps.find((name) => leaseName(operation, name) === holder?.stamp);
  if (holder === undefined || stamp === undefined) {
    throw new AppError("BUG_UNEXPECTED", "a lease vanished");
  }
  return { stamp, runId: holder.run_id };
}

/** Gives the leases of a run's stamps back: a run holds one a stamp, under one of the two forms of the name. */
export async function releaseLeases(
  client: PoolClient,
  runId: string,
  stamps: readonly StampName[],
): Promise<void> {
  await client.query(
    `DELETE FROM strongroom.stack_leases
     WHERE run_id = $1 AND regexp_replace(stamp, '^[a-z]+:', '') = ANY($2::text[])`,
    [runId, stamps],
  );
}
