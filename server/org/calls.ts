import { backOff } from "exponential-backoff";

import { AppError } from "../../stacks/errors";
import type { RateLimit } from "../ports";

export interface RetryOptions {
  /** Tries of one call before it is given up. */
  readonly attempts: number;
  /** Tries while nothing answers at all: an endpoint that is down is reported soon. */
  readonly connectionAttempts: number;
  /** First wait, milliseconds; doubles, each wait anywhere between nothing and that (full jitter). */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export const DEFAULT_RETRY: RetryOptions = {
  attempts: 12,
  connectionAttempts: 4,
  firstDelayMs: 150,
  longestDelayMs: 10_000,
};

const THROTTLING = new Set([
  "TooManyRequestsException",
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ConcurrentModificationException",
]);
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "TimeoutError",
]);
const DENIED = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "UnauthorizedException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "ExpiredTokenException",
]);

interface AwsError {
  readonly name: string;
  readonly code: string;
  readonly status: number;
}

function describe(thrown: unknown): AwsError {
  const error = thrown as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return {
    name: error.name ?? "",
    code: error.code ?? "",
    status: error.$metadata?.httpStatusCode ?? 0,
  };
}

type Failure = "throttled" | "unreachable" | "denied" | "other";

function failureOf(thrown: unknown): Failure {
  const { name, code, status } = describe(thrown);
  if (THROTTLING.has(name) || status === 429) return "throttled";
  if (DENIED.has(name)) return "denied";
  if (UNREACHABLE.has(code) || UNREACHABLE.has(name)) return "unreachable";
  return status >= 500 ? "throttled" : "other";
}

/**
 * Makes one call to AWS Organizations: spaced out by the rate, repeated with full jitter while AWS throttles or does
 * not answer. Throws AppError; `operation` is the name that IAM knows the call by.
 */
export async function callOrganizations<T>(
  operation: string,
  call: () => Promise<T>,
  rate: RateLimit,
  retry: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await backOff(
      async () => {
        signal?.throwIfAborted();
        await rate.take(signal);
        return await call();
      },
      {
        jitter: "full",
        numOfAttempts: retry.attempts,
        startingDelay: retry.firstDelayMs,
        maxDelay: retry.longestDelayMs,
        retry: (error: unknown, attempt: number) => {
          if (signal?.aborted === true) return false;
          const failure = failureOf(error);
          return (
            failure === "throttled" ||
            (failure === "unreachable" && attempt < retry.connectionAttempts)
          );
        },
      },
    );
  } catch (error) {
    if (error instanceof AppError) throw error;
    signal?.throwIfAborted();
    throw toAppError(operation, error, retry);
  }
}

function toAppError(operation: string, error: unknown, retry: RetryOptions): AppError {
  const { name, code } = describe(error);
  const call = `organizations:${operation}`;
  if (name === "CredentialsProviderError") {
    return new AppError(
      "ORG_UNREACHABLE",
      "There are no AWS credentials to ask for the accounts.",
      {
        action:
          "Give the service AWS credentials (environment, profile or role) of the delegated administrator.",
        cause: error,
      },
    );
  }
  if (name === "AWSOrganizationsNotInUseException") {
    return new AppError("ORG_MISMATCH", "The account of the credentials is in no organization.", {
      action:
        "Use credentials of the organization's delegated administrator or management account.",
      cause: error,
    });
  }
  switch (failureOf(error)) {
    case "throttled":
      return new AppError(
        "ORG_UNREACHABLE",
        `AWS kept refusing ${call} (${name}) after ${retry.attempts} tries.`,
        { action: "Try again later, or lower STRONGROOM_DISCOVERY_RATE.", cause: error },
      );
    case "unreachable":
      return new AppError(
        "ORG_UNREACHABLE",
        `AWS Organizations does not answer (${code || name}).`,
        { action: "Check the network and AWS_ENDPOINT_URL.", cause: error },
      );
    case "denied":
      return new AppError("ACCESS_DENIED", `AWS refused ${call} (${name}).`, {
        action: `Let the service's role use ${call}, as delegated administrator of the organization.`,
        cause: error,
      });
    case "other":
      return new AppError("ORG_UNREACHABLE", `${call} failed (${name || "unknown error"}).`, {
        action: "See the service's log for the cause.",
        cause: error,
      });
  }
}
