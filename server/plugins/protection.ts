import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { AppError } from "../../stacks/errors";
import type { RequestCounts } from "../access-ports";
import { limitStore, SharedLimit } from "./shared-limit";

export interface ProtectionOptions {
  /** Requests per minute of one caller who is known. */
  readonly requestsPerMinute: number;
  /** Requests per minute of one address without a valid token: keeps guessing slow. */
  readonly anonymousPerMinute: number;
  /** Delay of the event loop from which requests are refused, milliseconds; 0 never refuses. */
  readonly maxEventLoopDelayMs: number;
  /** Where several services count together; without it this one counts by itself. */
  readonly counts?: RequestCounts;
}

/** Limits are for so long, milliseconds. */
const WINDOW_MS = 60_000;

/** Nothing from anywhere else, nothing inline: a name that slips through unescaped still cannot run. */
export const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** Headers, load shedding and rate limits. Register after the identity: limits are counted by caller. */
export async function protect(app: FastifyInstance, options: ProtectionOptions): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // The service itself speaks plain HTTP on the loopback address; TLS and its headers belong to what is in front.
    hsts: false,
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
  });
  await app.register(underPressure, {
    maxEventLoopDelay: options.maxEventLoopDelayMs,
    retryAfter: 10,
    pressureHandler: (request) => {
      // A busy service lives: a probe that says otherwise would have it killed with its runs.
      if (request.routeOptions.url === "/livez") return;
      throw new AppError("RUN_OVERLOADED", "The service is too busy to answer.", {
        action: "Wait for the seconds in Retry-After.",
      });
    },
  });
  const shared =
    options.counts === undefined ? undefined : new SharedLimit(options.counts, WINDOW_MS);
  if (shared !== undefined) app.addHook("onClose", () => shared.close());
  await app.register(rateLimit, {
    timeWindow: WINDOW_MS,
    ...(shared === undefined ? {} : { store: limitStore(shared) }),
    max: (request: FastifyRequest) =>
      request.principal === null ? options.anonymousPerMinute : options.requestsPerMinute,
    keyGenerator: (request: FastifyRequest) =>
      request.principal === null ? `address:${request.ip}` : `subject:${request.principal.subject}`,
  });
}
