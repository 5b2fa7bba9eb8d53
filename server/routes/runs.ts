import { Type } from "typebox";

import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { Principal } from "../auth/roles";
import { roleFor } from "../runs/requests";
import { principalOf, requireRole } from "../plugins/identity";
import { type RunRecord, type RunStatus, TERMINAL_STATUSES } from "../runs-ports";
import { type App, audit, type RouteContext } from "./context";

import { problems } from "./schema-parts";
import { RunPage, RunRef, RunRequestBody } from "./schemas";

/** Seconds after which it is worth asking again how a run is doing. */
export const POLL_SECONDS = 2;

/** Where a run is to be asked for. */
export const location = (id: string): string => `/v1/runs/${encodeURIComponent(id)}`;

export function hasEnded(status: RunStatus): boolean {
  return (TERMINAL_STATUSES as readonly RunStatus[]).includes(status);
}

/** Throws `AUTH_FORBIDDEN` where a run is about accounts in which the caller may not act. */
export async function requireOwn(
  { scope }: RouteContext,
  principal: Principal,
  { stamps }: RunRecord,
): Promise<void> {
  await scope.requireAccounts(principal, [...new Set(stamps.map(({ accountId }) => accountId))]);
}

/** The run of an address. Throws `RUN_NOT_FOUND`. */
export async function findRun(context: RouteContext, id: string): Promise<RunRecord> {
  const run = await context.runs.get(id);
  if (run !== undefined) return run;
  throw new AppError("RUN_NOT_FOUND", `There is no run ${JSON.stringify(id)}.`, {
    action: "List the runs with GET /v1/runs.",
  });
}

export const RunParams = Type.Object({
  id: Type.String({ pattern: "^[\\w-]{1,64}$", description: "The run's id" }),
});

/** The header of requests that may start a run. */
export const KeyHeader = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[\\x21-\\x7e]{1,255}$",
      description:
        "Chosen by the caller, one per intended run (required); the same key and request never start a second run",
    }),
  ),
});

/** The key of a request that may start a run. Throws `SPEC_IDEMPOTENCY_KEY_MISSING`. */
export function keyOf(header: string | undefined): string {
  if (header !== undefined) return header;
  throw new AppError("SPEC_IDEMPOTENCY_KEY_MISSING", "The header Idempotency-Key is missing.", {
    action: "Send one key per intended run, for example a UUID, and repeat it on retries.",
  });
}

/** What an answer 202 says beside its body. */
export const asynchronous = {
  description: "Accepted; ask Location for its progress",
  headers: {
    location: { type: "string", description: "Address of the run" },
    "retry-after": { type: "integer", description: "Seconds" },
  },
};

/** The routes about runs: start, list, read, cancel. */
export function runRoutes(app: App, context: RouteContext): void {
  const { runs, metrics } = context;

  app.post(
    "/v1/runs",
    {
      config: { access: "operator" },
      schema: {
        operationId: "startRun",
        summary: "Start a run",
        description:
          "Previews, stamps, compares or retires the stamps of a target; backs up, restores or rehearses the secrets of its accounts. Answers as soon as the run is kept durably.",
        tags: ["runs"],
        headers: KeyHeader,
        body: RunRequestBody,
        response: {
          202: { ...RunRef, ...asynchronous },
          ...problems(409, 413, 415, 422, 502),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      requireRole(principal, roleFor(body));
      await context.scope.requireRun(principal, body);
      const key = keyOf(request.headers["idempotency-key"]);
      const { run, replayed } = await runs.start(body, {
        subject: principal.subject,
        key,
        fingerprint: digest(body),
      });
      audit(request, "run.start", {
        runId: run.id,
        operation: run.operation,
        replayed,
        ...(body.reason === undefined ? {} : { reason: body.reason }),
      });
      if (replayed) reply.header("idempotent-replayed", "true");
      else metrics.runsRequested.inc({ operation: run.operation });
      return reply
        .code(202)
        .header("location", location(run.id))
        .header("retry-after", POLL_SECONDS)
        .send(run);
    },
  );

  app.get(
    "/v1/runs",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listRuns",
        summary: "List the runs, newest first",
        tags: ["runs"],
        querystring: Type.Object(
          {
            limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
            cursor: Type.Optional(
              Type.String({ maxLength: 512, description: "nextCursor of the page before" }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: RunPage, ...problems(422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const page = await runs.list({ limit, ...(cursor === undefined ? {} : { cursor }) });
      if (page.nextCursor !== undefined) {
        const query = new URLSearchParams({ limit: String(limit), cursor: page.nextCursor });
        reply.header("link", `</v1/runs?${query.toString()}>; rel="next"`);
      }
      return reply.send({ ...page, items: [...page.items] });
    },
  );

  app.get(
    "/v1/runs/:id",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getRun",
        summary: "Read a run",
        description: "With Retry-After until the run has ended.",
        tags: ["runs"],
        params: RunParams,
        response: { 200: RunRef, ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const run = await findRun(context, request.params.id);
      if (!hasEnded(run.status)) reply.header("retry-after", POLL_SECONDS);
      return reply.send(run);
    },
  );

  app.post(
    "/v1/runs/:id/cancel",
    {
      config: { access: "operator" },
      schema: {
        operationId: "cancelRun",
        summary: "Ask a run to stop",
        description: "Stamps that wait are not started; those that run are interrupted.",
        tags: ["runs"],
        params: RunParams,
        response: {
          202: { ...RunRef, ...asynchronous },
          ...problems(404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const found = await findRun(context, request.params.id);
      const principal = principalOf(request);
      await requireOwn(context, principal, found);
      const { id } = found;
      const run = await runs.cancel(id, principal.subject);
      audit(request, "run.cancel", { runId: id });
      return reply
        .code(202)
        .header("location", location(id))
        .header("retry-after", POLL_SECONDS)
        .send(run);
    },
  );
}
