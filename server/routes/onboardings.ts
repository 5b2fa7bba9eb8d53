import { Type } from "typebox";

import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import { isOver } from "../onboarding-ports";
import { principalOf } from "../plugins/identity";
import { type App, audit, type RouteContext } from "./context";
import { OnboardingPage, OnboardingRef } from "./onboarding-schemas";
import { asynchronous, KeyHeader, keyOf, POLL_SECONDS } from "./runs";
import { closed, problems } from "./schema-parts";
import { Reason } from "./vault-schemas";

const Params = Type.Object({
  id: Type.String({ pattern: "^onb-[\\w-]{1,64}$", description: "The onboarding's id" }),
});

/** The routes about accounts on their way into the fleet. */
export function onboardingRoutes(app: App, { onboardings, scope }: RouteContext): void {
  app.post(
    "/v1/accounts/:accountId/onboard",
    {
      config: { access: "operator" },
      schema: {
        operationId: "onboardAccount",
        summary: "Bring an account into the fleet",
        description:
          "Waits until AWS lists the account and lets the service in, stamps it, keeps its secrets for the first time, and tells the webhooks when all of it is there. Answers as soon as that is kept durably. An account that is on its way already gets no second onboarding.",
        tags: ["fleet"],
        params: Type.Object({
          accountId: Type.String({ pattern: "^\\d{12}$", description: "12 digits" }),
        }),
        headers: KeyHeader,
        body: Type.Object(
          {
            webhook: Type.Optional(
              Type.String({
                pattern: "^wh-[0-9a-f]{16}$",
                description: "A webhook that is told of the end, whatever events it asked for",
              }),
            ),
            reason: Type.Optional(Reason),
          },
          closed,
        ),
        response: {
          202: { ...OnboardingRef, ...asynchronous },
          ...problems(409, 413, 415, 422, 502),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { accountId } = request.params;
      await scope.requireAccounts(principal, [accountId]);
      const key = keyOf(request.headers["idempotency-key"]);
      const asked = { accountId, ...request.body };
      const { onboarding, replayed } = await onboardings.start(asked, {
        subject: principal.subject,
        key,
        fingerprint: digest(asked),
      });
      audit(request, "account.onboard", { accountId, onboarding: onboarding.id, replayed });
      if (replayed) reply.header("idempotent-replayed", "true");
      return reply
        .code(202)
        .header("location", `/v1/onboardings/${onboarding.id}`)
        .header("retry-after", POLL_SECONDS)
        .send(onboarding);
    },
  );

  app.get(
    "/v1/onboardings",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listOnboardings",
        summary: "List accounts on their way into the fleet, newest first",
        tags: ["fleet"],
        querystring: Type.Object(
          { limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }) },
          closed,
        ),
        response: { 200: OnboardingPage, ...problems(422) },
      },
    },
    async (request, reply) =>
      reply.send({ items: [...(await onboardings.list(request.query.limit))] }),
  );

  app.get(
    "/v1/onboardings/:id",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getOnboarding",
        summary: "Read how far an account is on its way",
        description: "With Retry-After until it has ended.",
        tags: ["fleet"],
        params: Params,
        response: { 200: OnboardingRef, ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const onboarding = await onboardings.get(id);
      if (onboarding === undefined) {
        throw new AppError(
          "ONBOARDING_NOT_FOUND",
          `There is no onboarding ${JSON.stringify(id)}.`,
          {
            action: "List them with GET /v1/onboardings.",
          },
        );
      }
      if (!isOver(onboarding)) reply.header("retry-after", POLL_SECONDS);
      return reply.send(onboarding);
    },
  );
}
