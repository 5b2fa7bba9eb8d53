import type { ErrorCode, Problem } from "../../stacks/errors";
import { AppError } from "../../stacks/errors";

/** What the command line ends with; scripts branch on it. Documented in docs/command-line.md and in `--help`. */
export const EXIT = {
  ok: 0,
  /** The run failed or a policy stopped it. */
  failed: 1,
  /** Wrong options, a fleet file with mistakes, something that does not exist. */
  usage: 2,
  /** The service cannot be reached or started. */
  unreachable: 3,
  /** No valid token, or a role that may not do this. */
  forbidden: 4,
  /** `preview` or `drift` with `--exit-code` found changes. */
  changes: 5,
  /** The run waits for an approval. */
  waiting: 6,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FailureOptions {
  readonly code?: ErrorCode | "SERVICE_UNREACHABLE";
  readonly action?: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/** An error as the command line tells it: what, where, remedy, and the exit code that it ends with. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly code: ErrorCode | "SERVICE_UNREACHABLE" | undefined;
  readonly action: string | undefined;
  readonly problems: readonly Problem[];

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options: FailureOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.action = options.action;
    this.problems = options.problems ?? [];
  }

  /** For `--json`. */
  toJSON(): Record<string, unknown> {
    return {
      ...(this.code === undefined ? {} : { code: this.code }),
      message: this.message,
      ...(this.action === undefined ? {} : { action: this.action }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
    };
  }

  static from(thrown: unknown): CliFailure {
    if (thrown instanceof CliFailure) return thrown;
    const { code, message, action, problems } = AppError.from(thrown);
    return new CliFailure(message, exitCodeOf(code), {
      code,
      problems,
      cause: thrown,
      ...(action === undefined ? {} : { action }),
    });
  }
}

const UNREACHABLE: readonly ErrorCode[] = [
  "RUN_STORE",
  "RUN_SHUTTING_DOWN",
  "RUN_OVERLOADED",
  "RUN_STATE_HELD",
  "RUN_PORT_IN_USE",
];

/** The exit code for an error of the service: by its code, never by its text. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  if (code.startsWith("AUTH_")) return EXIT.forbidden;
  if (UNREACHABLE.includes(code)) return EXIT.unreachable;
  if (/^(SPEC_|PLAN_)/.test(code) || code.endsWith("_NOT_FOUND")) return EXIT.usage;
  return EXIT.failed;
}
