import { Type } from "typebox";

import type { TokenInfo } from "../access-ports";
import { ROLES } from "../auth/roles";
import { principalOf } from "../plugins/identity";
import { type App, audit, type RouteContext } from "./context";
import { choice, closed, problems, text, time } from "./schema-parts";

const unit = Type.String({ minLength: 1, maxLength: 512, description: "A path: workloads/prod" });

const tokenFields = {
  id: text("Names the token; says nothing about it"),
  subject: text("Who its bearer is, in runs and in the audit log"),
  role: choice(ROLES),
  organizationalUnits: Type.Optional(
    Type.Array(unit, { description: "It may act on accounts below these units only" }),
  ),
  createdAt: time("When it was made"),
  createdBy: text("By whom"),
  expiresAt: Type.Optional(time("From when on it is not believed any more")),
  revokedAt: Type.Optional(time("When it was revoked")),
};
const Token = Type.Unsafe<TokenInfo>(Type.Object(tokenFields, closed));

const NewToken = Type.Unsafe<TokenInfo & { readonly token: string }>(
  Type.Object(
    { ...tokenFields, token: text("The token itself: it is shown this once and not kept") },
    closed,
  ),
);

const TokenBody = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9][\\w.@-]{0,63}$",
      description:
        "Who gets it. The subject is token:<name>; a person with two tokens has one name",
    }),
    role: choice(ROLES),
    organizationalUnits: Type.Optional(Type.Array(unit, { minItems: 1, maxItems: 100 })),
    expiresInDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: "None: until it is revoked" }),
    ),
  },
  closed,
);

/** The routes about the tokens that all services on the database believe. */
export function tokenRoutes(app: App, { tokens }: RouteContext): void {
  app.get(
    "/v1/tokens",
    {
      config: { access: "admin" },
      schema: {
        operationId: "listTokens",
        summary: "List the tokens, newest first",
        description: "Also those that were revoked or are over. Never the tokens themselves.",
        tags: ["tokens"],
        response: { 200: Type.Object({ items: Type.Array(Token) }, closed), ...problems() },
      },
    },
    async (_request, reply) => reply.send({ items: [...(await tokens.list())] }),
  );

  app.post(
    "/v1/tokens",
    {
      config: { access: "admin" },
      schema: {
        operationId: "createToken",
        summary: "Make a token",
        description: "The answer holds the token; it is kept nowhere and cannot be shown again.",
        tags: ["tokens"],
        body: TokenBody,
        response: { 201: NewToken, ...problems(413, 415, 422) },
      },
    },
    async (request, reply) => {
      const made = await tokens.create(request.body, principalOf(request).subject);
      const { id, subject, role } = made;
      audit(request, "token.create", { id, subject, tokenRole: role });
      return reply.code(201).header("cache-control", "no-store").send(made);
    },
  );

  app.post(
    "/v1/tokens/:id/revoke",
    {
      config: { access: "admin" },
      schema: {
        operationId: "revokeToken",
        summary: "Revoke a token",
        description:
          "No service believes it any more, and sign-ins with it end. Doing it again changes nothing.",
        tags: ["tokens"],
        params: Type.Object({
          id: Type.String({ pattern: "^tok-[0-9a-f]{16}$", description: "The token's id" }),
        }),
        response: { 200: Token, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const revoked = await tokens.revoke(request.params.id, principalOf(request).subject);
      const { id, subject } = revoked;
      audit(request, "token.revoke", { id, subject });
      return reply.send(revoked);
    },
  );
}
