import { randomUUID } from "node:crypto";

import type { PoolClient, QueryResult, QueryResultRow } from "pg";
import type PgBoss from "pg-boss";

import { AppError, type ErrorRecord } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { Operation } from "../ports";
import type {
  Approval,
  IdempotencyKey,
  RunStatus,
  RunSummary,
  StampResult,
  StampStatus,
} from "../runs-ports";
import { appendAudit } from "./audit";
import { releaseLeases, takeLeases } from "./leases";
import { insertRun } from "./new-runs";
import { membershipTransaction } from "./membership";
import type { MembershipTransaction } from "./membership-types";
import type { OnboardingTransaction } from "./onboarding-types";
import { onboardingTransaction } from "./onboardings";
import {
  CLAIMED_JOB,
  readExisting,
  writeApproval,
  writePlan,
  writeRollout,
  writeRules,
} from "./rollouts";
import {
  LOCKED_COLUMNS,
  lockedOf,
  PROGRESS_COLUMNS,
  progressOf,
  STAMP_COLUMNS,
  stampOf,
  type LockedRow,
  type PlannedRow,
  type ProgressRow,
  type StampRow,
} from "./rows";
import { endUnchanged, readMadeStamps, refreshWaiting, writeStampState } from "./stamp-states";
import { firstTurn, keepTurns } from "./turns";
import { SqlWebhookTransaction } from "./webhooks";
import type {
  AbandonedStamp,
  ClaimedStamp,
  LockedRun,
  MadeStamp,
  NewAuditEntry,
  NewEvent,
  NewRun,
  Notice,
  PlannedAccount,
  Rollout,
  RunJob,
  StampDetails,
  StampEnd,
  StampPlanSoFar,
  StampProgress,
  Transaction,
} from "./types";

/** One job for each stamp that may start; pg-boss keeps it, hands it out once, and forgets it after its end. */
export const QUEUE = "stamps";
/** Notices go through LISTEN and NOTIFY on this channel, as JSON. */
export const CHANNEL = "strongroom";

interface QueueJob {
  readonly runId: string;
  readonly stamp: StampName;
}

/** The statements of one open transaction on one connection. */
export class SqlTransaction implements Transaction {
  constructor(
    private readonly client: PoolClient,
    private readonly queue: PgBoss,
  ) {}

  /** The queue's statements run in this transaction too: a job exists if and only if what it is about exists. */
  private readonly db: PgBoss.Db = {
    executeSql: (text, values) => this.client.query(text, values),
  };
  get onboardings(): OnboardingTransaction {
    return onboardingTransaction(this.client);
  }
  get membership(): MembershipTransaction {
    return membershipTransaction(this.client);
  }
  get webhooks(): SqlWebhookTransaction {
    return new SqlWebhookTransaction(this.client, this.queue, this.db);
  }

  private sql<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<QueryResult<R>> {
    return this.client.query<R>(text, [...values]);
  }

