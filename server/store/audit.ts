import type { PoolClient, QueryResult } from "pg";

import { auditHash, FIRST_PREVIOUS } from "../audit/chain";
import type { AuditEntry } from "../runs-ports";
import type { NewAuditEntry } from "./types";

/** Any fixed number: entries get their place in the chain one after the other. Held to the end of the transaction. */
const LOCK = 7_251_046_400;

const COLUMNS = "seq, at, subject, action, run_id, reason, details, previous, hash";

interface AuditRow {
  /** Postgres answers a bigint as text. */
  readonly seq: string;
  readonly at: string;
  readonly subject: string;
  readonly action: string;
  readonly run_id: string | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly previous: string;
  readonly hash: string;
}

type Sql = (text: string, values: readonly unknown[]) => Promise<QueryResult<AuditRow>>;

const entryOf = (row: AuditRow): AuditEntry => ({
  seq: Number(row.seq),
  at: row.at,
  subject: row.subject,
  action: row.action,
  ...(row.run_id === null ? {} : { runId: row.run_id }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  details: row.details,
  previous: row.previous,
  hash: row.hash,
});

/** Puts an entry behind the last one, in the caller's transaction: it is there if and only if what it tells of is. */
export async function appendAudit(client: PoolClient, entry: NewAuditEntry): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
  const { rows } = await client.query<{ seq: string; hash: string }>(
    "SELECT seq, hash FROM strongroom.audit_log ORDER BY seq DESC LIMIT 1",
  );
  const last = rows[0];
  const unhashed = {
    seq: Number(last?.seq ?? 0) + 1,
    at: new Date().toISOString(),
    ...entry,
    // As the database gives it back: keys without a value are not kept.
    details: JSON.parse(JSON.stringify(entry.details)) as AuditEntry["details"],
    previous: last?.hash ?? FIRST_PREVIOUS,
  };
  await client.query(
    `INSERT INTO strongroom.audit_log (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      unhashed.seq,
      unhashed.at,
      unhashed.subject,
      unhashed.action,
      unhashed.runId ?? null,
      unhashed.reason ?? null,
      JSON.stringify(unhashed.details),
      unhashed.previous,
      auditHash(unhashed),
    ],
  );
}

/** Newest first. */
export async function readAudit(
  sql: Sql,
  { limit, before, runId }: { limit: number; before?: number; runId?: string },
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql(
    `SELECT ${COLUMNS} FROM strongroom.audit_log
     WHERE ($2::bigint IS NULL OR seq < $2) AND ($3::text IS NULL OR run_id = $3)
     ORDER BY seq DESC LIMIT $1`,
    [limit, before ?? null, runId ?? null],
  );
  return rows.map(entryOf);
}

/** Oldest first. */
export async function readAuditAfter(
  sql: Sql,
  after: number,
  limit: number,
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql(
    `SELECT ${COLUMNS} FROM strongroom.audit_log WHERE seq > $1 ORDER BY seq LIMIT $2`,
    [after, limit],
  );
  return rows.map(entryOf);
}
