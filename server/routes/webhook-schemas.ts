import { Type, type TSchema } from "typebox";

import {
  type Delivery,
  DELIVERY_STATUSES,
  EVENT_TYPES,
  type EventType,
  type Webhook,
  type WebhookWithSecret,
} from "../webhook-ports";
import {
  choice,
  closed,
  count,
  named,
  ref,
  text,
  time,
  type Missing,
  type Nothing,
} from "./schema-parts";

/** The shapes of the API about webhooks. */

export const WebhookParams = Type.Object({
  id: Type.String({ pattern: "^wh-[0-9a-f]{16}$", description: "The webhook's id" }),
});

export const EventTypes = Type.Unsafe<EventType[]>({
  type: "array",
  items: { type: "string", enum: [...EVENT_TYPES] },
  minItems: 1,
  uniqueItems: true,
  description: "What it is told of; everything where this is missing",
});

const fields = {
  id: text("The webhook's id"),
  url: text("Where events are sent"),
  description: Type.Optional(Type.String()),
  events: Type.Optional(EventTypes),
  createdBy: text("Who made it"),
  createdAt: time("When it was made"),
  secrets: Type.Array(
    Type.Object(
      {
        createdAt: time("When the secret was made"),
        until: Type.Optional(time("Events are signed with it until then")),
      },
      closed,
    ),
    { description: "Secrets that sign now; never the secrets themselves" },
  ),
  disabled: Type.Optional(
    Type.Object({ at: time("Since when it is told nothing"), reason: Type.String() }, closed),
  ),
};
const WebhookSchema = named("Webhook", Type.Object(fields, closed));
const WebhookWithSecretSchema = named(
  "WebhookWithSecret",
  Type.Object(
    { ...fields, secret: text("whsec_…, shown once: what signatures are checked with") },
    closed,
  ),
);

const DeliverySchema = named(
  "Delivery",
  Type.Object(
    {
      eventId: text("The header webhook-id, and the event's id"),
      webhookId: Type.String(),
      type: choice(EVENT_TYPES),
      subject: text("What the event is about"),
      at: time("When it happened"),
      status: choice(DELIVERY_STATUSES, "dead: given up"),
      attempts: count("Tries so far"),
      nextAt: Type.Optional(time("When it is tried next")),
      response: Type.Optional(Type.Integer({ description: "HTTP status of the last answer" })),
      error: Type.Optional(text("Why the last try failed")),
      endedAt: Type.Optional(time("When it was delivered or given up")),
    },
    closed,
  ),
);

export const WEBHOOK_SCHEMAS: readonly TSchema[] = [
  WebhookSchema,
  WebhookWithSecretSchema,
  DeliverySchema,
];

export const WebhookWithSecretRef = ref<WebhookWithSecret>("WebhookWithSecret");
export const WebhookList = Type.Object(
  { items: Type.Unsafe<readonly Webhook[]>(Type.Array(ref<Webhook>("Webhook"))) },
  closed,
);
export const DeliveryPage = Type.Object(
  { items: Type.Array(ref<Delivery>("Delivery")), nextCursor: Type.Optional(Type.String()) },
  closed,
);

/** Compiles only while every schema has every field of its contract. */
export type NothingMissing = Nothing<{
  webhook: Missing<Webhook, typeof WebhookSchema>;
  webhookWithSecret: Missing<WebhookWithSecret, typeof WebhookWithSecretSchema>;
  delivery: Missing<Delivery, typeof DeliverySchema>;
}>;
