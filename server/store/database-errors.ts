import { AppError } from "../../stacks/errors";
import { NewerSchema } from "./migrations";

interface Coded {
  readonly code?: unknown;
  readonly message?: unknown;
}

const UNREACHABLE_SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** pg gives no code to these. */
const UNREACHABLE_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|pool after calling end|Client was closed/i;

/** Two transactions got in each other's way; the same work succeeds when it is done again. */
export function isTransient(error: unknown): boolean {
  const { code } = error as Coded;
  return code === "40001" || code === "40P01";
}

/**
 * Turns whatever the database layer threw into an AppError: RUN_STORE when the server cannot be reached or refuses us,
 * ENGINE_DISK_FULL when its disk is full, BUG_UNEXPECTED for a statement that it did not accept.
 */
export function storeError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code, message } = thrown as Coded;
  const text = typeof message === "string" ? message : String(thrown);
  if (code === "53100" || code === "ENOSPC") {
    return new AppError("ENGINE_DISK_FULL", "the database's disk is full: nothing was recorded", {
      action: "Free space on the database's disk and send the request again.",
      cause: thrown,
    });
  }
  if (thrown instanceof NewerSchema) {
    return new AppError("RUN_STORE", thrown.message, {
      action: "Use the newer version of Strongroom, or another database.",
      cause: thrown,
    });
  }
  const unreachable =
    typeof code === "string" &&
    // 08: connection, 28: authorization, 3D000: no such database, 53: resources, 57P: shutdown, 58: system.
    (UNREACHABLE_SYSTEM.has(code) || /^(08|28|53|57P|58)|^3D000$/.test(code));
  if (unreachable || UNREACHABLE_TEXT.test(text)) {
    return new AppError("RUN_STORE", "the database cannot be reached: nothing was recorded", {
      action: "Check the database and send the request again.",
      cause: thrown,
    });
  }
  return new AppError("BUG_UNEXPECTED", "the database did not accept a statement", {
    cause: thrown,
  });
}
