import { Webhook as StandardWebhook } from "standardwebhooks";

import type { Announcement } from "../webhook-ports";

/** An event as it is kept until it is delivered. */
export type KeptEvent = Pick<Announcement, "type" | "subject" | "data"> & {
  readonly eventId: string;
  /** When it happened, ISO 8601. */
  readonly at: string;
};

/** The event as CloudEvents 1.0 writes it in JSON: the same text at every try. */
export function cloudEvent(event: KeptEvent, source: string): string {
  const { eventId, type, subject, at, data } = event;
  return JSON.stringify({
    specversion: "1.0",
    id: eventId,
    source,
    type,
    subject,
    time: at,
    datacontenttype: "application/json",
    data,
  });
}

/**
 * The headers of Standard Webhooks for a body that is sent now: one signature for each secret, so that a receiver may change
 * from the old one to the new one at any time of a rotation.
 */
export function messageHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  return {
    "content-type": "application/cloudevents+json; charset=utf-8",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": secrets
      .map((secret) => new StandardWebhook(secret).sign(id, now, body))
      .join(" "),
  };
}
