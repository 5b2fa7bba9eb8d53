import { Type } from "typebox";

import type { App, RouteContext } from "./context";
import { FleetRotationsSchema } from "./rotation-schemas";
import { closed, problems } from "./schema-parts";

/** The route about how the fleet's secrets are renewed. */
export function rotationRoutes(app: App, { vault }: RouteContext): void {
  app.get(
    "/v1/rotations",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listRotations",
        summary: "List the secrets that are rotated",
        description:
          "As the vault last looked at each account: last and next rotation, failures in a row, and why. Names and times, never values.",
        tags: ["vault"],
        querystring: Type.Object(
          {
            account: Type.Optional(
              Type.String({ pattern: "^\\d{12}$", description: "Only this account" }),
            ),
          },
          closed,
        ),
        response: { 200: FleetRotationsSchema, ...problems(422, 502) },
      },
    },
    async (request, reply) => {
      const { items, accounts } = await vault.rotations(request.query.account);
      return reply.send({ items: [...items], accounts: [...accounts] });
    },
  );
}
