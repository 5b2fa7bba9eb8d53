import { digest } from "../../stacks/digest";
import { principalOf, requireRole } from "../plugins/identity";
import { roleFor } from "../runs/requests";
import { type App, audit, type RouteContext } from "./context";
import { ApprovalBody, GoOnBody } from "./rollout-schemas";
import {
  asynchronous,
  findRun,
  KeyHeader,
  keyOf,
  location,
  POLL_SECONDS,
  requireOwn,
  RunParams,
} from "./runs";
import { problems } from "./schema-parts";
import { RunRef } from "./schemas";

/** The routes about runs that stand still or have ended: approve, resume, retry. */
export function rolloutRoutes(app: App, context: RouteContext): void {
  const { runs } = context;

  app.post(
    "/v1/runs/:id/approve",
    {
      config: { access: "approver" },
      schema: {
        operationId: "approveRun",
        summary: "Approve what a run waits with",
        description:
          "Names the digest of the plan that was looked at, and the number of accounts in which a key, a secret or a bucket would be deleted or replaced, if there are any. What is not as planned when its turn comes is not done.",
        tags: ["runs"],
        params: RunParams,
        body: ApprovalBody,
        response: { 202: { ...RunRef, ...asynchronous }, ...problems(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const found = await findRun(context, request.params.id);
      const principal = principalOf(request);
      await requireOwn(context, principal, found);
      const { id } = found;
      const run = await runs.approve(id, request.body, principal.subject);
      audit(request, "run.approve", { runId: id, ...request.body });
      return reply
        .code(202)
        .header("location", location(id))
        .header("retry-after", POLL_SECONDS)
        .send(run);
    },
  );

  for (const how of ["resume", "retry"] as const) {
    app.post(
      `/v1/runs/:id/${how}`,
      {
        config: { access: "operator" },
        schema: {
          operationId: `${how}Run`,
          summary:
            how === "resume" ? "Go on with a run: all that is left of it" : "Do again what failed",
          description:
            how === "resume"
              ? "Ends a pause before its time. Of a run that has ended, starts a new one with every stamp that did not succeed."
              : "Starts a new run with the stamps of an ended one that failed, and those that were not started because of them.",
          tags: ["runs"],
          params: RunParams,
          headers: KeyHeader,
          body: GoOnBody,
          response: { 202: { ...RunRef, ...asynchronous }, ...problems(404, 409, 413, 415, 422) },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const found = await findRun(context, request.params.id);
        requireRole(principal, roleFor(found));
        await requireOwn(context, principal, found);
        const key = keyOf(request.headers["idempotency-key"]);
        const { reason } = request.body;
        const fingerprint = digest({ run: found.id, how, ...request.body });
        const { run, replayed } = await runs.goOn(
          found.id,
          how,
          { subject: principal.subject, key, fingerprint },
          reason,
        );
        audit(request, `run.${how}`, { runId: found.id, goesOnAs: run.id, replayed });
        if (replayed) reply.header("idempotent-replayed", "true");
        return reply
          .code(202)
          .header("location", location(run.id))
          .header("retry-after", POLL_SECONDS)
          .send(run);
      },
    );
  }
}
