import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";

import type { FastifyServerOptions } from "fastify";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SENSITIVE = [
  "authorization",
  "cookie",
  "set-cookie",
  "secret",
  "secretString",
  "password",
  "token",
];

/** Each name at the top and up to three levels down: pino's redaction has no "anywhere". */
const redacted = SENSITIVE.flatMap((name) =>
  ["", "*.", "*.*.", "*.*.*."].map((prefix) =>
    name.includes("-") ? `${prefix.slice(0, -1)}["${name}"]` : `${prefix}${name}`,
  ),
);

/**
 * Logger of the service: one JSON line per record (JSON escapes line breaks, so a name cannot forge a record), request
 * ids, nothing that is a secret. Of a request only method, path, caller's address and id are written: no query, no
 * headers.
 */
export function loggerOptions(
  level: LogLevel,
  stream?: Writable,
): NonNullable<FastifyServerOptions["logger"]> {
  return {
    level,
    ...(stream === undefined ? {} : { stream }),
    redact: { paths: redacted, censor: "[redacted]" },
    serializers: {
      req: (request: { method: string; url: string; ip?: string; id?: string }) => ({
        method: request.method,
        path: request.url.split("?", 1)[0],
        ip: request.ip,
      }),
    },
  };
}

/** A caller's own request id is taken if it is harmless, so that a pipeline can follow its call into our log. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}
