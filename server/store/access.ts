import { randomBytes } from "node:crypto";

import type { Pool, PoolClient, QueryResult, QueryResultRow } from "pg";

import { AppError } from "../../stacks/errors";
import type {
  AccessStore,
  KeptToken,
  RequestCounts,
  SessionTable,
  TokenInfo,
  TokenTable,
} from "../access-ports";
import type { Principal, Role } from "../auth/roles";
import { appendAudit } from "./audit";
import { storeError } from "./database-errors";
import { CHANNEL } from "./transaction";
import type { NewAuditEntry, Notice } from "./types";

type Sql = <R extends QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<QueryResult<R>>;

/** Sessions of one caller; the oldest go when there are more, so that signing in again and again fills nothing. */
const MOST_SESSIONS = 100;
/** Counts that nobody added to for so long are forgotten, seconds. */
const FORGET_COUNTS_SECONDS = 600;

interface TokenRow {
  readonly id: string;
  readonly sha256: string;
  readonly subject: string;
  readonly role: Role;
  readonly organizational_units: readonly string[] | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

const COLUMNS =
  "id, sha256, subject, role, organizational_units, created_at, created_by, expires_at, revoked_at";
const BELIEVED =
  "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())";

const infoOf = (row: TokenRow): TokenInfo => ({
  id: row.id,
  subject: row.subject,
  role: row.role,
  ...(row.organizational_units === null ? {} : { organizationalUnits: row.organizational_units }),
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
  ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at.toISOString() }),
});

