import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from "pg";
import PgBoss from "pg-boss";

import type { StampName } from "../../stacks/naming";
import type { RateLimit, SharedRate } from "../ports";
import type { ProcessIdentity } from "../processes";
import type { AuditEntry, IdempotencyKey, RunEvent, RunListItem, StampState } from "../runs-ports";
import type { AccessStore } from "../access-ports";
import { accessStore } from "./access";
import { readAudit, readAuditAfter } from "./audit";
import { isTransient, storeError } from "./database-errors";
import { EngineProcesses } from "./engine-processes";
import { startLocalPostgres, type LocalPostgres } from "./local-postgres";
import { alone, migrate } from "./migrations";
import { NoticeBoard } from "./notices";
import { membershipStore } from "./membership";
import { onboardingStore } from "./onboardings";
import {
  eventOf,
  RUN_COLUMNS,
  runOf,
  STAMP_COLUMNS,
  stampOf,
  stateOfRow,
  type EventRow,
  type PlannedRow,
  type RunRow,
  type StampRow,
  type StateRow,
} from "./rows";
import { sharedRate } from "./shared-rate";
import { QUEUE, SqlTransaction } from "./transaction";
import type {
  AbandonedStamp,
  ClaimedStamp,
  EngineProcess,
  Notice,
  Store,
  StoredRun,
  Transaction,
} from "./types";
import { WEBHOOK_QUEUE, webhookStore } from "./webhooks";

export interface StoreOptions {
  /** A Postgres of the user's, version 13 or later; without it one is started in the state folder. */
  readonly databaseUrl?: string;
  /** Everything the service keeps is below this folder. */
  readonly stateDir: string;
  /** Tells what is done while it is done, one line each. */
  readonly report: (line: string) => void;
  /** Largest number of connections; 10 by default. */
  readonly connections?: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const TRANSACTION_TRIES = 5;
/** A stamp may take this long in the queue's eyes; the engine's own time limit is far below. pg-boss allows 24 h. */
const LONGEST_JOB_HOURS = 23;

class SqlStore implements Store {
  readonly access: AccessStore;
  private readonly processes = new EngineProcesses((text, values) => this.sql(text, values));
  readonly webhooks = webhookStore((text, values) => this.sql(text, values));
  readonly membership = membershipStore((text, values) => this.sql(text, values));
  readonly onboardings = onboardingStore((text, values) => this.sql(text, values));

  constructor(
    readonly description: string,
    private readonly pool: Pool,
    private readonly queue: PgBoss,
    private readonly board: NoticeBoard,
    private readonly server: LocalPostgres | undefined,
  ) {
    this.access = accessStore(pool);
  }

  private async sql<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<QueryResult<R>> {
    try {
      return await this.pool.query<R>(text, [...values]);
    } catch (error) {
      throw storeError(error);
    }
  }

  async ping(): Promise<void> {
    await this.sql("SELECT 1");
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const client = await this.pool.connect().catch((error: unknown) => {
        throw storeError(error);
      });
      let broken: Error | undefined;
      try {
        await client.query("BEGIN");
        const answer = await work(new SqlTransaction(client, this.queue));
        await client.query("COMMIT");
        return answer;
      } catch (error) {
        await client.query("ROLLBACK").catch((failure: unknown) => {
          broken = failure instanceof Error ? failure : new Error(String(failure));
        });
        if (!isTransient(error) || tries === TRANSACTION_TRIES) throw storeError(error);
      } finally {
        client.release(broken);
      }
    }
  }

  async findKey(key: IdempotencyKey): Promise<{ fingerprint: string; runId: string } | undefined> {
    const { rows } = await this.sql<{ fingerprint: string; run_id: string }>(
      "SELECT fingerprint, run_id FROM strongroom.idempotency_keys WHERE subject = $1 AND key = $2",
      [key.subject, key.key],
    );
    const row = rows[0];
    return row === undefined ? undefined : { fingerprint: row.fingerprint, runId: row.run_id };
  }

  async run(id: string): Promise<StoredRun | undefined> {
    const [runs, stamps] = await Promise.all([
      this.sql<RunRow & PlannedRow>(
        `SELECT ${RUN_COLUMNS}, accounts FROM strongroom.runs WHERE id = $1`,
        [id],
      ),
      this.sql<StampRow>(
        `SELECT ${STAMP_COLUMNS} FROM strongroom.run_stamps WHERE run_id = $1 ORDER BY position`,
        [id],
      ),
    ]);
    const row = runs.rows[0];
    return row === undefined
      ? undefined
      : { ...runOf(row), planned: row.accounts, stamps: stamps.rows.map(stampOf) };
  }

  async runs(limit: number, before?: string): Promise<readonly RunListItem[]> {
    const { rows } = await this.sql<RunRow>(
      `SELECT ${RUN_COLUMNS} FROM strongroom.runs WHERE $2::text IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
      [limit, before ?? null],
    );
    return rows.map(runOf);
  }

  async events(runId: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    const { rows } = await this.sql<EventRow>(
      `SELECT run_id, seq, at, type, stamp, data FROM strongroom.run_events
       WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [runId, after, limit],
    );
    return rows.map(eventOf);
  }

  async stampStates(): Promise<readonly StampState[]> {
    const { rows } = await this.sql<StateRow>(
      "SELECT * FROM strongroom.stamp_states ORDER BY stamp",
    );
    return rows.map(stateOfRow);
  }

  async stampState(
    stamp: StampName,
  ): Promise<{ state: StampState; outputs: Readonly<Record<string, unknown>> } | undefined> {
    const { rows } = await this.sql<StateRow>(
      "SELECT * FROM strongroom.stamp_states WHERE stamp = $1",
      [stamp],
    );
    const row = rows[0];
    return row === undefined ? undefined : { state: stateOfRow(row), outputs: row.outputs };
  }

