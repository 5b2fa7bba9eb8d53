import type { JSONWebKeySet } from "jose";

export interface KeySetOptions {
  /** Fetches the keys of an issuer; rejects where they cannot be had. */
  readonly fetch: (jwksUri: string) => Promise<JSONWebKeySet>;
  /** Milliseconds, by a clock that nobody sets. */
  readonly now: () => number;
}

/** Keys are fetched anew after this time. */
const FRESH_MS = 10 * 60_000;
/** While the issuer cannot be reached, its last keys are believed for so long, and not longer. */
const STALE_MS = 60 * 60_000;
/** A token with an unknown key makes us ask again, but not more often than this: anybody can send one. */
const COOLDOWN_MS = 30_000;

/** The public keys of one issuer, kept for a bounded time. */
export class KeySet {
  private known: { readonly keys: JSONWebKeySet; readonly at: number } | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly jwksUri: string,
    private readonly options: KeySetOptions,
  ) {}

  /** The keys, fetched anew where they are old or do not have `keyId`; undefined where there are none to be believed. */
  async keys(keyId: string | undefined): Promise<JSONWebKeySet | undefined> {
    const { now } = this.options;
    const isOld = this.known === undefined || now() - this.known.at > FRESH_MS;
    if ((isOld || !this.has(keyId)) && now() - this.askedAt >= COOLDOWN_MS) {
      await (this.asking ??= this.ask());
    } else {
      await this.asking;
    }
    if (this.known === undefined || now() - this.known.at > STALE_MS) return undefined;
    return this.known.keys;
  }

  private has(keyId: string | undefined): boolean {
    return keyId === undefined || (this.known?.keys.keys.some(({ kid }) => kid === keyId) ?? false);
  }

  private async ask(): Promise<void> {
    const { fetch, now } = this.options;
    this.askedAt = now();
    try {
      this.known = { keys: await fetch(this.jwksUri), at: now() };
    } catch {
      // The last keys are believed a while longer.
    } finally {
      this.asking = undefined;
    }
  }
}

const FETCH_MS = 10_000;

/** Fetches a key set over HTTPS; follows no redirect. */
export async function fetchKeySet(jwksUri: string): Promise<JSONWebKeySet> {
  const response = await fetch(jwksUri, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (!response.ok) throw new Error(`${response.status}`);
  const body = (await response.json()) as Partial<JSONWebKeySet>;
  if (!Array.isArray(body.keys)) throw new Error("not a key set");
  return { keys: body.keys };
}
