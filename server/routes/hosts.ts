import { Type } from "typebox";

import { principalOf } from "../plugins/identity";
import { type App, audit, type RouteContext } from "./context";
import { closed, problems } from "./schema-parts";

/** The route about hosts of workers. */
export function hostRoutes(app: App, { hosts }: RouteContext): void {
  app.post(
    "/v1/hosts/:host/gone",
    {
      config: { access: "approver" },
      schema: {
        operationId: "hostGone",
        summary: "Say that a host is gone for certain",
        description:
          "A stack's lock is removed only if its owner is proven dead. Where no worker on the owner's host answers any more, a person's word takes the place of the proof. Wrong, it lets two engines write to one stack.",
        tags: ["hosts"],
        params: Type.Object({
          host: Type.String({ pattern: "^[\\w.-]{1,253}$", description: "The host's name" }),
        }),
        body: Type.Object(
          {
            reason: Type.String({
              minLength: 1,
              maxLength: 1000,
              pattern: "\\S",
              description: "Why it is certain; kept in the audit log",
            }),
          },
          closed,
        ),
        response: {
          200: Type.Object(
            {
              host: Type.String({ description: "The host's name" }),
              processes: Type.Integer({
                minimum: 0,
                description: "Processes of the engine whose locks may be removed now",
              }),
            },
            closed,
          ),
          ...problems(413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      const { reason } = request.body;
      const { processes } = await hosts.gone(host, principalOf(request).subject, reason);
      audit(request, "host.gone", { host, processes, reason });
      return reply.send({ host, processes });
    },
  );
}
