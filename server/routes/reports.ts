import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import { STACK_KINDS } from "../../stacks/kinds";
import type { Affected } from "../../stacks/affected";
import { renderMarkdown } from "../report/markdown";
import { PreviewReportSchema, type PreviewReport } from "../report/model";
import { renderSarif } from "../report/sarif";
import type { App, RouteContext } from "./context";
import { findRun, RunParams } from "./runs";
import { closed, count, problems, text } from "./schema-parts";
import { StampNameText } from "./schemas";

const SARIF = "application/sarif+json";
const MARKDOWN = "text/markdown";

/** Operations whose runs say what would change, or what is wrong. */
const REPORTED = ["preview", "drift", "check"] as const;

const AffectedBody = Type.Object(
  {
    fleet: Type.Optional(
      Type.String({
        maxLength: 1_000_000,
        description: "The fleet file as it was; absent: there was none, so everything is affected",
      }),
    ),
    fleetPath: Type.Optional(
      Type.String({ maxLength: 4096, description: "Which of the paths is the fleet file" }),
    ),
    paths: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
      maxItems: 20_000,
      description: "Files that changed, from the top of the repository",
    }),
  },
  closed,
);

const AffectedSchema = Type.Unsafe<Affected>(
  Type.Object(
    {
      stamps: Type.Array(
        Type.Object({ stamp: StampNameText, because: text("Why it is affected") }, closed),
      ),
      leaving: Type.Array(StampNameText, {
        description: "Asked for before and not any more; no run takes them down by itself",
      }),
      unaffected: count("Stamps that stay exactly as they are"),
    },
    closed,
  ),
);

/** The routes about what a change means: which stamps it can affect, and the report of a preview. */
export function reportRoutes(app: App, context: RouteContext): void {
  const { reports, version } = context;

  app.get(
    "/v1/runs/:id/report",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getRunReport",
        summary: "Read the report of a preview, a drift or a check",
        description: `As JSON, or by Accept as ${MARKDOWN} (the comment of a pull request) or ${SARIF} (SARIF 2.1.0). Names and numbers, never a value.`,
        tags: ["runs"],
        params: RunParams,
        response: {
          200: {
            description: "The report; of a run that goes on, as far as it is",
            content: {
              "application/json": { schema: Type.Unsafe<PreviewReport>(PreviewReportSchema) },
              [MARKDOWN]: { schema: Type.String() },
              [SARIF]: {
                schema: Type.Unsafe<Readonly<Record<string, unknown>>>({
                  type: "object",
                  additionalProperties: true,
                }),
              },
            },
          },
          ...problems(404, 422),
        },
      },
    },
    async (request, reply) => {
      const run = await findRun(context, request.params.id);
      if (!(REPORTED as readonly string[]).includes(run.operation)) {
        throw new AppError("SPEC_INVALID", `A run of ${run.operation} has no such report.`, {
          action: `There is one of ${REPORTED.join(", ")}.`,
        });
      }
      const report = await reports.report(run);
      reply.header("vary", "accept");
      const accept = request.headers.accept ?? "";
      if (accept.includes(MARKDOWN)) {
        return reply.type(`${MARKDOWN}; charset=utf-8`).send(renderMarkdown(report));
      }
      if (accept.includes(SARIF)) return reply.type(SARIF).send(renderSarif(report, { version }));
      return reply.type("application/json; charset=utf-8").send(report);
    },
  );

  app.post(
    "/v1/fleet/affected",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "listAffectedStamps",
        summary: "Say which stamps a change can affect",
        description: `Compares the fleet file as it was with the service's own, stamp by stamp, and takes the files that changed into account: a program's file affects its kind (${STACK_KINDS.join(", ")}), the functions' the vault, everything unknown all. Preview just these: POST /v1/runs with target.stamps.`,
        tags: ["fleet"],
        body: AffectedBody,
        response: { 200: AffectedSchema, ...problems(413, 415, 422, 502) },
      },
    },
    async (request, reply) => reply.send(await reports.affected(request.body)),
  );
}
