import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import type { Principal } from "../auth/roles";
import { principalOf } from "../plugins/identity";
import { EVENT_TYPES } from "../webhook-ports";
import { type App, audit, type RouteContext } from "./context";
import { closed, problems } from "./schema-parts";
import {
  DeliveryPage,
  EventTypes,
  WebhookList,
  WebhookParams,
  WebhookWithSecretRef,
} from "./webhook-schemas";

/** A day: time to bring the new secret to every receiver. Seconds. */
const OLD_VALID_SECONDS = 86_400;
const LONGEST_OLD_VALID_SECONDS = 30 * 86_400;

/** Events are about every account, so who may act in some units only may not have them sent anywhere. */
function requireWhole({ organizationalUnits }: Principal): void {
  if (organizationalUnits === undefined) return;
  throw new AppError("AUTH_FORBIDDEN", "Webhooks tell of all accounts; you may act in some only.", {
    action: "Ask an approver whose rule names no organizational units.",
  });
}

/** The routes about endpoints that are told what happens. */
export function webhookRoutes(app: App, { webhooks }: RouteContext): void {
  app.post(
    "/v1/webhooks",
    {
      config: { access: "admin" },
      schema: {
        operationId: "createWebhook",
        summary: "Have an address told what happens",
        description: `Events (${EVENT_TYPES.join(", ")}) are CloudEvents 1.0, signed as Standard Webhooks describes it. The secret is in this answer and never again. Addresses that are not public are refused unless a setting lets them in.`,
        tags: ["webhooks"],
        body: Type.Object(
          {
            url: Type.String({ minLength: 1, maxLength: 2048, description: "https://…" }),
            description: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
            events: Type.Optional(EventTypes),
          },
          closed,
        ),
        response: { 201: WebhookWithSecretRef, ...problems(413, 415, 422) },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      requireWhole(principal);
      const webhook = await webhooks.create(request.body, principal.subject);
      audit(request, "webhook.create", { webhook: webhook.id });
      return reply.code(201).header("location", `/v1/webhooks/${webhook.id}`).send(webhook);
    },
  );

  app.get(
    "/v1/webhooks",
    {
      config: { access: "operator" },
      schema: {
        operationId: "listWebhooks",
        summary: "List the webhooks, without their secrets",
        tags: ["webhooks"],
        response: { 200: WebhookList, ...problems() },
      },
    },
    async (_request, reply) => reply.send({ items: await webhooks.list() }),
  );

  app.delete(
    "/v1/webhooks/:id",
    {
      config: { access: "admin" },
      schema: {
        operationId: "removeWebhook",
        summary: "Remove a webhook, with what was not delivered to it",
        tags: ["webhooks"],
        params: WebhookParams,
        response: { 200: WebhookParams, ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      requireWhole(principal);
      await webhooks.remove(request.params.id, principal.subject);
      audit(request, "webhook.remove", { webhook: request.params.id });
      return reply.send({ id: request.params.id });
    },
  );

  app.post(
    "/v1/webhooks/:id/rotate",
    {
      config: { access: "admin" },
      schema: {
        operationId: "rotateWebhook",
        summary: "Make a new secret for a webhook",
        description:
          "Until the old one's time is over, events carry a signature for each, so that the receiver may change at any time in between.",
        tags: ["webhooks"],
        params: WebhookParams,
        body: Type.Object(
          {
            oldValidSeconds: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: LONGEST_OLD_VALID_SECONDS,
                default: OLD_VALID_SECONDS,
                description: "How long the old secret signs too; a day by default, 0: it leaked",
              }),
            ),
          },
          closed,
        ),
        response: { 200: WebhookWithSecretRef, ...problems(404, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      requireWhole(principal);
      const { id } = request.params;
      const { oldValidSeconds = OLD_VALID_SECONDS } = request.body;
      const webhook = await webhooks.rotate(id, oldValidSeconds, principal.subject);
      audit(request, "webhook.rotate", { webhook: id, oldValidSeconds });
      return reply.send(webhook);
    },
  );

  app.get(
    "/v1/webhooks/:id/deliveries",
    {
      config: { access: "operator" },
      schema: {
        operationId: "listDeliveries",
        summary: "List what was sent to a webhook, newest first",
        description: "Those given up are dead; each with the reason of its last failure.",
        tags: ["webhooks"],
        params: WebhookParams,
        querystring: Type.Object(
          {
            limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
            cursor: Type.Optional(
              Type.String({ maxLength: 64, description: "nextCursor of the page before" }),
            ),
          },
          closed,
        ),
        response: { 200: DeliveryPage, ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const page = await webhooks.deliveries(request.params.id, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      return reply.send({ ...page, items: [...page.items] });
    },
  );
}
