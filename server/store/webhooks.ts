import { randomBytes, randomUUID } from "node:crypto";

import type { PoolClient, QueryResult, QueryResultRow } from "pg";
import type PgBoss from "pg-boss";

import type { Announcement, Delivery, EventType } from "../webhook-ports";
import type { SealedSecret } from "../webhooks/secrets";
import type {
  ClaimedDelivery,
  DeliveryEnd,
  StoredWebhook,
  WebhookStore,
  WebhookTransaction,
} from "./webhook-types";

/** One job for each event and endpoint that is due; separate from the stamps', so neither waits for the other. */
export const WEBHOOK_QUEUE = "webhooks";
/** Far longer than a try takes: a job whose sender died goes back into the queue after it. */
const CLAIM_SECONDS = 120;
/** Senders that may die over the same job. */
const MOST_CLAIMS = 100;

interface QueueJob {
  readonly webhookId: string;
  readonly eventId: string;
}

interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly EventType[] | null;
  readonly secrets: readonly SealedSecret[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  readonly disabled_reason: string | null;
}

interface DeliveryRow {
  readonly webhook_id: string;
  readonly event_id: string;
  readonly type: EventType;
  readonly subject: string;
  readonly at: Date;
  readonly status: Delivery["status"];
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly response: number | null;
  readonly error: string | null;
  readonly ended_at: Date | null;
}

const webhookOf = (row: WebhookRow): StoredWebhook => ({
  id: row.id,
  url: row.url,
  ...(row.description === null ? {} : { description: row.description }),
  ...(row.events === null ? {} : { events: row.events }),
  secrets: row.secrets,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  ...(row.disabled_at === null
    ? {}
    : { disabled: { at: row.disabled_at.toISOString(), reason: row.disabled_reason ?? "" } }),
});

const deliveryOf = (row: DeliveryRow): Delivery => ({
  eventId: row.event_id,
  webhookId: row.webhook_id,
  type: row.type,
  subject: row.subject,
  at: row.at.toISOString(),
  status: row.status,
  attempts: row.attempts,
  ...(row.next_at === null ? {} : { nextAt: row.next_at.toISOString() }),
  ...(row.response === null ? {} : { response: row.response }),
  ...(row.error === null ? {} : { error: row.error }),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
});

/** Ids sort by the time at which they were made. */
const newEventId = (now: Date): string =>
  `evt-${now.getTime().toString(16).padStart(12, "0")}-${randomBytes(8).toString("hex")}`;

/** The statements about webhooks of one open transaction. */
export class SqlWebhookTransaction implements WebhookTransaction {
  constructor(
    private readonly client: PoolClient,
    private readonly queue: PgBoss,
    private readonly db: PgBoss.Db,
  ) {}

  private sql<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<QueryResult<R>> {
    return this.client.query<R>(text, [...values]);
  }

  async announce(announcements: readonly Announcement[]): Promise<void> {
    for (const { type, subject, data, webhookId } of announcements) {
      const { rows } = await this.sql<{ id: string }>(
        // Held, so that no endpoint goes away before its event is written: that would fail the run.
        `SELECT id FROM strongroom.webhooks
         WHERE disabled_at IS NULL AND (events IS NULL OR $1 = ANY(events) OR id = $2)
         FOR KEY SHARE`,
        [type, webhookId ?? null],
      );
      if (rows.length === 0) continue;
      const now = new Date();
      const eventId = newEventId(now);
      await this.sql(
        `INSERT INTO strongroom.webhook_deliveries
           (webhook_id, event_id, type, subject, at, data, status, next_at)
         SELECT id, $2, $3, $4, $5, $6, 'pending', now() FROM unnest($1::text[]) AS id`,
        [rows.map(({ id }) => id), eventId, type, subject, now, JSON.stringify(data)],
      );
      for (const { id } of rows) await this.enqueue({ webhookId: id, eventId });
    }
  }

  private async enqueue(data: QueueJob, startAfter?: Date): Promise<void> {
    const job = {
      id: randomUUID(),
      name: WEBHOOK_QUEUE,
      data,
      expireInSeconds: CLAIM_SECONDS,
      retryLimit: MOST_CLAIMS,
      ...(startAfter === undefined ? {} : { startAfter }),
    };
    await this.queue.insert([job], { db: this.db });
  }

