import { Type } from "typebox";

import type { App, RouteContext } from "./context";
import { closed, problems } from "./schema-parts";
import { AuditPage, AuditVerdictSchema } from "./vault-schemas";

/** The routes about who did what. */
export function auditRoutes(app: App, { auditLog }: RouteContext): void {
  app.get(
    "/v1/audit",
    {
      config: { access: "approver" },
      schema: {
        operationId: "listAudit",
        summary: "List the audit log, newest first",
        description: "Every entry carries the hash of the one before.",
        tags: ["audit"],
        querystring: Type.Object(
          {
            limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
            before: Type.Optional(
              Type.Integer({ minimum: 1, description: "nextBefore of the page before" }),
            ),
            run: Type.Optional(
              Type.String({ pattern: "^[\\w-]{1,64}$", description: "Only about this run" }),
            ),
          },
          closed,
        ),
        response: { 200: AuditPage, ...problems(422) },
      },
    },
    async (request, reply) => {
      const { limit, before, run } = request.query;
      const found = await auditLog.entries({
        limit: limit + 1,
        ...(before === undefined ? {} : { before }),
        ...(run === undefined ? {} : { runId: run }),
      });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return reply.send({
        items,
        ...(found.length > limit && last !== undefined ? { nextBefore: last.seq } : {}),
      });
    },
  );

  app.get(
    "/v1/audit/verify",
    {
      config: { access: "approver" },
      schema: {
        operationId: "verifyAudit",
        summary: "Check that the audit log is as it was written",
        description:
          "Follows the chain of hashes from the first entry to the last. Keep `head` elsewhere to see later that nothing was cut off at the end.",
        tags: ["audit"],
        response: { 200: AuditVerdictSchema, ...problems() },
      },
    },
    async (_request, reply) => reply.send(await auditLog.verify()),
  );
}
