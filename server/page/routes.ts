import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import { parseStampName } from "../../stacks/naming";
import { allows, type Authenticator } from "../auth/roles";
import type { Sessions } from "../auth/sessions";
import { principalOf, requireSameOrigin, SESSION_COOKIE } from "../plugins/identity";
import { sendProblem, toAppError, toProblem } from "../plugins/problems";
import { type App, audit, type RouteContext } from "../routes/context";
import { findRun, requireOwn, RunParams } from "../routes/runs";
import type { RunEvent } from "../runs-ports";
import { LIVE_JS, PAGE_CSS } from "./assets";
import { html } from "./html";
import { show } from "./show";
import { vaultPages } from "./vault-routes";
import { loginPage, overview, problem, runPage, stampPage } from "./views";

export interface PageOptions {
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
}

/** Most events shown of a run; the script and the API have the rest. */
const SHOWN_EVENTS = 1000;

const hidden = { schema: { hide: true } } as const;
const viewer = { access: "viewer", page: true } as const;

/** A form sends text only. */
const ApprovalForm = Type.Object({
  digest: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  reason: Type.String({ maxLength: 1000 }),
  preciousAccounts: Type.Optional(Type.String({ pattern: "^[0-9]{1,6}$" })),
});

/** The dashboard: pages written by the service, one style sheet, one small script, no other part. */
export async function pageRoutes(
  root: App,
  context: RouteContext,
  { authenticator, sessions }: PageOptions,
): Promise<void> {
  const { runs, fleet } = context;
  await root.register((app: App, _options: object, done: () => void) => {
    app.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: 8192 },
      (_request, body, parsed) =>
        parsed(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    app.setErrorHandler(showProblem);

    app.get("/", { ...hidden, config: viewer }, async (request, reply) => {
      const [accounts, list] = await Promise.all([
        fleet.accounts({ refresh: false }).catch((error: unknown) => {
          const failure = toAppError(error);
          // An overview without the accounts still shows the runs; a fault of ours is not shown at all.
          if (failure.source === "us") throw failure;
          return failure.toRecord();
        }),
        runs.list({ limit: 20 }),
      ]);
      return show(reply, "Overview", overview(accounts, list.items), principalOf(request));
    });

    app.get(
      "/runs/:id",
      { config: viewer, schema: { hide: true, params: RunParams } },
      async (request, reply) => {
        const principal = principalOf(request);
        const run = await findRun(context, request.params.id);
        const events = await firstEvents(run.id);
        const content = runPage(run, events, {
          subject: principal.subject,
          mayCancel: allows(principal.role, "operator"),
          mayApprove: allows(principal.role, "approver"),
        });
        return show(reply, `Run ${run.id}`, content, principal, true);
      },
    );

    app.post(
      "/runs/:id/cancel",
      { config: { access: "operator", page: true }, schema: { hide: true, params: RunParams } },
      async (request, reply) => {
        const found = await findRun(context, request.params.id);
        const principal = principalOf(request);
        await requireOwn(context, principal, found);
        const { id } = found;
        await runs.cancel(id, principal.subject);
        audit(request, "run.cancel", { runId: id });
        return reply.redirect(`/runs/${encodeURIComponent(id)}`, 303);
      },
    );

    app.post(
      "/runs/:id/approve",
      {
        config: { access: "approver", page: true },
        schema: { hide: true, params: RunParams, body: ApprovalForm },
      },
      async (request, reply) => {
        const found = await findRun(context, request.params.id);
        const principal = principalOf(request);
        await requireOwn(context, principal, found);
        const { id } = found;
        const { digest, reason, preciousAccounts } = request.body;
        const approval = {
          digest,
          reason,
          ...(preciousAccounts === undefined ? {} : { preciousAccounts: Number(preciousAccounts) }),
        };
        await runs.approve(id, approval, principal.subject);
        audit(request, "run.approve", { runId: id, ...approval });
        return reply.redirect(`/runs/${encodeURIComponent(id)}`, 303);
      },
    );

    app.get(
      "/stamps/:name",
      { config: viewer, schema: { hide: true, params: Type.Object({ name: Type.String() }) } },
      async (request, reply) => {
        const { name } = request.params;
        const { kind, accountId } = parseStampName(name);
        const stamp = await fleet.stamp(`${kind}-${accountId}`);
        if (stamp === undefined) throw new AppError("STACK_NOT_FOUND", "There is no such stamp.");
        return show(reply, `Stamp ${name}`, stampPage(stamp), principalOf(request));
      },
    );

    vaultPages(app, context);

    app.get("/login", { ...hidden, config: { access: "public" } }, async (_request, reply) =>
      show(reply, "Sign in", loginPage(false)),
    );

    app.post(
      "/login",
      {
        // Guessing a token is hopeless; this keeps the attempts from costing anything.
        config: { access: "public", rateLimit: { max: 10, timeWindow: 60_000 } },
        schema: {
          hide: true,
          body: Type.Object({ token: Type.String({ maxLength: 4096 }) }),
        },
      },
      async (request, reply) => {
        // Else a stranger's page could sign the reader in as somebody else.
        requireSameOrigin(request);
        const principal = await authenticator.authenticate(request.body.token.trim());
        if (principal === undefined) {
          request.log.info({ audit: { action: "login.refused" } }, "audit");
          return show(reply.code(401), "Sign in", loginPage(true));
        }
        const session = await sessions.start(principal);
        request.principal = principal;
        audit(request, "login", {});
        return reply
          .setCookie(SESSION_COOKIE, session, {
            path: "/",
            httpOnly: true,
            sameSite: "strict",
            secure: "auto",
            signed: true,
            maxAge: sessions.lifetimeSeconds,
          })
          .redirect("/", 303);
      },
    );

    app.post("/logout", { ...hidden, config: { access: "public" } }, async (request, reply) => {
      if (request.sessionId !== null) {
        await sessions.end(request.sessionId);
        audit(request, "logout", {});
      }
      return reply.clearCookie(SESSION_COOKIE, { path: "/" }).redirect("/login", 303);
    });

    const asset = (url: string, type: string, content: string): void => {
      app.get(url, { ...hidden, config: { access: "public" } }, async (_request, reply) =>
        reply.type(type).header("cache-control", "public, max-age=300").send(content),
      );
    };
    asset("/assets/page.css", "text/css; charset=utf-8", PAGE_CSS);
    asset("/assets/live.js", "text/javascript; charset=utf-8", LIVE_JS);
    done();
  });

  /** The newest events, so that the script goes on where the page ends. */
  async function firstEvents(id: string): Promise<readonly RunEvent[]> {
    let shown: readonly RunEvent[] = [];
    for (;;) {
      const more = await runs.events(id, shown.at(-1)?.seq ?? 0, SHOWN_EVENTS);
      shown = [...shown, ...more].slice(-SHOWN_EVENTS);
      if (more.length < SHOWN_EVENTS) return shown;
    }
  }
}

/** Errors on a page are read by people; who asks for JSON gets the same document as from the API. */
async function showProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (!(request.headers.accept ?? "").includes("text/html")) {
    await sendProblem(thrown, request, reply);
    return;
  }
  const error = toAppError(thrown);
  const document = toProblem(error, request.id);
  if (document.status >= 500) request.log.error({ err: error, code: error.code }, "page failed");
  const content = html`<h1>${document.title}</h1>
    ${problem({
      code: document.code,
      message: document.detail,
      ...(document.action === undefined ? {} : { action: document.action }),
      ...(document.errors === undefined ? {} : { problems: document.errors }),
    })}
    <p><a href="/">Back to the overview</a></p>`;
  await show(reply.code(document.status), document.title, content, request.principal ?? undefined);
}
