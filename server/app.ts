import cookie from "@fastify/cookie";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify from "fastify";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";

import { AppError, type ErrorCode } from "../stacks/errors";
import type { Authenticator } from "./auth/roles";
import type { RequestCounts, TokenService } from "./access-ports";
import type { Sessions } from "./auth/sessions";
import type { Scope } from "./fleet/scope";
import { identity } from "./plugins/identity";
import { loggerOptions, type LogLevel, requestId } from "./plugins/logging";
import { measureRequests, type Metrics } from "./plugins/metrics";
import { pageRoutes } from "./page/routes";
import { describeApi, DOCS_PATH, serveApiDocument } from "./plugins/openapi";
import { notFound, PROBLEM_MEDIA_TYPE, sendProblem, toProblem } from "./plugins/problems";
import { protect } from "./plugins/protection";
import { OpenStreams } from "./plugins/streams";
import { parseStrictJson } from "./plugins/strict-json";
import { validatorCompiler } from "./plugins/validation";
import type { App, ReadinessCheck, RouteContext } from "./routes/context";
import { auditRoutes } from "./routes/audit";
import { eventRoutes } from "./routes/events";
import { fleetRoutes } from "./routes/fleet";
import { healthRoutes } from "./routes/health";
import { hostRoutes } from "./routes/hosts";
import { rolloutRoutes } from "./routes/rollouts";
import { reportRoutes } from "./routes/reports";
import { runRoutes } from "./routes/runs";
import { tokenRoutes } from "./routes/tokens";
import { SHARED_SCHEMAS } from "./routes/schemas";
import { ROTATION_SCHEMAS } from "./routes/rotation-schemas";
import { rotationRoutes } from "./routes/rotations";
import { VAULT_SCHEMAS } from "./routes/vault-schemas";
import { vaultRoutes } from "./routes/vault";
import { ONBOARDING_SCHEMAS } from "./routes/onboarding-schemas";
import { onboardingRoutes } from "./routes/onboardings";
import { WEBHOOK_SCHEMAS } from "./routes/webhook-schemas";
import { webhookRoutes } from "./routes/webhooks";
import type {
  AuditService,
  FleetService,
  HostService,
  ReportService,
  RunService,
} from "./runs-ports";
import type { VaultService } from "./vault-ports";
import type { OnboardingService } from "./onboarding-ports";
import type { WebhookService } from "./webhook-ports";

export type { App, ReadinessCheck };

export interface AppOptions {
  readonly runs: RunService;
  readonly fleet: FleetService;
  readonly reports: ReportService;
  readonly vault: VaultService;
  readonly auditLog: AuditService;
  readonly hosts: HostService;
  readonly webhooks: WebhookService;
  readonly onboardings: OnboardingService;
  readonly scope: Scope;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  /** What `/readyz` asks; must answer quickly and not throw. */
  readonly readiness: () => Promise<readonly ReadinessCheck[]>;
  /** Fills gauges when `/metrics` is read. */
  readonly collect?: () => Promise<void>;
  /** Version that the OpenAPI document names. */
  readonly version: string;
  readonly logLevel?: LogLevel;
  /** Where log lines go; standard output by default. */
  readonly logStream?: Writable;
  /** Addresses of the proxies whose `X-Forwarded-*` headers are believed; none by default. */
  readonly trustProxy?: readonly string[];
  readonly sessions: Sessions;
  readonly tokens: TokenService;
  /** With what the cookies of sign-ins are signed, the same for all services; keeps made-up ones from the database. */
  readonly cookieSecret: string;
  /** Where requests are counted together with other services; without it this one counts by itself. */
  readonly requestCounts?: RequestCounts;
  /** Requests per minute and caller; 1200. */
  readonly requestsPerMinute?: number;
  /** Requests per minute and address without a valid token; 120. */
  readonly anonymousPerMinute?: number;
  /** Delay of the event loop from which requests are refused, milliseconds; 0 (the default) never refuses. */
  readonly maxEventLoopDelayMs?: number;
  /** Time between two comments on a silent event stream, milliseconds; 20 000. */
  readonly heartbeatMs?: number;
}

