import { AppError } from "../../stacks/errors";
import type {
  Delivery,
  NewWebhook,
  Webhook,
  WebhookService,
  WebhookWithSecret,
} from "../../server/webhook-ports";

const AT = "2026-01-02T03:04:05.000Z";

/** An endpoint, all fields filled. */
export function sampleWebhook(over: Partial<Webhook> = {}): Webhook {
  return {
    id: "wh-0123456789abcdef",
    url: "https://hooks.example.com/strongroom",
    description: "vending",
    events: ["strongroom.account.ready"],
    createdBy: "token:approver",
    createdAt: AT,
    secrets: [{ createdAt: AT, until: AT }],
    disabled: { at: AT, reason: "gone" },
    ...over,
  };
}

/** A delivery, all fields filled. */
export function sampleDelivery(over: Partial<Delivery> = {}): Delivery {
  return {
    eventId: "evt-0123456789ab-0123456789abcdef",
    webhookId: "wh-0123456789abcdef",
    type: "strongroom.account.ready",
    subject: "111122223333",
    at: AT,
    status: "dead",
    attempts: 10,
    nextAt: AT,
    response: 500,
    error: "it answered 500",
    endedAt: AT,
    ...over,
  };
}

/** Webhooks in memory behind the real port. */
export class FakeWebhooks implements WebhookService {
  items: Webhook[] = [sampleWebhook()];
  sent: Delivery[] = [sampleDelivery()];
  readonly done: string[] = [];

  create(webhook: NewWebhook, by: string): Promise<WebhookWithSecret> {
    this.done.push(`create ${webhook.url} by ${by}`);
    return Promise.resolve({ ...sampleWebhook(webhook), secret: "whsec_c2VjcmV0" });
  }

  list(): Promise<readonly Webhook[]> {
    return Promise.resolve(this.items);
  }

  remove(id: string, by: string): Promise<void> {
    this.done.push(`remove ${id} by ${by}`);
    return this.require(id);
  }

  async rotate(id: string, oldValidSeconds: number, by: string): Promise<WebhookWithSecret> {
    this.done.push(`rotate ${id} ${oldValidSeconds} by ${by}`);
    await this.require(id);
    return { ...sampleWebhook({ id }), secret: "whsec_bmV3" };
  }

  async deliveries(id: string): Promise<{ items: readonly Delivery[]; nextCursor?: string }> {
    await this.require(id);
    return { items: this.sent };
  }

  private require(id: string): Promise<void> {
    if (this.items.some((item) => item.id === id)) return Promise.resolve();
    return Promise.reject(new AppError("WEBHOOK_NOT_FOUND", `There is no webhook ${id}.`));
  }
}