  async insert(webhook: StoredWebhook): Promise<void> {
    const { id, url, description, events, secrets, createdBy, createdAt } = webhook;
    await this.sql(
      `INSERT INTO strongroom.webhooks (id, url, description, events, secrets, created_by, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, url, description ?? null, events ?? null, JSON.stringify(secrets), createdBy, createdAt],
    );
  }

  async remove(id: string): Promise<boolean> {
    const { rowCount } = await this.sql("DELETE FROM strongroom.webhooks WHERE id = $1", [id]);
    return rowCount === 1;
  }

  lock(id: string): Promise<StoredWebhook | undefined> {
    return this.find(id, "FOR NO KEY UPDATE");
  }

  private async find(id: string, lock = ""): Promise<StoredWebhook | undefined> {
    const { rows } = await this.sql<WebhookRow>(
      `SELECT * FROM strongroom.webhooks WHERE id = $1 ${lock}`,
      [id],
    );
    return rows[0] === undefined ? undefined : webhookOf(rows[0]);
  }

  async setSecrets(id: string, secrets: readonly SealedSecret[]): Promise<void> {
    await this.sql("UPDATE strongroom.webhooks SET secrets = $2 WHERE id = $1", [
      id,
      JSON.stringify(secrets),
    ]);
  }

  async disable(id: string, reason: string): Promise<void> {
    await this.sql(
      `UPDATE strongroom.webhooks SET disabled_at = now(), disabled_reason = $2
       WHERE id = $1 AND disabled_at IS NULL`,
      [id, reason],
    );
    await this.sql(
      `UPDATE strongroom.webhook_deliveries
       SET status = 'dead', error = $2, next_at = NULL, ended_at = now()
       WHERE webhook_id = $1 AND status = 'pending'`,
      [id, reason],
    );
  }

  async claim(): Promise<ClaimedDelivery | "stale" | undefined> {
    const [job] = await this.queue.fetch<QueueJob>(WEBHOOK_QUEUE, { batchSize: 1, db: this.db });
    if (job === undefined) return undefined;
    const { webhookId, eventId } = job.data;
    const { rows } = await this.sql<
      DeliveryRow & { readonly data: Readonly<Record<string, unknown>> }
    >(
      `UPDATE strongroom.webhook_deliveries SET attempts = attempts + 1
       WHERE webhook_id = $1 AND event_id = $2 AND status = 'pending' RETURNING *`,
      [webhookId, eventId],
    );
    const row = rows[0];
    const webhook = row === undefined ? undefined : await this.find(webhookId);
    if (row === undefined || webhook === undefined) {
      await this.queue.deleteJob(WEBHOOK_QUEUE, job.id, { db: this.db });
      return "stale";
    }
    const { type, subject, data } = row;
    const event = { eventId, type, subject, data, at: row.at.toISOString() };
    return { webhook, event, attempt: row.attempts, queueId: job.id };
  }

  async end(delivery: ClaimedDelivery, end: DeliveryEnd): Promise<void> {
    const { webhook, event, attempt, queueId } = delivery;
    const { status, response, error, nextAt } = end;
    const { rowCount } = await this.sql(
      `UPDATE strongroom.webhook_deliveries
       SET status = $4, response = $5, error = $6, next_at = $7,
           ended_at = CASE WHEN $4 = 'pending' THEN NULL ELSE now() END
       WHERE webhook_id = $1 AND event_id = $2 AND attempts = $3 AND status = 'pending'`,
      [webhook.id, event.eventId, attempt, status, response ?? null, error ?? null, nextAt ?? null],
    );
    if (rowCount !== 1) return;
    await this.queue.deleteJob(WEBHOOK_QUEUE, queueId, { db: this.db });
    if (status === "pending") {
      await this.enqueue({ webhookId: webhook.id, eventId: event.eventId }, nextAt);
    }
  }
}

type Sql = <R extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<QueryResult<R>>;

/** What can be read of webhooks, each by a statement of its own. */
export function webhookStore(sql: Sql): WebhookStore {
  return {
    async list() {
      const { rows } = await sql<WebhookRow>(
        "SELECT * FROM strongroom.webhooks ORDER BY created_at, id",
      );
      return rows.map(webhookOf);
    },
    async get(id) {
      const { rows } = await sql<WebhookRow>("SELECT * FROM strongroom.webhooks WHERE id = $1", [
        id,
      ]);
      return rows[0] === undefined ? undefined : webhookOf(rows[0]);
    },
    async deliveries(id, limit, before) {
      const { rows } = await sql<DeliveryRow>(
        `SELECT webhook_id, event_id, type, subject, at, status, attempts, next_at, response, error, ended_at
         FROM strongroom.webhook_deliveries
         WHERE webhook_id = $1 AND ($3::text IS NULL OR event_id < $3) ORDER BY event_id DESC LIMIT $2`,
        [id, limit, before ?? null],
      );
      return rows.map(deliveryOf);
    },
    async forgetDeliveries(days) {
      await sql(
        "DELETE FROM strongroom.webhook_deliveries WHERE ended_at < now() - make_interval(days => $1)",
        [days],
      );
    },
  };
}