const valuesOf = (token: KeptToken): readonly unknown[] => [
  token.id,
  token.sha256,
  token.subject,
  token.role,
  token.organizationalUnits ?? null,
  token.createdAt,
  token.createdBy,
  token.expiresAt ?? null,
];
const INSERT = `INSERT INTO strongroom.tokens
  (id, sha256, subject, role, organizational_units, created_at, created_by, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

class Tokens implements TokenTable {
  constructor(
    private readonly pool: Pool,
    private readonly sql: Sql,
  ) {}

  async believed(): Promise<readonly KeptToken[]> {
    const { rows } = await this.sql<TokenRow>(
      `SELECT ${COLUMNS} FROM strongroom.tokens t WHERE ${BELIEVED}`,
      [],
    );
    return rows.map((row) => ({ ...infoOf(row), sha256: row.sha256 }));
  }

  async list(): Promise<readonly TokenInfo[]> {
    const { rows } = await this.sql<TokenRow>(
      `SELECT ${COLUMNS} FROM strongroom.tokens ORDER BY created_at DESC, id`,
      [],
    );
    return rows.map(infoOf);
  }

  async enroll(tokens: readonly KeptToken[]): Promise<void> {
    for (const token of tokens) await this.sql(`${INSERT} ON CONFLICT DO NOTHING`, valuesOf(token));
  }

  add(token: KeptToken): Promise<TokenInfo> {
    const { id, subject, role, organizationalUnits, expiresAt } = token;
    return this.change(async (client) => {
      const { rows } = await client.query<TokenRow>(`${INSERT} RETURNING ${COLUMNS}`, [
        ...valuesOf(token),
      ]);
      const details = { id, subject, role, organizationalUnits, expiresAt };
      return [infoOf(only(rows)), { subject: token.createdBy, action: "token.create", details }];
    });
  }

  revoke(id: string, by: string): Promise<TokenInfo | undefined> {
    return this.change(async (client) => {
      // Two admins that revoke each other's token at the same moment must not both find the other one there.
      await client.query("LOCK TABLE strongroom.tokens IN SHARE ROW EXCLUSIVE MODE");
      const { rows } = await client.query<TokenRow>(
        `SELECT ${COLUMNS} FROM strongroom.tokens t WHERE id = $1 OR (role = 'admin' AND ${BELIEVED})`,
        [id],
      );
      const found = rows.find((row) => row.id === id);
      if (found === undefined || found.revoked_at !== null) {
        return [found === undefined ? undefined : infoOf(found), undefined];
      }
      if (found.role === "admin" && rows.length === 1) {
        throw new AppError("AUTH_LAST_ADMIN", `${id} is the last token of an admin.`, {
          action: "Make another one first: `strongroom tokens create NAME --role admin`.",
        });
      }
      const { rows: revoked } = await client.query<TokenRow>(
        `UPDATE strongroom.tokens SET revoked_at = clock_timestamp() WHERE id = $1 RETURNING ${COLUMNS}`,
        [id],
      );
      const { subject, role } = found;
      return [
        infoOf(only(revoked)),
        { subject: by, action: "token.revoke", details: { id, subject, role } },
      ];
    });
  }

  /** Does some work in one transaction with what the audit log keeps of it, and tells the other services. */
  private async change<T>(
    work: (client: PoolClient) => Promise<[T, NewAuditEntry | undefined]>,
  ): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw storeError(error);
    });
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const [answer, entry] = await work(client);
      if (entry !== undefined) {
        await appendAudit(client, entry);
        await client.query("SELECT pg_notify($1, $2)", [
          CHANNEL,
          JSON.stringify({ topic: "tokens", runId: "" } satisfies Notice),
        ]);
      }
      await client.query("COMMIT");
      return answer;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
      throw storeError(error);
    } finally {
      client.release(broken);
    }
  }
}

function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new AppError("BUG_UNEXPECTED", "a row that was written is missing");
  return row;
}

class Sessions implements SessionTable {
  constructor(private readonly sql: Sql) {}

  async add(sha256: string, principal: Principal, lifetimeSeconds: number): Promise<void> {
    const { subject, role, organizationalUnits = null, tokenId = null } = principal;
    await this.sql(
      `INSERT INTO strongroom.sessions (sha256, subject, role, organizational_units, token_id, expires_at)
       VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))`,
      [sha256, subject, role, organizationalUnits, tokenId, lifetimeSeconds],
    );
    await this.sql(
      `DELETE FROM strongroom.sessions WHERE expires_at <= clock_timestamp() OR sha256 IN (
         SELECT sha256 FROM strongroom.sessions WHERE subject = $1 ORDER BY started_at DESC OFFSET $2)`,
      [subject, MOST_SESSIONS],
    );
  }

  async find(sha256: string): Promise<Principal | undefined> {
    const { rows } = await this.sql<
      Pick<TokenRow, "subject" | "role" | "organizational_units"> & { token_id: string | null }
    >(
      `SELECT subject, role, organizational_units, token_id FROM strongroom.sessions s
       WHERE s.sha256 = $1 AND s.expires_at > clock_timestamp() AND (token_id IS NULL OR EXISTS (
         SELECT 1 FROM strongroom.tokens t WHERE t.id = s.token_id AND ${BELIEVED}))`,
      [sha256],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      subject: row.subject,
      role: row.role,
      ...(row.organizational_units === null
        ? {}
        : { organizationalUnits: row.organizational_units }),
      ...(row.token_id === null ? {} : { tokenId: row.token_id }),
    };
  }

  async remove(sha256: string): Promise<void> {
    await this.sql("DELETE FROM strongroom.sessions WHERE sha256 = $1", [sha256]);
  }
}

class Counts implements RequestCounts {
  private sweptAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly sql: Sql) {}

  async add(
    counts: ReadonlyMap<string, number>,
    windowMs: number,
  ): Promise<ReadonlyMap<string, { count: number; leftMs: number }>> {
    // Always in the same order, so that two services never wait for each other in a circle.
    const keys = [...counts.keys()].sort();
    const { rows } = await this.sql<{ key: string; count: number; left_ms: number }>(
      `INSERT INTO strongroom.request_counts AS r (key, count)
       SELECT key, count FROM unnest($1::text[], $2::integer[]) AS n(key, count) ORDER BY key
       ON CONFLICT (key) DO UPDATE SET
         count = CASE WHEN r.started_at <= clock_timestamp() - make_interval(secs => $3)
                      THEN excluded.count ELSE r.count + excluded.count END,
         started_at = CASE WHEN r.started_at <= clock_timestamp() - make_interval(secs => $3)
                           THEN clock_timestamp() ELSE r.started_at END
       RETURNING key, count,
         (extract(epoch FROM started_at - clock_timestamp()) + $3::float8)::float8 * 1000 AS left_ms`,
      [keys, keys.map((key) => counts.get(key)), windowMs / 1000],
    );
    await this.sweep();
    return new Map(rows.map(({ key, count, left_ms: leftMs }) => [key, { count, leftMs }]));
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.sweptAt < FORGET_COUNTS_SECONDS * 1000) return;
    this.sweptAt = performance.now();
    await this.sql(
      "DELETE FROM strongroom.request_counts WHERE started_at < clock_timestamp() - make_interval(secs => $1)",
      [FORGET_COUNTS_SECONDS],
    );
  }
}

/** What services on one database must agree on about their callers. */
export function accessStore(pool: Pool): AccessStore {
  const sql: Sql = async <R extends QueryResultRow>(text: string, values: readonly unknown[]) => {
    try {
      return await pool.query<R>(text, [...values]);
    } catch (error) {
      throw storeError(error);
    }
  };
  return {
    tokens: new Tokens(pool, sql),
    sessions: new Sessions(sql),
    counts: new Counts(sql),
    async secret(name) {
      await sql(
        "INSERT INTO strongroom.shared_secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [name, randomBytes(32).toString("hex")],
      );
      const { rows } = await sql<{ value: string }>(
        "SELECT value FROM strongroom.shared_secrets WHERE name = $1",
        [name],
      );
      return only(rows).value;
    },
  };
}
