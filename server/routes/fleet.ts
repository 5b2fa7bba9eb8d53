import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import { parseStampName, stampName } from "../../stacks/naming";
import { principalOf, requireRole } from "../plugins/identity";
import { type App, audit, type RouteContext } from "./context";
import { problems } from "./schema-parts";
import { AccountsRef, FleetDocument, StampRef } from "./schemas";

/** The routes about what there is: accounts, stamps, the fleet file. */
export function fleetRoutes(app: App, { fleet, metrics }: RouteContext): void {
  app.get(
    "/v1/accounts",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listAccounts",
        summary: "List the accounts of the organization",
        description:
          "Each with whether the fleet file selects it, why not, and the state of its stamps. Never a partial list.",
        tags: ["fleet"],
        querystring: Type.Object(
          {
            refresh: Type.Boolean({
              default: false,
              description: "Read the organization again now; needs the role operator",
            }),
          },
          { additionalProperties: false },
        ),
        response: { 200: AccountsRef, ...problems(422, 502) },
      },
    },
    async (request, reply) => {
      const { refresh } = request.query;
      if (refresh) {
        requireRole(principalOf(request), "operator");
        audit(request, "accounts.refresh", {});
      }
      const accounts = await fleet.accounts({ refresh });
      metrics.discoveryAge.set(accounts.ageSeconds);
      return reply.header("age", Math.floor(accounts.ageSeconds)).send(accounts);
    },
  );

  app.get(
    "/v1/stamps/:name",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getStamp",
        summary: "Read a stamp",
        description: "Its outputs, its last run and its resources.",
        tags: ["fleet"],
        params: Type.Object({ name: Type.String({ description: "<kind>-<account id>" }) }),
        response: { 200: StampRef, ...problems(404, 422, 502) },
      },
    },
    async (request, reply) => {
      const { kind, accountId } = parseStampName(request.params.name);
      const name = stampName(kind, accountId);
      const stamp = await fleet.stamp(name);
      if (stamp === undefined) {
        throw new AppError("STACK_NOT_FOUND", `There is no stamp ${name}.`, {
          action: "See GET /v1/accounts for the stamps there are.",
        });
      }
      return reply.send(stamp);
    },
  );

  app.get(
    "/v1/fleet",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getFleet",
        summary: "Read the fleet file and the plan",
        tags: ["fleet"],
        response: { 200: FleetDocument, ...problems(422, 502) },
      },
    },
    async (_request, reply) => reply.send(await fleet.fleet()),
  );
}