  async audit(query: {
    limit: number;
    before?: number;
    runId?: string;
  }): Promise<readonly AuditEntry[]> {
    return readAudit((text, values) => this.sql(text, values), query);
  }

  async auditAfter(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return readAuditAfter((text, values) => this.sql(text, values), after, limit);
  }

  async cancelRequested(runIds: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.sql<{ id: string }>(
      "SELECT id FROM strongroom.runs WHERE id = ANY($1::text[]) AND cancel_requested",
      [runIds],
    );
    return rows.map(({ id }) => id);
  }

  async heartbeat(workerId: string, process: ProcessIdentity, first: boolean): Promise<boolean> {
    const { rowCount } = first
      ? await this.sql("INSERT INTO strongroom.workers (id, process) VALUES ($1, $2)", [
          workerId,
          JSON.stringify(process),
        ])
      : await this.sql("UPDATE strongroom.workers SET seen_at = now() WHERE id = $1", [workerId]);
    return rowCount === 1;
  }

  async forgetWorker(workerId: string): Promise<void> {
    await this.sql("DELETE FROM strongroom.workers WHERE id = $1", [workerId]);
  }

  async forgetSilentWorkers(seconds: number): Promise<void> {
    await this.sql(
      "DELETE FROM strongroom.workers WHERE seen_at < now() - make_interval(secs => $1)",
      [seconds],
    );
  }

  async abandoned(exceptWorkerId: string): Promise<readonly AbandonedStamp[]> {
    const { rows } = await this.sql<{
      run_id: string;
      stamp: StampName;
      attempts: number;
      queue_id: string | null;
      process: ProcessIdentity | null;
      silent: number | null;
    }>(
      `SELECT s.run_id, s.stamp, s.attempts, s.queue_id, w.process,
              extract(epoch FROM now() - w.seen_at)::float8 AS silent
       FROM strongroom.run_stamps s LEFT JOIN strongroom.workers w ON w.id = s.worker_id
       WHERE s.status = 'running' AND s.worker_id IS DISTINCT FROM $1`,
      [exceptWorkerId],
    );
    return rows.map((row) => ({
      runId: row.run_id,
      stamp: row.stamp,
      attempts: row.attempts,
      queueId: row.queue_id ?? undefined,
      worker: row.process ?? undefined,
      silentSeconds: row.silent ?? Number.POSITIVE_INFINITY,
    }));
  }

  async pausesOver(): Promise<readonly string[]> {
    const { rows } = await this.sql<{ id: string }>(
      `SELECT id FROM strongroom.runs
       WHERE status = 'paused' AND (rollout->'hold'->>'until')::timestamptz <= now() ORDER BY id`,
    );
    return rows.map(({ id }) => id);
  }

  addEngineProcess(claim: ClaimedStamp, process: ProcessIdentity): Promise<void> {
    return this.processes.add(claim, process);
  }

  engineProcesses(stamp: StampName, beforeEpoch: number): Promise<readonly EngineProcess[]> {
    return this.processes.before(stamp, beforeEpoch);
  }

  orphans(host: string): Promise<readonly EngineProcess[]> {
    return this.processes.orphans(host);
  }

  buryProcesses(host: string, claims?: readonly number[]): Promise<number> {
    return this.processes.bury(host, claims);
  }

  forgetEngineProcesses(stamp: StampName, beforeEpoch: number): Promise<void> {
    return this.processes.forget(stamp, beforeEpoch);
  }

  sharedRate(name: string, rate: SharedRate): RateLimit {
    return sharedRate((text, values) => this.sql(text, values), name, rate);
  }

  async queueDepth(): Promise<number> {
    const { rows } = await this.sql<{ depth: number }>(
      "SELECT count(*)::int AS depth FROM strongroom.run_stamps WHERE status = 'waiting' AND queue_id IS NOT NULL",
    );
    return rows[0]?.depth ?? 0;
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    return this.board.add(listener);
  }

  async close(): Promise<void> {
    await this.board.close();
    await this.queue.stop({ graceful: false }).catch(() => undefined);
    await this.pool.end();
    await this.server?.stop();
  }
}

/**
 * Opens the store: starts or finds the database, brings its schema up to date, prepares the queue. Throws RUN_STORE or
 * ENGINE_DISK_FULL with what to do about it; nothing is left running then.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const server =
    options.databaseUrl === undefined
      ? await startLocalPostgres(options.stateDir, options.report)
      : undefined;
  const connectionString = options.databaseUrl ?? server?.connectionString ?? "";
  const pool = new Pool({
    connectionString,
    max: options.connections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "strongroom",
    options: "-c synchronous_commit=on",
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  const queue = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: "strongroom_queue",
    schedule: false,
    retryLimit: 0,
    expireInHours: LONGEST_JOB_HOURS,
    retentionDays: 30,
  });
  queue.on("error", (error) => options.report(`queue: ${error.message}`));
  const board = new NoticeBoard(connectionString, options.report);
  try {
    const client: PoolClient = await pool.connect();
    try {
      await alone(client, async () => {
        await migrate(client);
        await queue.start();
        for (const name of [QUEUE, WEBHOOK_QUEUE]) {
          await queue.createQueue(name, { name, policy: "standard" });
        }
      });
    } finally {
      client.release();
    }
    await board.start();
  } catch (error) {
    await board.close();
    await queue.stop({ graceful: false }).catch(() => undefined);
    await pool.end();
    await server?.stop();
    throw storeError(error);
  }
  const where = new URL(connectionString);
  const description = `postgres on ${where.host}${where.pathname}`;
  return new SqlStore(description, pool, queue, board, server);
}
