import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";

import { type AddressRules, hostOf, refusedAddress, refusedUrl } from "./addresses";

/** How names are looked up: all addresses of a name. */
export type LookUp = (
  host: string,
  callback: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
) => void;

export interface PostOptions {
  readonly rules: AddressRules;
  /** Longest time for everything from the name to the answer, milliseconds. */
  readonly timeoutMs: number;
  /** The system's by default. */
  readonly lookUp?: LookUp;
}

/** What came of it: an answer of whatever status, or why there is none. */
export type Posted =
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly error: string; readonly refused?: true };

/** Larger headers are not read; bodies are not read at all. Bytes. */
const MOST_HEADERS = 16_384;

const system: LookUp = (host, callback) => dnsLookup(host, { all: true }, callback);

class Refused extends Error {}

/**
 * Looks a name up and gives the connection exactly the addresses that were judged: nobody can answer with another one
 * between the judgement and the connection. One refused address refuses the name, whatever others it has.
 */
export function guardedLookup(rules: AddressRules, lookUp: LookUp = system): LookupFunction {
  return (host, options, callback) => {
    lookUp(host, (error, addresses = []) => {
      const [first] = addresses;
      if (error !== null || first === undefined) {
        callback(error ?? new Error(`${host} has no address`), "", 0);
        return;
      }
      const problem = addresses
        .map(({ address }) => refusedAddress(address, host.toLowerCase(), rules))
        .find((reason) => reason !== undefined);
      if (problem !== undefined) callback(new Refused(problem), "", 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Why a URL is not one that webhooks are sent to, its name looked up; undefined where it is. */
export async function refusedNow(
  text: string,
  rules: AddressRules,
  lookUp?: LookUp,
): Promise<string | undefined> {
  const problem = refusedUrl(text, rules);
  if (problem !== undefined) return problem;
  const host = hostOf(new URL(text));
  if (isIP(host) !== 0) return undefined;
  return new Promise((resolve) => {
    guardedLookup(rules, lookUp)(host, { all: true }, (error) =>
      resolve(error === null ? undefined : error.message),
    );
  });
}

/**
 * Sends a body, once, to an address that is judged again as it is now. Follows no redirect, reads no body, goes through no
 * proxy, keeps no connection. Never throws.
 */
export function post(
  text: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { rules, timeoutMs, lookUp }: PostOptions,
): Promise<Posted> {
  const problem = refusedUrl(text, rules);
  if (problem !== undefined) return Promise.resolve({ error: problem, refused: true });
  const url = new URL(text);
  return new Promise((resolve) => {
    const request = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      agent: false,
      lookup: guardedLookup(rules, lookUp),
      maxHeaderSize: MOST_HEADERS,
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    request.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      const retryAfter = response.headers["retry-after"];
      resolve({ status, ...(retryAfter === undefined ? {} : { retryAfter }) });
      response.on("error", () => undefined);
      request.destroy();
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.message === "" ? (error.code ?? error.name) : error.message;
      resolve({ error: reason, ...(error instanceof Refused ? { refused: true as const } : {}) });
    });
    request.on("close", () => clearTimeout(timer));
    request.end(body);
  });
}
