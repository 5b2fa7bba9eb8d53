import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import type { App, RouteContext } from "./context";
import { closed, problems } from "./schema-parts";
import {
  CoverageRef,
  DrillList,
  DrillReportRef,
  SecretPage,
  SecretQuerySchema,
} from "./vault-schemas";

/** A drill's id: that of the run that asked for it, or one that the schedule made. */
export const DrillParams = Type.Object({
  id: Type.String({ pattern: "^[\\w.:-]{1,128}$", description: "The drill's id" }),
});

/** The report of an address. Throws `DRILL_NOT_FOUND`. */
export async function findDrill({ vault }: Pick<RouteContext, "vault">, id: string) {
  const report = await vault.drill(id);
  if (report !== undefined) return report;
  throw new AppError("DRILL_NOT_FOUND", `There is no drill ${JSON.stringify(id)}.`, {
    action: "List the drills with GET /v1/drills.",
  });
}

/** The routes about what is kept: coverage, secrets, drills. */
export function vaultRoutes(app: App, context: RouteContext): void {
  const { vault } = context;

  app.get(
    "/v1/coverage",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getCoverage",
        summary: "Read how the secrets are kept",
        description:
          "From the last sweep of each account, with the reasons for what is not covered. Totals are of the accounts that could be looked at.",
        tags: ["vault"],
        querystring: Type.Object(
          {
            account: Type.Optional(
              Type.String({ pattern: "^\\d{12}$", description: "Only this account" }),
            ),
          },
          closed,
        ),
        response: { 200: CoverageRef, ...problems(422, 502) },
      },
    },
    async (request, reply) => reply.send(await vault.coverage(request.query.account)),
  );

  app.get(
    "/v1/secrets",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listSecrets",
        summary: "List the secrets that are kept",
        description: "Names and states, never values; by account, Region and name.",
        tags: ["vault"],
        querystring: SecretQuerySchema,
        response: { 200: SecretPage, ...problems(422, 502) },
      },
    },
    async (request, reply) => {
      const page = await vault.secrets(request.query);
      if (page.nextCursor !== undefined) {
        const query = new URLSearchParams({
          ...Object.fromEntries(Object.entries(request.query).map(([k, v]) => [k, String(v)])),
          cursor: page.nextCursor,
        });
        reply.header("link", `</v1/secrets?${query.toString()}>; rel="next"`);
      }
      return reply.send({ ...page, items: [...page.items] });
    },
  );

  app.get(
    "/v1/drills",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listDrills",
        summary: "List the drills, newest first",
        tags: ["vault"],
        querystring: Type.Object(
          { limit: Type.Integer({ minimum: 1, maximum: 200, default: 20 }) },
          closed,
        ),
        response: { 200: DrillList, ...problems(422, 502) },
      },
    },
    async (request, reply) => reply.send({ items: [...(await vault.drills(request.query.limit))] }),
  );

  app.get(
    "/v1/drills/:id",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getDrill",
        summary: "Read the report of a drill",
        tags: ["vault"],
        params: DrillParams,
        response: { 200: DrillReportRef, ...problems(404, 422, 502) },
      },
    },
    async (request, reply) => reply.send(await findDrill(context, request.params.id)),
  );
}
