import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { AppError, type ErrorCode, ERRORS, type Problem } from "../../stacks/errors";

/** An RFC 9457 answer. `errors[]` holds each mistake with its JSON pointer; callers branch on `code`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Names this one answer; the service's log has the same request id. */
  readonly instance: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly action?: string;
  readonly errors?: readonly Problem[];
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** What Fastify and its plugins call their errors, and what we call them. */
const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "SPEC_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "SPEC_MEDIA_TYPE",
  FST_UNDER_PRESSURE: "RUN_OVERLOADED",
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "SPEC_MALFORMED",
  404: "SPEC_NOT_FOUND",
  408: "SPEC_TIMEOUT",
  413: "SPEC_TOO_LARGE",
  414: "SPEC_TOO_LARGE",
  415: "SPEC_MEDIA_TYPE",
  429: "SPEC_RATE_LIMIT",
  431: "SPEC_TOO_LARGE",
  503: "RUN_OVERLOADED",
};

/** Texts for errors that are not ours: theirs may quote what they choked on, or our insides. */
const DETAIL: Partial<Record<ErrorCode, { detail: string; action?: string }>> = {
  SPEC_MALFORMED: {
    detail: "The request cannot be read.",
    action: "Check the address, the headers and that the body is JSON.",
  },
  SPEC_TOO_LARGE: {
    detail: "The body, the headers or the address are larger than the service accepts.",
    action: "Send at most 1 MB of body, 16 kB of headers, and ids as they were given.",
  },
  SPEC_MEDIA_TYPE: {
    detail: "The body's media type is not supported.",
    action: "Send the body as Content-Type: application/json.",
  },
  SPEC_RATE_LIMIT: {
    detail: "Too many requests in a short time.",
    action: "Wait for the seconds in Retry-After.",
  },
  RUN_OVERLOADED: {
    detail: "The service is too busy to answer.",
    action: "Wait for the seconds in Retry-After.",
  },
  SPEC_TIMEOUT: { detail: "The request did not arrive in time." },
};

/** Most mistakes listed in one answer: a large wrong body must not become a larger answer. */
const MAX_ERRORS = 50;

/** Turns whatever was thrown into one of our errors, with nothing of a foreign message in it. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (typeof thrown !== "object" || thrown === null) return AppError.from(thrown);
  const error = thrown as Partial<FastifyError>;
  if (error.validation !== undefined) return validationError(error);
  const status = error.statusCode ?? 500;
  const code =
    BY_FASTIFY_CODE[error.code ?? ""] ??
    BY_STATUS[status] ??
    (status >= 400 && status < 500 ? "SPEC_MALFORMED" : undefined);
  if (code === undefined) return AppError.from(thrown);
  const { detail, action } = DETAIL[code] ?? { detail: `${ERRORS[code].title}.` };
  return new AppError(code, detail, {
    cause: thrown,
    ...(action === undefined ? {} : { action }),
  });
}

const pointerPart = (text: string): string => text.replaceAll("~", "~0").replaceAll("/", "~1");

function validationError(error: Partial<FastifyError>): AppError {
  const context = error.validationContext ?? "body";
  const prefix = context === "body" ? "" : `/${context}`;
  const problems = (error.validation ?? []).map(({ instancePath, keyword, params, message }) => {
    const { missingProperty, additionalProperty, allowedValues, allowedValue } = params;
    const extra = missingProperty ?? additionalProperty;
    const allowed = allowedValues ?? (allowedValue === undefined ? undefined : [allowedValue]);
    return {
      pointer: `${prefix}${instancePath}${typeof extra === "string" ? `/${pointerPart(extra)}` : ""}`,
      message:
        keyword === "additionalProperties"
          ? "is not known"
          : keyword === "required"
            ? "is missing"
            : Array.isArray(allowed)
              ? `must be one of ${allowed.join(", ")}`
              : (message ?? "is not valid"),
    };
  });
  const listed = problems.slice(0, MAX_ERRORS);
  const only = listed[0];
  return new AppError(
    "SPEC_INVALID",
    listed.length === 1 && only !== undefined
      ? `${only.pointer || "The body"} ${only.message}.`
      : `The ${context} has ${problems.length} mistakes.`,
    { problems: listed, action: "Correct what errors[] lists; /docs describes the request." },
  );
}

/** The answer for an error. Of a fault of ours only the request's id is told. */
export function toProblem(error: AppError, requestId: string): ProblemDocument {
  const { status, title, retryable, source } = ERRORS[error.code];
  const ours = source === "us";
  return {
    type: `urn:strongroom:error:${error.code}`,
    title,
    status,
    detail: ours
      ? `An unexpected error; the service's log has it under the request id ${requestId}.`
      : error.message,
    instance: `urn:strongroom:request:${requestId}`,
    code: error.code,
    retryable,
    ...(ours || error.action === undefined ? {} : { action: error.action }),
    ...(ours || error.problems.length === 0 ? {} : { errors: error.problems }),
  };
}

/** Seconds after which a caller may try again, where the answer has no such header yet. */
const RETRY_SECONDS = 5;

/** Logs and answers an error: the one way in which a failure leaves the service. */
export async function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const error = toAppError(thrown);
  const problem = toProblem(error, request.id);
  if (problem.status >= 500) request.log.error({ err: error, code: error.code }, "request failed");
  else request.log.info({ code: error.code }, "request refused");
  if (problem.status === 401) reply.header("www-authenticate", 'Bearer realm="strongroom"');
  if ([429, 503].includes(problem.status) && !reply.hasHeader("retry-after")) {
    reply.header("retry-after", RETRY_SECONDS);
  }
  await reply
    .code(problem.status)
    .type(PROBLEM_MEDIA_TYPE)
    // Past the route's own schemas: an error looks the same everywhere.
    .serializer((value) => JSON.stringify(value))
    .send(problem);
}

/** The error for an address that nothing is behind. The path is not repeated: it is the caller's text. */
export function notFound(): AppError {
  return new AppError("SPEC_NOT_FOUND", "There is nothing at this address.", {
    action: "See /docs for the addresses there are.",
  });
}
