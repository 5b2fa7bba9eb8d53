/** Whose fault a failure is; decides the HTTP status family and whether a message may be shown. */
export type ErrorSource = "caller" | "aws" | "engine" | "service" | "us";

interface ErrorKind {
  readonly source: ErrorSource;
  /** HTTP status of the RFC 9457 answer. */
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
}

const kind = (
  source: ErrorSource,
  status: number,
  retryable: boolean,
  title: string,
): ErrorKind => ({
  source,
  status,
  retryable,
  title,
});

/** Every error that Strongroom reports, by code. Callers branch on the code, never on text. */
export const ERRORS = {
  SPEC_INVALID: kind("caller", 422, false, "The request or the fleet file has mistakes"),
  SPEC_ACCOUNT_ID: kind("caller", 422, false, "Not an account id"),
  SPEC_STAMP_NAME: kind("caller", 422, false, "Not the name of a stamp"),
  SPEC_MALFORMED: kind("caller", 400, false, "The request cannot be read"),
  SPEC_IDEMPOTENCY_KEY_MISSING: kind("caller", 400, false, "Idempotency-Key is missing"),
  SPEC_IDEMPOTENCY_KEY_REUSED: kind(
    "caller",
    422,
    false,
    "Idempotency-Key was used for another request",
  ),
  SPEC_CONFIRMATION: kind("caller", 422, false, "The confirmation does not name the stamps"),
  SPEC_APPROVAL: kind("caller", 422, false, "The approval does not say what it must"),
  SPEC_REASON_MISSING: kind("caller", 422, false, "The reason is missing"),
  SPEC_PLAN_RUN: kind("caller", 422, false, "The named run is not the plan of this restore"),
  SPEC_WEBHOOK_URL: kind("caller", 422, false, "Webhooks are not sent to this address"),
  SPEC_TOO_LARGE: kind("caller", 413, false, "The request is too large"),
  SPEC_MEDIA_TYPE: kind("caller", 415, false, "The media type is not supported"),
  SPEC_TIMEOUT: kind("caller", 408, true, "The request came too slowly"),
  SPEC_SETTINGS: kind("caller", 422, false, "The settings have mistakes"),
  SPEC_RATE_LIMIT: kind("caller", 429, true, "Too many requests"),
  SPEC_NOT_FOUND: kind("caller", 404, false, "No such address"),
  AUTH_MISSING: kind("caller", 401, false, "Authentication is needed"),
  AUTH_FORBIDDEN: kind("caller", 403, false, "The role does not allow this"),
  AUTH_ORIGIN: kind("caller", 403, false, "The request comes from another site"),
  AUTH_SECOND_PERSON: kind("caller", 403, false, "Somebody else has to decide this"),
  AUTH_LAST_ADMIN: kind("caller", 409, false, "Nobody could make tokens any more"),
  TOKEN_NOT_FOUND: kind("caller", 404, false, "No such token"),
  STACK_NOT_FOUND: kind("caller", 404, false, "No such stamp"),
  STACK_BUSY: kind("caller", 409, true, "Another run holds this stamp"),
  STACK_LOCKED: kind("caller", 409, true, "The stack's state is locked by somebody else"),
  PLAN_UNKNOWN_ACCOUNT: kind("caller", 422, false, "No such account in the organization"),
  PLAN_EMPTY: kind("caller", 422, false, "The selection holds no account"),
  PLAN_CHANGED: kind("caller", 409, false, "The plan is another one than was approved"),
  POLICY_VIOLATION: kind("caller", 422, false, "A policy stopped the run"),
  ORG_UNREACHABLE: kind("aws", 502, true, "AWS Organizations cannot be reached"),
  ORG_INCOMPLETE: kind("aws", 503, true, "The list of accounts is incomplete"),
  ORG_SHRUNK: kind("aws", 503, false, "The organization has lost more accounts than expected"),
  ORG_MISMATCH: kind("aws", 502, false, "The credentials belong to another organization"),
  ACCESS_DENIED: kind("aws", 502, false, "AWS refused the call"),
  ACCESS_ROLE: kind("aws", 502, false, "The account's role cannot be assumed"),
  ACCESS_WRONG_ACCOUNT: kind("aws", 502, false, "The credentials belong to another account"),
  ENGINE_MISSING: kind("engine", 502, false, "A part of the engine is missing"),
  ENGINE_FAILED: kind("engine", 502, true, "The engine failed"),
  ENGINE_UPDATE_FAILED: kind("engine", 502, false, "AWS refused part of the update"),
  ENGINE_TIMEOUT: kind("engine", 502, true, "The engine took too long"),
  ENGINE_DISK_FULL: kind("service", 503, true, "The disk is full"),
  ENGINE_PENDING: kind("engine", 409, false, "An interrupted update left work undone"),
  STATE_DAMAGED: kind("engine", 409, false, "The stack's state cannot be used"),
  STATE_UNREACHABLE: kind("engine", 502, true, "The stacks' states cannot be reached"),
  RUN_NOT_FOUND: kind("caller", 404, false, "No such run"),
  WEBHOOK_NOT_FOUND: kind("caller", 404, false, "No such webhook"),
  ONBOARDING_NOT_FOUND: kind("caller", 404, false, "No such onboarding"),
  RUN_CANCELLED: kind("service", 409, false, "The run was cancelled"),
  RUN_INTERRUPTED: kind("service", 409, true, "The service stopped during the run"),
  RUN_OWNER_UNKNOWN: kind("service", 409, true, "Nobody can say whether the lock's owner lives"),
  RUN_DEPENDENCY: kind("service", 409, false, "A stamp that this one needs did not succeed"),
  RUN_STOPPED: kind("service", 409, false, "A gate stopped the run"),
  RUN_NOT_WAITING: kind("caller", 409, false, "The run does not wait for this"),
  RUN_STORE: kind("service", 503, true, "The database cannot be reached"),
  RUN_SHUTTING_DOWN: kind("service", 503, true, "The service is stopping"),
  RUN_OVERLOADED: kind("service", 503, true, "The service has too much to do"),
  RUN_STATE_HELD: kind("service", 409, false, "Another service uses this state folder"),
  RUN_PORT_IN_USE: kind("service", 409, false, "The port is in use"),
  VAULT_MISSING: kind("aws", 502, false, "The vault's functions or bucket are not there"),
  VAULT_UNREACHABLE: kind("aws", 502, true, "The vault cannot be reached"),
  VAULT_FAILED: kind("aws", 502, false, "A function of the vault failed"),
  VAULT_BUSY: kind("aws", 503, true, "A function of the vault could not finish"),
  VAULT_ANSWER: kind("us", 502, false, "The vault answered in another shape"),
  VAULT_ACCOUNT: kind("aws", 502, false, "The vault could not look at the account"),
  ROTATION_NONE: kind("service", 404, false, "No enrolled secret has that name"),
  ROTATION_INCOMPLETE: kind("service", 409, true, "Some secrets were not rotated"),
  COVERAGE_INCOMPLETE: kind("service", 409, true, "Some secrets are not kept yet"),
  RESTORE_PLAN_CHANGED: kind("caller", 409, false, "The plan of the restore is not true any more"),
  RESTORE_INCOMPLETE: kind("service", 409, false, "Some secrets were not restored"),
  DRILL_FAILED: kind("service", 409, false, "The drill found that something does not work"),
  DRILL_NOT_FOUND: kind("caller", 404, false, "No such drill"),
  EMULATOR_MISSING: kind("engine", 502, false, "A part of the emulator is missing"),
  EMULATOR_PORT_IN_USE: kind("service", 409, false, "The emulator's port is in use"),
  EMULATOR_STATE: kind("service", 409, false, "The emulator's state cannot be used"),
  EMULATOR_FAILED: kind("engine", 502, true, "The emulator failed"),
  BUG_UNEXPECTED: kind("us", 500, false, "Something went wrong in Strongroom"),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** One mistake among several: where it is and what to do. `pointer` is a JSON pointer (RFC 6901). */
export interface Problem {
  readonly message: string;
  readonly pointer?: string;
  /** 1-based place in the file, where there is one. */
  readonly line?: number;
  readonly column?: number;
}

/** What an error looks like in events, results and HTTP answers. Never holds a secret's value. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  /** What to change or to run, as one sentence. */
  readonly action?: string;
  readonly problems?: readonly Problem[];
}

export interface AppErrorOptions {
  readonly action?: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/** The one error class: a code from {@link ERRORS}, a message with the wrong value and place, and an action. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly action: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.action = options.action;
    this.problems = options.problems ?? [];
  }

  get source(): ErrorSource {
    return ERRORS[this.code].source;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  toRecord(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.action === undefined ? {} : { action: this.action }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
    };
  }

  /**
   * Turns whatever was thrown into an AppError: a write that found no space becomes `ENGINE_DISK_FULL`, everything else
   * that is not one already `BUG_UNEXPECTED`, with its cause.
   */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    if (thrown instanceof Error && (thrown as { code?: unknown }).code === "ENOSPC") {
      return new AppError("ENGINE_DISK_FULL", "The disk of the state folder is full.", {
        action: "Make space and ask again: what was not answered with success was not begun.",
        cause: thrown,
      });
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new AppError("BUG_UNEXPECTED", message, { cause: thrown });
  }
}
