import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { AppError } from "../../stacks/errors";
import { allows, type Authenticator, type Principal, type Role } from "../auth/roles";
import type { Sessions } from "../auth/sessions";

export const SESSION_COOKIE = "strongroom_session";

/** Who may call a route: everybody, or callers with at least this role. Each route has to say. */
export type Access = "public" | Role;

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
    /** A page of the dashboard: callers who are not signed in are sent to the sign-in form. */
    page?: boolean;
  }
  interface FastifyRequest {
    principal: Principal | null;
    /** Id of the browser session that the request belongs to. */
    sessionId: string | null;
  }
}

export interface IdentityOptions {
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
  /** Routes below these paths come from plugins that cannot say who may call them; everybody may. */
  readonly publicBelow: readonly string[];
}

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Finds out who is asking, before the rate limit counts by caller; refuses after it and before a body is read. A route
 * without a stated access does not register, so none is open by mistake.
 */
export const identity = fastifyPlugin<IdentityOptions>(
  (app, { authenticator, sessions, publicBelow }, done) => {
    app.decorateRequest("principal", null);
    app.decorateRequest("sessionId", null);

    app.addHook("onRoute", (route) => {
      if (
        publicBelow.some((prefix) => route.url === prefix || route.url.startsWith(`${prefix}/`))
      ) {
        route.config = { ...route.config, access: "public" };
      }
      if (route.config?.access === undefined) {
        throw new AppError("BUG_UNEXPECTED", `${route.url} does not say who may call it`);
      }
    });

    app.addHook("onRequest", async (request) => {
      const header = request.headers.authorization;
      if (header !== undefined) {
        const token = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(header)?.[1];
        if (token !== undefined)
          request.principal = (await authenticator.authenticate(token)) ?? null;
        return;
      }
      const cookie = request.cookies[SESSION_COOKIE];
      const unsigned = cookie === undefined ? undefined : request.unsignCookie(cookie);
      if (unsigned?.valid !== true) return;
      request.principal = (await sessions.find(unsigned.value)) ?? null;
      if (request.principal !== null) request.sessionId = unsigned.value;
    });

    app.addHook("preParsing", async (request, reply) => authorize(request, reply));
    done();
  },
  { name: "identity" },
);

async function authorize(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { access, page } = request.routeOptions.config;
  // A browser sends its cookie along with a form on a stranger's page; the Origin header says whose page it is.
  if (request.sessionId !== null) requireSameOrigin(request);
  if (access === undefined || access === "public") return;
  if (request.principal === null) {
    if (page === true) return reply.redirect("/login", 303);
    throw new AppError("AUTH_MISSING", "This needs a valid bearer token.", {
      action: "Send Authorization: Bearer with a token from the service's state folder.",
    });
  }
  requireRole(request.principal, access);
}

/** Throws `AUTH_FORBIDDEN` unless the caller's role includes the one needed. */
export function requireRole(principal: Principal, needed: Role): void {
  if (allows(principal.role, needed)) return;
  throw new AppError(
    "AUTH_FORBIDDEN",
    `This needs the role ${needed}; yours is ${principal.role}.`,
    {
      action: `Use the token of a caller with the role ${needed}.`,
    },
  );
}

/** Throws `AUTH_ORIGIN` for a request that changes something and does not come from one of our own pages. */
export function requireSameOrigin(request: FastifyRequest): void {
  if (SAFE_METHODS.includes(request.method)) return;
  if (request.headers.origin === `${request.protocol}://${request.host}`) return;
  throw new AppError("AUTH_ORIGIN", "The request does not come from a page of this service.", {
    action: "Use the service's own page, or a bearer token.",
  });
}

/** The caller of a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal !== null) return request.principal;
  throw new AppError("BUG_UNEXPECTED", "A route without a caller asked who is calling");
}
