import type { Announcement, Delivery, Webhook } from "../webhook-ports";
import type { SealedSecret } from "../webhooks/secrets";
import type { KeptEvent } from "../webhooks/message";

/** An endpoint as the database has it. */
export type StoredWebhook = Omit<Webhook, "secrets"> & {
  /** Newest first. */
  readonly secrets: readonly SealedSecret[];
};

/** An event that a sender has taken out of the queue. */
export interface ClaimedDelivery {
  readonly webhook: StoredWebhook;
  readonly event: KeptEvent;
  /** 1 for the first. */
  readonly attempt: number;
  readonly queueId: string;
}

/** What came of a try. */
export interface DeliveryEnd {
  readonly status: Delivery["status"];
  readonly response?: number;
  readonly error?: string;
  /** `pending` only: when it is tried again. */
  readonly nextAt?: Date;
}

/** Statements about webhooks in an open transaction. */
export interface WebhookTransaction {
  /** Puts an event on its way to every endpoint that asked for it; nothing where there is none. */
  announce(announcements: readonly Announcement[]): Promise<void>;
  insert(webhook: StoredWebhook): Promise<void>;
  /** False where there is no such endpoint. */
  remove(id: string): Promise<boolean>;
  /** The endpoint, which nobody else changes until the end of the transaction. */
  lock(id: string): Promise<StoredWebhook | undefined>;
  setSecrets(id: string, secrets: readonly SealedSecret[]): Promise<void>;
  /** Tells the endpoint nothing any more, and gives up what is on its way to it. */
  disable(id: string, reason: string): Promise<void>;
  /** The next event that is due, taken for a try; it comes back by itself where the sender dies. */
  claim(): Promise<ClaimedDelivery | "stale" | undefined>;
  /** Writes down what came of a try; nothing where another sender was faster. */
  end(delivery: ClaimedDelivery, end: DeliveryEnd): Promise<void>;
}

/** What can be read of webhooks. */
export interface WebhookStore {
  list(): Promise<readonly StoredWebhook[]>;
  get(id: string): Promise<StoredWebhook | undefined>;
  /** Newest first; `before` is the id of an event. */
  deliveries(id: string, limit: number, before?: string): Promise<readonly Delivery[]>;
  /** Forgets what ended so long ago. */
  forgetDeliveries(days: number): Promise<void>;
}
