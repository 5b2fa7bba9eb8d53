import { AppError, type ErrorCode } from "../../stacks/errors";
import { NAMES } from "../../stacks/naming";
import type { VaultSettings } from "./clients";

/** What a function of the vault answers instead of a result. */
export interface FunctionFailure {
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
}

/** Names that AWS gives to refusals for lack of permission. */
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|Forbidden)$/;
const MISSING =
  /^(ResourceNotFoundException|NoSuchBucket|NotFound|FunctionNotFound|RepositoryNotFound)$/;
const CREDENTIALS =
  /^(CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException)$/;

interface AwsFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const stampFirst = ({ accountId }: VaultSettings): string =>
  `Stamp the vault: \`strongroom up vault-${accountId}\`.`;

/** A call to AWS that failed, as an error of ours. `doing` says what the call was for. */
export function awsFailure(thrown: unknown, doing: string, settings: VaultSettings): AppError {
  if (thrown instanceof AppError) return thrown;
  const failure = thrown as AwsFailure;
  const name = failure.name ?? "unknown";
  const make = (code: ErrorCode, text: string, action: string): AppError =>
    new AppError(code, `${doing}: ${text} (${name})`, { action, cause: thrown });
  const { accountId } = settings;
  const role = `${NAMES.operatorRole} in ${accountId}`;
  if (isAssumeRole(thrown)) {
    return make(
      "ACCESS_ROLE",
      `the role ${role} cannot be assumed`,
      `${stampFirst(settings)} Its trust names the role and the external id of the fleet file's \`service\`.`,
    );
  }
  if (MISSING.test(name)) return make("VAULT_MISSING", "it is not there", stampFirst(settings));
  if (DENIED.test(name)) {
    return make(
      "ACCESS_DENIED",
      `AWS refused it to ${role}`,
      "Stamp the vault again, so that the role is as the fleet file says.",
    );
  }
  if (CREDENTIALS.test(name)) {
    return make(
      "ACCESS_ROLE",
      "the service has no valid credentials",
      "Give the service the credentials of the role in the fleet file's `service.role`.",
    );
  }
  return make(
    "VAULT_UNREACHABLE",
    "AWS did not answer as it should",
    "Try again in a moment; if it stays, look at the health of the vault's Region.",
  );
}

/** Only the call to STS fails before the call itself is sent. */
function isAssumeRole(thrown: unknown): boolean {
  const { message = "", name = "" } = thrown as AwsFailure;
  return name === "CredentialsProviderError"
    ? false
    : /AssumeRole/.test(message) && DENIED.test(name);
}

/** Codes of the functions that stand for an error of their own; everything else is told by `retry`. */
const KNOWN: Readonly<Record<string, ErrorCode>> = {
  RESTORE_PLAN_CHANGED: "RESTORE_PLAN_CHANGED",
};

const ACTIONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  RESTORE_PLAN_CHANGED: "Plan the restore again, look at what is different, and write that plan.",
  VAULT_BUSY: "Try again in a moment.",
  VAULT_FAILED:
    "The code says what it was; the function's log in the vault account has the whole story.",
};

/** A function's failure as an error of ours, with the function's own code in the message. */
export function functionFailure(name: string, { code, message, retry }: FunctionFailure): AppError {
  const known = KNOWN[code] ?? (retry ? "VAULT_BUSY" : "VAULT_FAILED");
  const action = ACTIONS[known];
  return new AppError(
    known,
    `${name}: ${message} (${code})`,
    action === undefined ? {} : { action },
  );
}

/** Codes of the functions after which the same call may succeed a moment later. */
const PASSING = new Set(["AWS_BUSY", "INTERNAL", "QUEUE_REFUSED", "SECRET_UNSTEADY"]);

const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/**
 * Reads the payload that Lambda answers when a function threw: the error's name, which is the code of our functions'
 * errors, and its message. What else there is (a time-out, too little memory, a crash) is Lambda's own.
 */
export function readFailure(payload: unknown): FunctionFailure {
  const { errorType, errorMessage } = (payload ?? {}) as {
    errorType?: unknown;
    errorMessage?: unknown;
  };
  const code = typeof errorType === "string" ? errorType : "";
  const message = typeof errorMessage === "string" ? errorMessage : "it failed without saying why";
  if (CODE.test(code)) return { code, message, retry: PASSING.has(code) };
  if (/Task timed out/.test(message) || code === "Sandbox.Timedout") {
    return { code: "FUNCTION_TIMEOUT", message: "it did not finish in its time", retry: true };
  }
  // Not our text, so it may hold anything: only the kind is told.
  return { code: code === "" ? "FUNCTION_CRASHED" : code, message: "it crashed", retry: false };
}
