import type { PoolClient, QueryResult, QueryResultRow } from "pg";

import type { Account } from "../../stacks/accounts";
import type { AccountChange } from "../../stacks/membership";
import type { Membership } from "../membership-ports";
import type { MembershipStore, MembershipTransaction, StoredAccount } from "./membership-types";

/** Any fixed number: two services must not compare the same lists at once. Held to the end of the transaction. */
const LOCK = 7_251_046_401;

interface AccountRow {
  readonly account_id: string;
  readonly name: string;
  readonly status: Account["status"];
  readonly unit_path: readonly string[];
  readonly unit_ids: readonly string[];
  readonly present: boolean;
  readonly change: AccountChange | null;
  readonly change_no: number;
  readonly changed_at: Date | null;
  readonly was: string | null;
  readonly is_now: string | null;
  readonly follow: Membership["follow"] | null;
  readonly run_id: string | null;
  readonly onboarding_id: string | null;
  readonly note: string | null;
}

function membershipOf(row: AccountRow): Membership | undefined {
  if (row.change === null || row.changed_at === null) return undefined;
  return {
    change: row.change,
    number: row.change_no,
    at: row.changed_at.toISOString(),
    ...(row.was === null ? {} : { from: row.was }),
    ...(row.is_now === null ? {} : { to: row.is_now }),
    follow: row.follow ?? "open",
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    ...(row.onboarding_id === null ? {} : { onboardingId: row.onboarding_id }),
    ...(row.note === null ? {} : { note: row.note }),
  };
}

function accountOf(row: AccountRow): StoredAccount {
  const membership = membershipOf(row);
  return {
    id: row.account_id,
    name: row.name,
    status: row.status,
    organizationalUnitPath: row.unit_path,
    organizationalUnitIds: row.unit_ids,
    present: row.present,
    ...(membership === undefined ? {} : { membership }),
  };
}

/** The statements about known accounts of one open transaction. */
export function membershipTransaction(client: PoolClient): MembershipTransaction {
  return {
    async lockKnown(discoveredAt) {
      await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      const { rows } = await client.query<AccountRow & { readonly newer: boolean }>(
        `SELECT *, max(seen_at) OVER () >= $1 AS newer FROM strongroom.known_accounts ORDER BY account_id`,
        [discoveredAt],
      );
      return rows[0]?.newer === true ? undefined : rows.map(accountOf);
    },

    async keep(accounts, changes, discoveredAt) {
      const rows = accounts.map((account) => ({
        account_id: account.id,
        name: account.name,
        status: account.status,
        unit_path: account.organizationalUnitPath,
        unit_ids: account.organizationalUnitIds,
        present: account.present,
      }));
      await client.query(
        `INSERT INTO strongroom.known_accounts AS k
           (account_id, name, status, unit_path, unit_ids, present, seen_at)
         SELECT a.account_id, a.name, a.status, a.unit_path, a.unit_ids, a.present, $2
         FROM jsonb_to_recordset($1::jsonb)
           AS a(account_id text, name text, status text, unit_path text[], unit_ids text[], present boolean)
         ON CONFLICT (account_id) DO UPDATE SET
           name = excluded.name, status = excluded.status, unit_path = excluded.unit_path,
           unit_ids = excluded.unit_ids, present = excluded.present, seen_at = excluded.seen_at`,
        [JSON.stringify(rows), discoveredAt],
      );
      const done = changes.map(({ account, change, from, to }) => ({
        account_id: account.id,
        change,
        was: from,
        is_now: to,
      }));
      // The run of an earlier change stays until what follows from this one is known: it may have to be cancelled.
      await client.query(
        `UPDATE strongroom.known_accounts AS k
         SET change = c.change, was = c.was, is_now = c.is_now, changed_at = $2,
             change_no = k.change_no + 1, follow = NULL, onboarding_id = NULL, note = NULL
         FROM jsonb_to_recordset($1::jsonb) AS c(account_id text, change text, was text, is_now text)
         WHERE k.account_id = c.account_id`,
        [JSON.stringify(done), discoveredAt],
      );
    },

    async followUp({ id, membership }, { follow, runId, onboardingId, note }) {
      const { rowCount } = await client.query(
        `UPDATE strongroom.known_accounts SET follow = $3, run_id = $4, onboarding_id = $5, note = $6
         WHERE account_id = $1 AND change_no = $2 AND follow IS NULL`,
        [id, membership?.number ?? 0, follow, runId ?? null, onboardingId ?? null, note ?? null],
      );
      return rowCount === 1;
    },
  };
}

type Sql = <R extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<QueryResult<R>>;

/** What can be read of known accounts, each by a statement of its own. */
export function membershipStore(sql: Sql): MembershipStore {
  return {
    async changed() {
      const { rows } = await sql<AccountRow>(
        `SELECT * FROM strongroom.known_accounts
         WHERE change IS NOT NULL OR NOT present ORDER BY account_id`,
      );
      return rows.map(accountOf);
    },
  };
}
