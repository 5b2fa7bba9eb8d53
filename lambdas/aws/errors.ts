import { FunctionError } from "../ports";

/** AWS's names of errors that pass by themselves, beside what the SDK marks so itself. */
const PASSING = new Set([
  "InternalError",
  "InternalFailure",
  "InternalServiceError",
  "InternalServiceErrorException",
  "KMSInternalException",
  "KMSInternal",
  "DependencyTimeoutException",
  "KeyUnavailableException",
  "LimitExceededException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "SlowDown",
  "OperationAborted",
  "ConditionalRequestConflict",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "TimeoutError",
  "NetworkingError",
]);

/** Node's codes of a connection that failed. */
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
]);

/** Our code for AWS's names of errors that need somebody to change something. */
const CODES: Readonly<Record<string, string>> = {
  AccessDenied: "ACCESS_DENIED",
  AccessDeniedException: "ACCESS_DENIED",
  NotAuthorized: "ACCESS_DENIED",
  DisabledException: "KEY_DISABLED",
  "KMS.DisabledException": "KEY_DISABLED",
  KMSInvalidStateException: "KEY_NOT_USABLE",
  "KMS.KMSInvalidStateException": "KEY_NOT_USABLE",
  InvalidKeyUsageException: "KEY_NOT_USABLE",
  KMSNotFoundException: "KEY_NOT_FOUND",
  "KMS.NotFoundException": "KEY_NOT_FOUND",
  NotFoundException: "KEY_NOT_FOUND",
  DecryptionFailure: "SECRET_KEY_NOT_USABLE",
  EncryptionFailure: "SECRET_KEY_NOT_USABLE",
  NoSuchBucket: "BUCKET_NOT_FOUND",
  QueueDoesNotExist: "QUEUE_NOT_FOUND",
  ExpiredToken: "CREDENTIALS_EXPIRED",
  ExpiredTokenException: "CREDENTIALS_EXPIRED",
};

/** What to do, by our code. */
const ADVICE: Readonly<Record<string, string>> = {
  ACCESS_DENIED: "Stamp the account again, and look for service control policies",
  KEY_DISABLED: "Enable the key",
  KEY_NOT_USABLE: "Cancel the key's deletion and enable it",
  KEY_NOT_FOUND: "Stamp the vault account again",
  SECRET_KEY_NOT_USABLE:
    "Enable the key that the secret is encrypted with, or give the secret another",
  BUCKET_NOT_FOUND: "Stamp the vault account again",
  QUEUE_NOT_FOUND: "Stamp the vault account again",
  AWS_BUSY: "It is tried again",
  AWS_UNREACHABLE: "It is tried again",
};

interface AwsError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** AWS's name of an error; undefined where it is not from AWS. */
export function awsErrorName(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { name } = error as AwsError;
  return typeof name === "string" ? name : undefined;
}

/**
 * An error of the AWS SDK as callers decide by it. The message names the call, what it was about and AWS's name of the
 * error; AWS's own text is left out, because a text that is not ours may hold anything.
 *
 * @param call for example `secretsmanager:GetSecretValue`.
 * @param about what was called on, for example the secret's ARN.
 */
export function fromAws(call: string, about: string, error: unknown): FunctionError {
  if (error instanceof FunctionError) return error;
  const { code, retry } = classify(error);
  const name = awsErrorName(error) ?? "unknown";
  const advice = ADVICE[code];
  const id = (error as AwsError | undefined)?.$metadata?.requestId;
  const message =
    `${call} on ${about} was answered with ${name}` +
    (id === undefined ? "" : ` (request ${id})`) +
    (advice === undefined ? "." : `. ${advice}.`);
  return new FunctionError(code, message, retry, { cause: error });
}

function classify(error: unknown): { code: string; retry: boolean } {
  const name = awsErrorName(error) ?? "";
  const { code, $retryable, $metadata } = (error ?? {}) as AwsError;
  const known = CODES[name];
  if (known !== undefined) return { code: known, retry: known === "CREDENTIALS_EXPIRED" };
  const status = $metadata?.httpStatusCode ?? 0;
  if (PASSING.has(name) || $retryable !== undefined || status >= 500 || status === 429) {
    return { code: "AWS_BUSY", retry: true };
  }
  if (typeof code === "string" && NETWORK.has(code))
    return { code: "AWS_UNREACHABLE", retry: true };
  if (status === 0) return { code: "AWS_UNREACHABLE", retry: true };
  return { code: "AWS_REFUSED", retry: false };
}