/** Largest body, bytes. */
export const BODY_LIMIT = 1_048_576;

/**
 * Makes the HTTP application over its ports; it neither listens nor opens anything. What runs is this one list:
 * nothing is found on disk.
 */
export async function buildApp(options: AppOptions): Promise<App> {
  const { sessions } = options;
  const streams = new OpenStreams();
  let closing = false;

  const app: App = Fastify({
    logger: loggerOptions(options.logLevel ?? "info", options.logStream),
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT,
    connectionTimeout: 0,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    trustProxy: options.trustProxy === undefined ? false : [...options.trustProxy],
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(validatorCompiler());
  app.setErrorHandler(sendProblem);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-cache");
  });
  for (const schema of [
    ...SHARED_SCHEMAS,
    ...VAULT_SCHEMAS,
    ...ROTATION_SCHEMAS,
    ...WEBHOOK_SCHEMAS,
    ...ONBOARDING_SCHEMAS,
  ]) {
    app.addSchema(schema);
  }

  // Plugins, in the order in which they see a request.
  await app.register(cookie, { secret: options.cookieSecret });
  await app.register(identity, {
    authenticator: options.authenticator,
    sessions,
    publicBelow: [DOCS_PATH],
  });
  await protect(app, {
    requestsPerMinute: options.requestsPerMinute ?? 1200,
    anonymousPerMinute: options.anonymousPerMinute ?? 120,
    maxEventLoopDelayMs: options.maxEventLoopDelayMs ?? 0,
    ...(options.requestCounts === undefined ? {} : { counts: options.requestCounts }),
  });
  measureRequests(app, options.metrics);
  await describeApi(app, options.version);

  // Routes.
  const context: RouteContext = {
    runs: options.runs,
    fleet: options.fleet,
    reports: options.reports,
    version: options.version,
    vault: options.vault,
    auditLog: options.auditLog,
    hosts: options.hosts,
    tokens: options.tokens,
    webhooks: options.webhooks,
    onboardings: options.onboardings,
    scope: options.scope,
    metrics: options.metrics,
    streams,
    readiness: options.readiness,
    collect: options.collect ?? (() => Promise.resolve()),
    heartbeatMs: options.heartbeatMs ?? 20_000,
  };
  runRoutes(app, context);
  rolloutRoutes(app, context);
  reportRoutes(app, context);
  eventRoutes(app, context);
  fleetRoutes(app, context);
  vaultRoutes(app, context);
  rotationRoutes(app, context);
  auditRoutes(app, context);
  hostRoutes(app, context);
  tokenRoutes(app, context);
  webhookRoutes(app, context);
  onboardingRoutes(app, context);
  healthRoutes(app, context, () => closing);
  await serveApiDocument(app);
  await pageRoutes(app, context, { authenticator: options.authenticator, sessions });

  // Limited like everything else: guessing addresses is not free either.
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) =>
    sendProblem(notFound(), request, reply),
  );
  app.addHook("preClose", (done) => {
    closing = true;
    streams.endAll();
    // Connections that were busy when the server closed become idle later, and nobody would look at them again until
    // their keep-alive time is over.
    if (app.server.listening) {
      const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
      app.server.once("close", () => clearInterval(sweep));
    }
    done();
  });
  return app;
}

/** Answers what is not even HTTP, or comes too slowly or too large, where no request exists yet. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const codes: Readonly<Record<string, ErrorCode>> = {
    ERR_HTTP_REQUEST_TIMEOUT: "SPEC_TIMEOUT",
    HPE_HEADER_OVERFLOW: "SPEC_TOO_LARGE",
  };
  const failure = new AppError(codes[error.code ?? ""] ?? "SPEC_MALFORMED", "Not a valid request.");
  const body = JSON.stringify(toProblem(failure, "none"));
  socket.end(
    `HTTP/1.1 ${failure.status} ${failure.code}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
