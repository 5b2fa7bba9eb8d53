import { FunctionError, type Random } from "../ports";

/** Wait before the first further try of a message, and the longest between two, seconds. */
const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 300;

/**
 * How long a message that failed waits before it comes again: doubles each time, with half of it drawn, so that messages
 * that failed together do not all come back together.
 */
export function retrySeconds(receives: number, random: Random): number {
  const longest = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.max(0, receives - 1));
  return Math.ceil(longest / 2 + (longest / 2) * random());
}

/** What went wrong, as an error that callers decide by; one that nobody foresaw may have passed when it is tried again. */
export function asFunctionError(error: unknown): FunctionError {
  if (error instanceof FunctionError) return error;
  // The text may be anything, so it is not handed on; the cause is there for who debugs in memory.
  const name = error instanceof Error ? error.name : typeof error;
  return new FunctionError("INTERNAL", `Something failed that should not (${name})`, true, {
    cause: error,
  });
}
