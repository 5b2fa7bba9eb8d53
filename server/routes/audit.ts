import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
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
          "Follows the chain of hashes from the first entry to the last, and holds it against the end that this service has kept in its state folder. Keep `entries` and `head` elsewhere and name them the next time: whoever cuts entries off, or writes all of them anew, leaves a chain that holds.",
        tags: ["audit"],
        querystring: Type.Object(
          {
            entries: Type.Optional(
              Type.Integer({ minimum: 0, description: "Entries that were there before" }),
            ),
            head: Type.Optional(
              Type.String({
                pattern: "^[0-9a-f]{64}$",
                description: "Hash of the last of them; both or none",
              }),
            ),
          },
          closed,
        ),
        response: { 200: AuditVerdictSchema, ...problems(422) },
      },
    },
    async (request, reply) => {
      const { entries, head } = request.query;
      if ((entries === undefined) !== (head === undefined)) {
        throw new AppError("SPEC_INVALID", "The end of a log has a number and a hash.", {
          action: "Name both `entries` and `head` of an earlier answer, or none.",
        });
      }
      const seen = entries === undefined || head === undefined ? undefined : { entries, head };
      return reply.send(await auditLog.verify(seen));
    },
  );
}
