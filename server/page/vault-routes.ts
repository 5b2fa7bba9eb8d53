import { principalOf } from "../plugins/identity";
import type { App, RouteContext } from "../routes/context";
import { DrillParams, findDrill } from "../routes/vault";
import { SecretQuerySchema } from "../routes/vault-schemas";
import { show } from "./show";
import { coveragePage, drillPage, drillsPage, secretsPage } from "./vault-views";

const viewer = { access: "viewer", page: true } as const;

/** Drills listed on one page; the API has the others. */
const SHOWN_DRILLS = 100;

/** The pages about what is kept. */
export function vaultPages(app: App, context: RouteContext): void {
  const { vault } = context;

  app.get("/coverage", { config: viewer, schema: { hide: true } }, async (request, reply) =>
    show(reply, "Coverage", coveragePage(await vault.coverage()), principalOf(request)),
  );

  app.get(
    "/secrets",
    { config: viewer, schema: { hide: true, querystring: SecretQuerySchema } },
    async (request, reply) => {
      const { query } = request;
      const content = secretsPage(query, await vault.secrets(query));
      return show(reply, "Secrets", content, principalOf(request));
    },
  );

  app.get("/drills", { config: viewer, schema: { hide: true } }, async (request, reply) =>
    show(reply, "Drills", drillsPage(await vault.drills(SHOWN_DRILLS)), principalOf(request)),
  );

  app.get(
    "/drills/:id",
    { config: viewer, schema: { hide: true, params: DrillParams } },
    async (request, reply) => {
      const report = await findDrill(context, request.params.id);
      return show(reply, `Drill ${report.drillId}`, drillPage(report), principalOf(request));
    },
  );
}
