import { Type } from "typebox";

import type { RunStatus } from "../runs-ports";
import type { App, RouteContext } from "./context";
import { problems } from "./schema-parts";

const Health = Type.Object(
  {
    status: Type.Unsafe<"ok" | "unavailable">({ type: "string", enum: ["ok", "unavailable"] }),
    checks: Type.Optional(
      Type.Array(
        Type.Object(
          { name: Type.String(), ok: Type.Boolean(), detail: Type.String() },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);

/** Addresses for machines that watch the service. Probes carry no token and are not counted against a limit. */
export function healthRoutes(
  app: App,
  { readiness, collect, metrics, runs }: RouteContext,
  isClosing: () => boolean,
): void {
  const probe = { access: "public", rateLimit: false } as const;

  app.get(
    "/livez",
    {
      config: probe,
      schema: {
        operationId: "live",
        summary: "Whether the process runs",
        tags: ["health"],
        security: [],
        response: { 200: Health },
      },
    },
    async (_request, reply) => reply.send({ status: "ok" }),
  );

  app.get(
    "/readyz",
    {
      config: probe,
      schema: {
        operationId: "ready",
        summary: "Whether the service can do its work",
        description: "Database, age of the list of accounts, parts of the engine.",
        tags: ["health"],
        security: [],
        response: { 200: Health, 503: Health },
      },
    },
    async (_request, reply) => {
      const stopping = isClosing();
      const checks = stopping
        ? [{ name: "service", ok: false, detail: "stopping" }]
        : await readiness();
      const ok = checks.every((check) => check.ok);
      if (!ok) reply.header("retry-after", 5);
      return reply
        .code(ok ? 200 : 503)
        .header("cache-control", "no-store")
        .send({ status: ok ? "ok" : "unavailable", checks: [...checks] });
    },
  );

  app.get(
    "/metrics",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "metrics",
        summary: "Measurements for Prometheus",
        tags: ["health"],
        response: {
          200: {
            description: "Prometheus text format",
            content: { "text/plain": { schema: Type.String() } },
          },
          ...problems(),
        },
      },
    },
    async (_request, reply) => {
      await Promise.all([countRuns(), collect()]);
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  );

  async function countRuns(): Promise<void> {
    const counts = new Map<RunStatus, number>();
    for (const { status } of (await runs.list({ limit: 200 })).items) {
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    metrics.runs.reset();
    for (const [status, count] of counts) metrics.runs.set({ status }, count);
  }
}