  async keepKey(
    key: IdempotencyKey,
    runId: string,
  ): Promise<{ fingerprint: string; runId: string } | undefined> {
    // A second request with the same key waits here until the first one is committed or given up.
    const kept = await this.sql(
      `INSERT INTO strongroom.idempotency_keys (subject, key, fingerprint, run_id)
       VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [key.subject, key.key, key.fingerprint, runId],
    );
    if (kept.rowCount === 1) return undefined;
    const { rows } = await this.sql<{ fingerprint: string; run_id: string }>(
      "SELECT fingerprint, run_id FROM strongroom.idempotency_keys WHERE subject = $1 AND key = $2",
      [key.subject, key.key],
    );
    const row = rows[0];
    if (row === undefined) throw new AppError("BUG_UNEXPECTED", "an idempotency key vanished");
    return { fingerprint: row.fingerprint, runId: row.run_id };
  }

  insertRun(run: NewRun): Promise<void> {
    return insertRun(this.client, run);
  }

  lease(
    runId: string,
    operation: Operation,
    stamps: readonly StampName[],
  ): Promise<{ stamp: StampName; runId: string } | undefined> {
    return takeLeases(this.client, runId, operation, stamps);
  }

  release(runId: string, stamps: readonly StampName[]): Promise<void> {
    return releaseLeases(this.client, runId, stamps);
  }

  async lockRun(id: string): Promise<LockedRun | undefined> {
    const { rows } = await this.sql<LockedRow>(
      `SELECT ${LOCKED_COLUMNS} FROM strongroom.runs WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return rows.map(lockedOf)[0];
  }

  async holds(claim: ClaimedStamp, workerId: string): Promise<boolean> {
    const { rowCount } = await this.sql(
      `SELECT 1 FROM strongroom.run_stamps
       WHERE run_id = $1 AND stamp = $2 AND status = 'running' AND worker_id = $3 AND epoch = $4`,
      [claim.runId, claim.stamp, workerId, claim.epoch],
    );
    return rowCount === 1;
  }

  async progress(runId: string): Promise<readonly StampProgress[]> {
    const { rows } = await this.sql<ProgressRow>(
      `SELECT ${PROGRESS_COLUMNS} FROM strongroom.run_stamps WHERE run_id = $1 ORDER BY position`,
      [runId],
    );
    return rows.map(progressOf);
  }

  async results(runId: string): Promise<readonly StampResult[]> {
    const { rows } = await this.sql<StampRow>(
      `SELECT ${STAMP_COLUMNS} FROM strongroom.run_stamps WHERE run_id = $1 ORDER BY position`,
      [runId],
    );
    return rows.map(stampOf);
  }

  async planned(runId: string): Promise<readonly PlannedAccount[]> {
    const { rows } = await this.sql<PlannedRow>(
      "SELECT accounts FROM strongroom.runs WHERE id = $1",
      [runId],
    );
    return rows[0]?.accounts ?? [];
  }

  async endWaiting(
    runId: string,
    stamps: readonly { stamp: StampName; status: StampStatus; error: ErrorRecord }[],
  ): Promise<void> {
    if (stamps.length === 0) return;
    // Their jobs stay in the queue until somebody takes them out and finds them stale: who takes one holds its row and waits
    // for the run's, so whoever holds the run's must not wait for a job's.
    await this.sql(
      `UPDATE strongroom.run_stamps AS r
       SET status = s.status, result = jsonb_build_object('error', s.error), ended_at = now()
       FROM jsonb_to_recordset($2::jsonb) AS s(stamp text, status text, error jsonb)
       WHERE r.run_id = $1 AND r.stamp = s.stamp AND r.status = 'waiting'`,
      [runId, JSON.stringify(stamps)],
    );
  }

  async endClaimed(
    claim: ClaimedStamp,
    workerId: string,
    status: StampStatus,
    details: StampDetails,
  ): Promise<boolean> {
    const { rowCount } = await this.sql(
      `UPDATE strongroom.run_stamps SET status = $5, result = $6, ended_at = now(), worker_id = NULL
       WHERE run_id = $1 AND stamp = $2 AND status = 'running' AND worker_id = $3 AND epoch = $4`,
      [claim.runId, claim.stamp, workerId, claim.epoch, status, JSON.stringify(details)],
    );
    if (rowCount !== 1) return false;
    await this.queue.complete(QUEUE, claim.queueId, {}, { db: this.db });
    return true;
  }

  async endAbandoned(stamp: AbandonedStamp, error: ErrorRecord): Promise<boolean> {
    const { rowCount } = await this.sql(
      `UPDATE strongroom.run_stamps
       SET status = 'failed', result = jsonb_build_object('error', $4::jsonb), ended_at = now(), worker_id = NULL
       WHERE run_id = $1 AND stamp = $2 AND status = 'running' AND attempts = $3`,
      [stamp.runId, stamp.stamp, stamp.attempts, JSON.stringify(error)],
    );
    if (rowCount !== 1) return false;
    if (stamp.queueId !== undefined) {
      await this.queue.deleteJob(QUEUE, stamp.queueId, { db: this.db });
    }
    return true;
  }

  async putBack(
    runId: string,
    stamp: StampName,
    attempts: number,
    queueId: string | undefined,
    uncounted: boolean,
  ): Promise<boolean> {
    const { rowCount } = await this.sql(
      `UPDATE strongroom.run_stamps
       SET status = 'waiting', worker_id = NULL, queue_id = NULL, attempts = attempts - $4
       WHERE run_id = $1 AND stamp = $2 AND status = 'running' AND attempts = $3`,
      [runId, stamp, attempts, uncounted ? 1 : 0],
    );
    if (rowCount !== 1) return false;
    if (queueId !== undefined) await this.queue.deleteJob(QUEUE, queueId, { db: this.db });
    return true;
  }

  async enqueue(runId: string, stamps: readonly StampName[]): Promise<void> {
    if (stamps.length === 0) return;
    const first = await firstTurn(this.client, runId);
    const jobs = stamps.map((stamp, index) => {
      const data: QueueJob = { runId, stamp };
      // The queue hands out the highest priority first: the lowest turn.
      return { id: randomUUID(), name: QUEUE, data, priority: -(first + index) };
    });
    await this.queue.insert(jobs, { db: this.db });
    const ids = jobs.map(({ id }) => id);
    await keepTurns(this.client, { runId, stamps, ids, first });
    await this.notify({ topic: "work", runId });
  }

  async claim(workerId: string): Promise<ClaimedStamp | "stale" | undefined> {
    const [job] = await this.queue.fetch<QueueJob>(QUEUE, { batchSize: 1, db: this.db });
    if (job === undefined) return undefined;
    const { runId, stamp } = job.data;
    const run = await this.lockRun(runId);
    const { rows } = await this.sql<{
      job: RunJob;
      attempts: number;
      epoch: string;
      planning: boolean;
      inputs: string | null;
    }>(
      `UPDATE strongroom.run_stamps
       SET status = 'running', worker_id = $3, attempts = attempts + 1, started_at = now(),
           epoch = nextval('strongroom.claim_epochs')
       WHERE run_id = $1 AND stamp = $2 AND status = 'waiting' AND queue_id = $4
       RETURNING ${CLAIMED_JOB} AS job, attempts, epoch,
         plan IS NOT NULL AND plan->>'changes' IS NULL AS planning, plan->>'inputs' AS inputs`,
      [runId, stamp, workerId, job.id],
    );
    const row = rows[0];
    if (row === undefined || run === undefined) {
      await this.queue.deleteJob(QUEUE, job.id, { db: this.db });
      return "stale";
    }
    return {
      runId,
      stamp,
      job: row.job,
      attempt: row.attempts,
      epoch: Number(row.epoch),
      queueId: job.id,
      startsRun: run.status === "queued",
      planning: row.planning,
      inputs: row.inputs ?? undefined,
    };
  }

  async startRun(runId: string): Promise<void> {
    await this.sql(
      "UPDATE strongroom.runs SET status = 'running', started_at = now() WHERE id = $1 AND status = 'queued'",
      [runId],
    );
  }

  existing(stamps: readonly StampName[]): Promise<readonly StampName[]> {
    return readExisting(this.client, stamps);
  }

  beginRollout(
    runId: string,
    rollout: Rollout,
    plans: ReadonlyMap<StampName, StampPlanSoFar>,
  ): Promise<void> {
    return writeRules(this.client, runId, rollout, plans);
  }

  setRollout = (runId: string, rollout: Rollout): Promise<void> =>
    writeRollout(this.client, runId, rollout);

  async keepPlan(
    claim: ClaimedStamp,
    workerId: string,
    plan: StampPlanSoFar,
    details: StampDetails,
  ): Promise<boolean> {
    if (!(await writePlan(this.client, claim, workerId, plan, details))) return false;
    await this.queue.complete(QUEUE, claim.queueId, {}, { db: this.db });
    return true;
  }

  addApproval = (runId: string, approval: Approval): Promise<void> =>
    writeApproval(this.client, runId, approval);

  async requestCancel(runId: string): Promise<void> {
    await this.sql("UPDATE strongroom.runs SET cancel_requested = true WHERE id = $1", [runId]);
    await this.notify({ topic: "cancel", runId });
  }

  async endRun(
    runId: string,
    status: RunStatus,
    summary: RunSummary,
    error?: ErrorRecord,
  ): Promise<void> {
    await this.sql(
      "UPDATE strongroom.runs SET status = $2, summary = $3, error = $4, ended_at = now() WHERE id = $1",
      [runId, status, JSON.stringify(summary), error === undefined ? null : JSON.stringify(error)],
    );
    await this.sql("DELETE FROM strongroom.stack_leases WHERE run_id = $1", [runId]);
  }

  async append(runId: string, events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    // The run's row is locked by this update until the commit, and numbers of a transaction that fails come back with
    // it: that is why the numbers have no gaps (a sequence's would).
    const { rows } = await this.sql<{ last_seq: number }>(
      "UPDATE strongroom.runs SET last_seq = last_seq + $2 WHERE id = $1 RETURNING last_seq",
      [runId, events.length],
    );
    const last = rows[0]?.last_seq;
    if (last === undefined) throw new AppError("RUN_NOT_FOUND", `there is no run ${runId}`);
    await this.sql(
      `INSERT INTO strongroom.run_events (run_id, seq, at, type, stamp, data)
       SELECT $1, $2 + e.n::integer, clock_timestamp(), e.item->>'type', e.item->>'stamp', e.item->'data'
       FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e(item, n)`,
      [runId, last - events.length, JSON.stringify(events)],
    );
    await this.notify({ topic: "events", runId });
  }

  setStampState = (end: StampEnd): Promise<void> => writeStampState(this.client, end);

  madeStamps(stamps: readonly StampName[]): Promise<readonly MadeStamp[]> {
    return readMadeStamps(this.client, stamps);
  }

  endUnchanged(runId: string, stamps: readonly MadeStamp[]): Promise<void> {
    return endUnchanged(this.client, runId, stamps);
  }

  refreshWaiting(runId: string, stamps: readonly StampName[]): Promise<void> {
    return refreshWaiting(this.client, runId, stamps);
  }

  audit = (entry: NewAuditEntry): Promise<void> => appendAudit(this.client, entry);

  async notify(notice: Notice): Promise<void> {
    await this.sql("SELECT pg_notify($1, $2)", [CHANNEL, JSON.stringify(notice)]);
  }
}
