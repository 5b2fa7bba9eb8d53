import type { PoolClient, QueryResult, QueryResultRow } from "pg";

import { AppError, type ErrorRecord } from "../../stacks/errors";
import type { Onboarding, OnboardingResult, OnboardingState } from "../onboarding-ports";
import type {
  OnboardingChange,
  OnboardingStore,
  OnboardingTransaction,
  StoredOnboarding,
} from "./onboarding-types";

interface OnboardingRow {
  readonly id: string;
  readonly account_id: string;
  readonly state: OnboardingState;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly webhook_id: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly up_run: string | null;
  readonly backup_run: string | null;
  readonly note: ErrorRecord | null;
  readonly result: OnboardingResult | null;
  readonly version: number;
}

const onboardingOf = (row: OnboardingRow): StoredOnboarding => ({
  id: row.id,
  accountId: row.account_id,
  state: row.state,
  requestedBy: row.requested_by,
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.webhook_id === null ? {} : { webhook: row.webhook_id }),
  createdAt: row.created_at.toISOString(),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  attempts: row.attempts,
  ...(row.next_at === null ? {} : { nextAt: row.next_at.toISOString() }),
  ...(row.up_run === null ? {} : { upRun: row.up_run }),
  ...(row.backup_run === null ? {} : { backupRun: row.backup_run }),
  ...(row.note === null ? {} : { note: row.note }),
  ...(row.result === null ? {} : { result: row.result }),
  version: row.version,
});

/** The statements about onboardings of one open transaction. */
export function onboardingTransaction(client: PoolClient): OnboardingTransaction {
  return {
    async insert(onboarding: Onboarding) {
      const { id, accountId, state, requestedBy, reason, webhook, createdAt } = onboarding;
      const { rowCount } = await client.query(
        `INSERT INTO strongroom.onboardings
           (id, account_id, state, requested_by, reason, webhook_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) WHERE ended_at IS NULL DO NOTHING`,
        [id, accountId, state, requestedBy, reason ?? null, webhook ?? null, createdAt],
      );
      if (rowCount === 1) return undefined;
      const { rows } = await client.query<OnboardingRow>(
        "SELECT * FROM strongroom.onboardings WHERE account_id = $1 AND ended_at IS NULL",
        [accountId],
      );
      if (rows[0] !== undefined) return onboardingOf(rows[0]);
      // It ended in this very moment: the request is right to be sent again.
      throw new AppError("RUN_STORE", `the onboarding of ${accountId} ended just now`, {
        action: "Send the request again, with the same Idempotency-Key.",
      });
    },

    async change(of: StoredOnboarding, change: OnboardingChange) {
      const { state, attempts, nextAt, upRun, backupRun, note, result, ended } = change;
      const { rowCount } = await client.query(
        `UPDATE strongroom.onboardings
         SET state = $3, attempts = $4, next_at = $5, up_run = $6, backup_run = $7, note = $8, result = $9,
             ended_at = CASE WHEN $10 THEN now() END, version = version + 1
         WHERE id = $1 AND version = $2`,
        [
          of.id,
          of.version,
          state,
          attempts,
          nextAt ?? null,
          upRun ?? null,
          backupRun ?? null,
          note === undefined ? null : JSON.stringify(note),
          result === undefined ? null : JSON.stringify(result),
          ended,
        ],
      );
      return rowCount === 1;
    },
  };
}

type Sql = <R extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<QueryResult<R>>;

/** What can be read of onboardings, each by a statement of its own. */
export function onboardingStore(sql: Sql): OnboardingStore {
  return {
    async get(id) {
      const { rows } = await sql<OnboardingRow>(
        "SELECT * FROM strongroom.onboardings WHERE id = $1",
        [id],
      );
      return rows[0] === undefined ? undefined : onboardingOf(rows[0]);
    },
    async openOf(accountId) {
      const { rows } = await sql<OnboardingRow>(
        "SELECT * FROM strongroom.onboardings WHERE account_id = $1 AND ended_at IS NULL",
        [accountId],
      );
      return rows[0] === undefined ? undefined : onboardingOf(rows[0]);
    },
    async list(limit) {
      const { rows } = await sql<OnboardingRow>(
        "SELECT * FROM strongroom.onboardings ORDER BY id DESC LIMIT $1",
        [limit],
      );
      return rows.map(onboardingOf);
    },
    async due(limit) {
      const { rows } = await sql<OnboardingRow>(
        `SELECT * FROM strongroom.onboardings
         WHERE ended_at IS NULL AND next_at <= now() ORDER BY next_at LIMIT $1`,
        [limit],
      );
      return rows.map(onboardingOf);
    },
  };
}
