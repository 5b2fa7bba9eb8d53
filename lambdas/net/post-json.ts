import { FunctionError } from "../ports";
import type { PostJson } from "../rotation/rotators/ports";

/** One slow system must not use up the time of a whole step: milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Sends JSON over HTTPS. A redirection is not followed: it would carry the credential to an address that nobody allowed.
 * The answer's body is not read, because only the status counts.
 */
export function createPostJson(request: typeof fetch = fetch): PostJson {
  return async (url, headers, body) => {
    const { host, protocol } = new URL(url);
    if (protocol !== "https:") {
      throw new FunctionError("ROTATION_HOST", `${host} is not called over HTTPS`, false);
    }
    try {
      const answer = await request(url, {
        method: "POST",
        redirect: "manual",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      return { status: answer.status };
    } catch (error) {
      // The text of a failed request may hold its headers.
      const name = error instanceof Error ? error.name : typeof error;
      throw new FunctionError("HTTP_UNREACHABLE", `${host} cannot be reached now (${name})`, true);
    }
  };
}
