import type { IncomingMessage, ServerResponse } from "node:http";

import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";

import type { TokenService } from "../access-ports";
import type { Scope } from "../fleet/scope";
import type { Metrics } from "../plugins/metrics";
import type { OpenStreams } from "../plugins/streams";
import type {
  AuditService,
  FleetService,
  HostService,
  ReportService,
  RunService,
} from "../runs-ports";
import type { VaultService } from "../vault-ports";
import type { OnboardingService } from "../onboarding-ports";
import type { WebhookService } from "../webhook-ports";

/** The Fastify application, with types of requests and answers from their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** One thing that must work before the service takes requests. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** For everybody to read: no address, no path, no text of a foreign error. */
  readonly detail: string;
}

/** What the routes work with. */
export interface RouteContext {
  readonly runs: RunService;
  readonly fleet: FleetService;
  readonly reports: ReportService;
  readonly vault: VaultService;
  readonly auditLog: AuditService;
  readonly hosts: HostService;
  readonly tokens: TokenService;
  readonly webhooks: WebhookService;
  readonly onboardings: OnboardingService;
  readonly scope: Scope;
  readonly metrics: Metrics;
  /** Version of the product. */
  readonly version: string;
  readonly streams: OpenStreams;
  readonly readiness: () => Promise<readonly ReadinessCheck[]>;
  readonly collect: () => Promise<void>;
  /** Time between two comments that keep an event stream open, milliseconds. */
  readonly heartbeatMs: number;
}

/** Writes who did what to which run: one line of the log that an auditor can filter by `audit`. */
export function audit(
  request: FastifyRequest,
  action: string,
  details: Readonly<Record<string, unknown>>,
): void {
  const { subject, role } = request.principal ?? { subject: "nobody", role: null };
  request.log.info({ audit: { action, subject, role, ...details } }, "audit");
}
