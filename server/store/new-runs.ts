import type { PoolClient } from "pg";

import type { NewRun } from "./types";

/** Writes a run with its accounts and all of its stamps, which wait. */
export async function insertRun(client: PoolClient, run: NewRun): Promise<void> {
  const { id, request, requestedBy, accounts, stamps } = run;
  await client.query(
    `INSERT INTO strongroom.runs (id, operation, target, refresh, status, requested_by, accounts, reason, options)
     VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8)`,
    [
      id,
      request.operation,
      JSON.stringify(request.target),
      request.refresh ?? false,
      requestedBy,
      JSON.stringify(accounts),
      request.reason ?? null,
      JSON.stringify({
        restore: request.restore,
        drill: request.drill,
        rotate: request.rotate,
        follows: request.follows,
      }),
    ],
  );
  const rows = stamps.map(({ stamp, accountId, kind, wave, dependsOn, job }, position) => ({
    stamp,
    position,
    account_id: accountId,
    kind,
    wave,
    depends_on: dependsOn,
    job,
  }));
  await client.query(
    `INSERT INTO strongroom.run_stamps (run_id, stamp, position, account_id, kind, wave, depends_on, status, job)
     SELECT $1, s.stamp, s.position, s.account_id, s.kind, s.wave, s.depends_on, 'waiting', s.job
     FROM jsonb_to_recordset($2::jsonb) AS s(
       stamp text, position integer, account_id text, kind text, wave integer, depends_on text[], job jsonb)`,
    [id, JSON.stringify(rows)],
  );
}
