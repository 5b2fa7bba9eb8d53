import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/** Where the page of the API is. */
export const DOCS_PATH = "/docs";

/** Swagger UI sets styles on elements; everything else stays as strict as on our own pages. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Collects the routes' schemas into the OpenAPI document. Register before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Strongroom",
        version,
        description:
          "Finds the accounts of an AWS organization, stamps each of them, keeps their secrets, restores them and rehearses it. Errors are RFC 9457 documents; " +
          "starting a run needs an Idempotency-Key.",
        license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
      },
      servers: [{ url: "/" }],
      tags: [
        { name: "runs", description: "Operations over stamps" },
        { name: "fleet", description: "Accounts, stamps and the fleet file" },
        { name: "vault", description: "What is kept, and whether it can be restored" },
        { name: "hosts", description: "Hosts of workers" },
        { name: "webhooks", description: "Who is told what happens" },
        { name: "audit", description: "Who did what, when and why" },
        { name: "health", description: "For machines that watch the service" },
      ],
      components: {
        securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      },
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json.$id === "string" ? json.$id : `schema-${index}`,
    },
  });
}

/** Serves the document and its page for a browser, both to everybody: they hold no data of the organization. */
export async function serveApiDocument(app: FastifyInstance): Promise<void> {
  app.get(
    "/openapi.json",
    { config: { access: "public" }, schema: { hide: true } },
    async (_request, reply) => reply.type("application/json").send(JSON.stringify(app.swagger())),
  );
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    staticCSP: DOCS_POLICY,
    uiConfig: { docExpansion: "list", deepLinking: true, validatorUrl: null },
  });
}
