import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { TokenTable } from "../access-ports";
import type { Authenticator, Principal } from "./roles";
import { looksLikeToken, tokenDigest } from "./token-form";

export interface BelievedTokensOptions {
  /** Milliseconds, by a clock that nobody sets. */
  readonly now: () => number;
  readonly wallClock: () => Date;
}

/** Tokens are read anew after this time, in case the notice of a change was lost. */
const FRESH_MS = 5000;
/** While the database cannot be reached, what was read last is believed for so long, and not longer. */
const STALE_MS = 60_000;
/** An unknown token makes us read anew, but not more often than this: anybody can send one. Who waits gets its answer. */
const PACE_MS = 250;

interface Known {
  readonly digest: Buffer;
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Believes the tokens of a table that other services change too. What was read is kept for a moment, so that requests do
 * not wait for the database; {@link changed} makes the next one read anew, and so does a token that is not known.
 */
export class BelievedTokens implements Authenticator {
  private known: readonly Known[] = [];
  private readAt = Number.NEGATIVE_INFINITY;
  private startedAt = Number.NEGATIVE_INFINITY;
  private outdated = true;
  private next: Promise<void> | undefined;
  private readonly options: BelievedTokensOptions;

  constructor(
    private readonly table: Pick<TokenTable, "believed">,
    options: Partial<BelievedTokensOptions> = {},
  ) {
    this.options = { now: () => performance.now(), wallClock: () => new Date(), ...options };
  }

  /** Somebody, here or elsewhere, has made or revoked a token. */
  changed(): void {
    this.outdated = true;
  }

  async authenticate(bearer: string): Promise<Principal | undefined> {
    if (!looksLikeToken(bearer)) return undefined;
    const { now } = this.options;
    if (this.outdated || now() - this.readAt > FRESH_MS) {
      await this.read().catch((error: unknown) => {
        if (now() - this.readAt > STALE_MS) throw error;
      });
    }
    const found = this.find(bearer);
    if (found !== undefined) return found;
    await this.read();
    return this.find(bearer);
  }

  /** Compares with every digest, whether or not one has matched, so that timing tells nothing. */
  private find(bearer: string): Principal | undefined {
    const presented = tokenDigest(bearer);
    const at = this.options.wallClock().getTime();
    let found: Principal | undefined;
    for (const { digest, principal, expiresAt } of this.known) {
      if (timingSafeEqual(digest, presented) && at < expiresAt) found = principal;
    }
    return found;
  }

  /** A reading that begins after this call; everybody who waits for one shares it. */
  private read(): Promise<void> {
    // Not before this is assigned: the reading itself makes room for the one after it.
    this.next ??= Promise.resolve().then(() => this.paced());
    return this.next;
  }

  private async paced(): Promise<void> {
    const wait = this.startedAt + PACE_MS - this.options.now();
    if (wait > 0) await sleep(wait);
    // Who comes from now on may ask for something that is newer than what is read now.
    this.next = undefined;
    this.startedAt = this.options.now();
    this.outdated = false;
    try {
      const tokens = await this.table.believed();
      this.known = tokens.map(({ id, subject, role, organizationalUnits, expiresAt, sha256 }) => ({
        digest: Buffer.from(sha256, "hex"),
        expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
        principal: Object.freeze({
          subject,
          role,
          tokenId: id,
          ...(organizationalUnits === undefined ? {} : { organizationalUnits }),
        }),
      }));
      this.readAt = this.startedAt;
    } catch (error) {
      this.outdated = true;
      throw error;
    }
  }
}
