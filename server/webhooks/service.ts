import { randomBytes } from "node:crypto";

import { AppError } from "../../stacks/errors";
import type { Clock } from "../ports";
import type { Store } from "../store/types";
import type { StoredWebhook } from "../store/webhook-types";
import type { Webhook, WebhookService } from "../webhook-ports";
import type { AddressRules } from "./addresses";
import { type LookUp, refusedNow } from "./post";
import { newSecret, rotated, type SecretBox, signingSecrets } from "./secrets";

export interface WebhookServiceOptions {
  readonly store: Pick<Store, "transaction" | "webhooks">;
  readonly box: SecretBox;
  readonly rules: AddressRules;
  readonly clock: Clock;
  readonly lookUp?: LookUp;
}

/** Endpoints beyond these are a mistake: each event is sent to every one. */
const MOST_WEBHOOKS = 50;
const EVENT_ID = /^evt-[0-9a-f]{12}-[0-9a-f]{16}$/;

const notFound = (id: string): AppError =>
  new AppError("WEBHOOK_NOT_FOUND", `There is no webhook ${JSON.stringify(id)}.`, {
    action: "List them with GET /v1/webhooks or `strongroom webhooks`.",
  });

/** The endpoints that are told what happens. */
export function createWebhookService(options: WebhookServiceOptions): WebhookService {
  const { store, box, rules, clock, lookUp } = options;

  const shown = ({ secrets, ...webhook }: StoredWebhook): Webhook => ({
    ...webhook,
    secrets: signingSecrets(secrets, clock.now()).map(({ createdAt, until }) => ({
      createdAt,
      ...(until === undefined ? {} : { until }),
    })),
  });

  return {
    async create({ url, description, events }, by) {
      const problem = await refusedNow(url, rules, lookUp);
      if (problem !== undefined) {
        throw new AppError("SPEC_WEBHOOK_URL", `Webhooks are not sent there: ${problem}.`, {
          action:
            "Give an address https://… that is public, or let the host in with STRONGROOM_WEBHOOK_ALLOW.",
          problems: [{ message: problem, pointer: "/url" }],
        });
      }
      const id = `wh-${randomBytes(8).toString("hex")}`;
      const secret = newSecret();
      const createdAt = clock.now().toISOString();
      const webhook: StoredWebhook = {
        id,
        url: new URL(url).href,
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events }),
        secrets: [{ sealed: box.seal(secret, id), createdAt }],
        createdBy: by,
        createdAt,
      };
      await store.transaction(async (tx) => {
        if ((await store.webhooks.list()).length >= MOST_WEBHOOKS) {
          throw new AppError("SPEC_INVALID", `There are ${MOST_WEBHOOKS} webhooks already.`, {
            action: "Remove one that is not needed any more.",
          });
        }
        await tx.webhooks.insert(webhook);
        const details = { webhook: id, host: new URL(url).host, events: events ?? "all" };
        await tx.audit({ subject: by, action: "webhook.create", details });
      });
      return { ...shown(webhook), secret };
    },

    async list() {
      return (await store.webhooks.list()).map(shown);
    },

    remove(id, by) {
      return store.transaction(async (tx) => {
        if (!(await tx.webhooks.remove(id))) throw notFound(id);
        await tx.audit({ subject: by, action: "webhook.remove", details: { webhook: id } });
      });
    },

    rotate(id, oldValidSeconds, by) {
      return store.transaction(async (tx) => {
        const webhook = await tx.webhooks.lock(id);
        if (webhook === undefined) throw notFound(id);
        const secret = newSecret();
        const secrets = rotated(
          webhook.secrets,
          box.seal(secret, id),
          oldValidSeconds,
          clock.now(),
        );
        await tx.webhooks.setSecrets(id, secrets);
        const details = { webhook: id, oldValidSeconds };
        await tx.audit({ subject: by, action: "webhook.rotate", details });
        return { ...shown({ ...webhook, secrets }), secret };
      });
    },

    async deliveries(id, { limit, cursor }) {
      if (cursor !== undefined && !EVENT_ID.test(cursor)) {
        throw new AppError("SPEC_MALFORMED", "the cursor is not one of ours", {
          action: "Take the cursor from the answer's nextCursor, or leave it out.",
        });
      }
      if ((await store.webhooks.get(id)) === undefined) throw notFound(id);
      const found = await store.webhooks.deliveries(id, limit + 1, cursor);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return found.length > limit && last !== undefined
        ? { items, nextCursor: last.eventId }
        : { items };
    },
  };
}
