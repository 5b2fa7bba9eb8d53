import type { Page } from "./runs-ports";

/** What webhooks tell of. Each is the `type` of a CloudEvents event. */
export const EVENT_TYPES = [
  "strongroom.account.ready",
  "strongroom.account.failed",
  "strongroom.account.changed",
  "strongroom.run.finished",
  "strongroom.run.needs_attention",
  "strongroom.run.approval_wanted",
  "strongroom.drift.found",
  "strongroom.coverage.incomplete",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happened and that endpoints are told of. The data never holds a secret's value. */
export interface Announcement {
  readonly type: EventType;
  /** What it is about: an account id, a run, a stamp. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** An endpoint that is told whatever events it has asked for. */
  readonly webhookId?: string;
}

/** An endpoint, without its secrets. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description?: string;
  /** What it is told of; all where it is missing. */
  readonly events?: readonly EventType[];
  readonly createdBy: string;
  readonly createdAt: string;
  /** Secrets that events are signed with now: more than one while a rotation is not over. */
  readonly secrets: readonly { readonly createdAt: string; readonly until?: string }[];
  /** It is told nothing any more, and why. */
  readonly disabled?: { readonly at: string; readonly reason: string };
}

/** An endpoint with the secret that was made just now: it is never shown again. */
export interface WebhookWithSecret extends Webhook {
  /** `whsec_…`, as receivers' libraries take it. */
  readonly secret: string;
}

export interface NewWebhook {
  readonly url: string;
  readonly description?: string;
  readonly events?: readonly EventType[];
}

/** `dead`: it was tried as often as it is tried, or cannot be delivered. */
export const DELIVERY_STATUSES = ["pending", "delivered", "dead"] as const;

/** One event on its way to one endpoint. */
export interface Delivery {
  /** The event's id: the header `webhook-id`, the same for every try and every endpoint. */
  readonly eventId: string;
  readonly webhookId: string;
  readonly type: EventType;
  readonly subject: string;
  readonly at: string;
  readonly status: (typeof DELIVERY_STATUSES)[number];
  readonly attempts: number;
  /** When it is tried next. */
  readonly nextAt?: string;
  /** HTTP status of the last answer. */
  readonly response?: number;
  /** Why the last try failed. */
  readonly error?: string;
  readonly endedAt?: string;
}

/** What the HTTP routes may ask about webhooks. Throws AppError. */
export interface WebhookService {
  /** Refuses addresses that webhooks are not sent to (`SPEC_WEBHOOK_URL`). */
  create(webhook: NewWebhook, by: string): Promise<WebhookWithSecret>;
  list(): Promise<readonly Webhook[]>;
  /** Takes the endpoint out, with what was not delivered to it. Throws `WEBHOOK_NOT_FOUND`. */
  remove(id: string, by: string): Promise<void>;
  /** Makes a new secret; events are signed with the old one too for so long. */
  rotate(id: string, oldValidSeconds: number, by: string): Promise<WebhookWithSecret>;
  /** Newest first. */
  deliveries(
    id: string,
    query: { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<Delivery>>;
}
