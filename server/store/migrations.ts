import type { PoolClient } from "pg";

/** One step of the schema. Never changed after a release: later needs are a later step. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "runs, their stamps and events, idempotency keys, leases, states of stamps, workers",
    sql: `
      CREATE TABLE strongroom.runs (
        id text PRIMARY KEY,
        operation text NOT NULL,
        target jsonb NOT NULL,
        refresh boolean NOT NULL DEFAULT false,
        status text NOT NULL,
        requested_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        ended_at timestamptz,
        cancel_requested boolean NOT NULL DEFAULT false,
        accounts jsonb NOT NULL,
        summary jsonb,
        error jsonb,
        last_seq integer NOT NULL DEFAULT 0
      );
      CREATE TABLE strongroom.run_stamps (
        run_id text NOT NULL REFERENCES strongroom.runs(id) ON DELETE CASCADE,
        stamp text NOT NULL,
        position integer NOT NULL,
        account_id text NOT NULL,
        kind text NOT NULL,
        wave integer NOT NULL,
        depends_on text[] NOT NULL,
        status text NOT NULL,
        job jsonb NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        queue_id uuid,
        worker_id uuid,
        result jsonb NOT NULL DEFAULT '{}',
        started_at timestamptz,
        ended_at timestamptz,
        PRIMARY KEY (run_id, stamp)
      );
      CREATE INDEX run_stamps_running ON strongroom.run_stamps (worker_id) WHERE status = 'running';
      CREATE TABLE strongroom.run_events (
        run_id text NOT NULL REFERENCES strongroom.runs(id) ON DELETE CASCADE,
        seq integer NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        type text NOT NULL,
        stamp text,
        data jsonb NOT NULL,
        PRIMARY KEY (run_id, seq)
      );
      CREATE TABLE strongroom.idempotency_keys (
        subject text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        run_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (subject, key)
      );
      CREATE TABLE strongroom.stack_leases (
        stamp text PRIMARY KEY,
        run_id text NOT NULL REFERENCES strongroom.runs(id) ON DELETE CASCADE,
        taken_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX stack_leases_run ON strongroom.stack_leases (run_id);
      CREATE TABLE strongroom.stamp_states (
        stamp text PRIMARY KEY,
        last_run_id text NOT NULL,
        last_operation text NOT NULL,
        last_status text NOT NULL,
        last_ended_at timestamptz NOT NULL,
        stamped_at timestamptz,
        drifted boolean,
        error jsonb,
        outputs jsonb NOT NULL DEFAULT '{}'
      );
      CREATE TABLE strongroom.workers (
        id uuid PRIMARY KEY,
        process jsonb NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now()
      );`,
  },
  {
    version: 2,
    name: "reasons and options of runs, the audit log",
    sql: `
      ALTER TABLE strongroom.runs
        ADD COLUMN reason text,
        ADD COLUMN options jsonb NOT NULL DEFAULT '{}';
      CREATE TABLE strongroom.audit_log (
        seq bigint PRIMARY KEY,
        at text NOT NULL,
        subject text NOT NULL,
        action text NOT NULL,
        run_id text,
        reason text,
        details jsonb NOT NULL,
        previous text NOT NULL,
        hash text NOT NULL
      );
      CREATE INDEX audit_log_run ON strongroom.audit_log (run_id);
      -- Against mistakes; what an administrator of the database does on purpose shows in the chain.
      CREATE FUNCTION strongroom.audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON strongroom.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION strongroom.audit_log_is_append_only();`,
  },
  {
    version: 3,
    name: "what stamps were made from, and when they were last compared with the cloud",
    sql: `
      ALTER TABLE strongroom.stamp_states
        ADD COLUMN made jsonb,
        ADD COLUMN compared_at timestamptz;`,
  },
  {
    version: 4,
    name: "rollouts: rules and gates of runs, their approvals, the plans of stamps",
    sql: `
      ALTER TABLE strongroom.runs
        ADD COLUMN rollout jsonb,
        ADD COLUMN approvals jsonb NOT NULL DEFAULT '[]';
      ALTER TABLE strongroom.run_stamps ADD COLUMN plan jsonb;
      CREATE INDEX runs_paused ON strongroom.runs (id) WHERE status = 'paused';`,
  },
  {
    version: 5,
    name: "several hosts: epochs of claims, turns of runs, processes of engines, shared rates",
    sql: `
      CREATE SEQUENCE strongroom.claim_epochs;
      ALTER TABLE strongroom.run_stamps
        ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
        ADD COLUMN turn integer NOT NULL DEFAULT 0;
      CREATE TABLE strongroom.engine_processes (
        stamp text NOT NULL,
        epoch bigint NOT NULL,
        host text NOT NULL,
        process jsonb NOT NULL,
        dead boolean NOT NULL DEFAULT false,
        at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX engine_processes_stamp ON strongroom.engine_processes (stamp);
      CREATE INDEX engine_processes_host ON strongroom.engine_processes (host) WHERE NOT dead;
      CREATE TABLE strongroom.shared_rates (
        name text PRIMARY KEY,
        tokens double precision NOT NULL,
        filled_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );`,
  },
  {
    version: 6,
    name: "what drifted",
    sql: "ALTER TABLE strongroom.stamp_states ADD COLUMN drift jsonb;",
  },
  {
    version: 7,
    name: "tokens, sessions and counts of requests of all services",
    sql: `
      CREATE TABLE strongroom.tokens (
        id text PRIMARY KEY,
        sha256 text NOT NULL UNIQUE,
        subject text NOT NULL,
        role text NOT NULL,
        organizational_units text[],
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz
      );
      CREATE TABLE strongroom.sessions (
        sha256 text PRIMARY KEY,
        subject text NOT NULL,
        role text NOT NULL,
        organizational_units text[],
        token_id text REFERENCES strongroom.tokens(id),
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX sessions_subject ON strongroom.sessions (subject);
      CREATE TABLE strongroom.shared_secrets (name text PRIMARY KEY, value text NOT NULL);
      -- Of a minute each: lost after a crash, which costs nothing; writing them safely would.
      CREATE UNLOGGED TABLE strongroom.request_counts (
        key text PRIMARY KEY,
        count integer NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );`,
  },
  {
    version: 8,
    name: "webhooks and what is on its way to them",
    sql: `
      CREATE TABLE strongroom.webhooks (
        id text PRIMARY KEY,
        url text NOT NULL,
        description text,
        events text[],
        secrets jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        disabled_at timestamptz,
        disabled_reason text
      );
      CREATE TABLE strongroom.webhook_deliveries (
        webhook_id text NOT NULL REFERENCES strongroom.webhooks(id) ON DELETE CASCADE,
        event_id text NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        at timestamptz NOT NULL,
        data jsonb NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz,
        response integer,
        error text,
        ended_at timestamptz,
        PRIMARY KEY (webhook_id, event_id)
      );
      CREATE INDEX webhook_deliveries_ended ON strongroom.webhook_deliveries (ended_at);`,
  },
  {
    version: 9,
    name: "accounts on their way into the fleet",
    sql: `
      CREATE TABLE strongroom.onboardings (
        id text PRIMARY KEY,
        account_id text NOT NULL,
        state text NOT NULL,
        requested_by text NOT NULL,
        reason text,
        webhook_id text,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz DEFAULT now(),
        up_run text,
        backup_run text,
        note jsonb,
        result jsonb,
        version integer NOT NULL DEFAULT 0
      );
      CREATE UNIQUE INDEX onboardings_open ON strongroom.onboardings (account_id) WHERE ended_at IS NULL;`,
  },
  {
    version: 10,
    name: "accounts as they were known, and what they did",
    sql: `
      CREATE TABLE strongroom.known_accounts (
        account_id text PRIMARY KEY,
        name text NOT NULL,
        status text NOT NULL,
        unit_path text[] NOT NULL,
        unit_ids text[] NOT NULL,
        present boolean NOT NULL,
        seen_at timestamptz NOT NULL,
        change text,
        change_no integer NOT NULL DEFAULT 0,
        changed_at timestamptz,
        was text,
        is_now text,
        follow text,
        run_id text,
        onboarding_id text,
        note text
      );`,
  },
];

/** Any fixed number: two services that start at the same moment must not make tables at the same moment. */
const LOCK = 7_251_046_399;

/** Does some work while no other service does it; pg-boss has no such lock while it makes its own schema. */
export async function alone<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
  try {
    return await work();
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
  }
}

/**
 * Brings the schema up to date, all steps in one transaction; to be called {@link alone}. Refuses a schema that a newer version of Strongroom made,
 * because writing to it blindly could lose what that version keeps there.
 */
export async function migrate(client: PoolClient): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("CREATE SCHEMA IF NOT EXISTS strongroom");
    await client.query(`CREATE TABLE IF NOT EXISTS strongroom.migrations (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ version: number | null }>(
      "SELECT max(version) AS version FROM strongroom.migrations",
    );
    const current = rows[0]?.version ?? 0;
    const newest = MIGRATIONS.at(-1)?.version ?? 0;
    if (current > newest) throw new NewerSchema(current, newest);
    for (const migration of MIGRATIONS.filter(({ version }) => version > current)) {
      await client.query(migration.sql);
      await client.query("INSERT INTO strongroom.migrations (version, name) VALUES ($1, $2)", [
        migration.version,
        migration.name,
      ]);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

/** The database was made by a newer version. */
export class NewerSchema extends Error {
  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(`the database has schema version ${found}, this version of Strongroom knows ${known}`);
  }
}
