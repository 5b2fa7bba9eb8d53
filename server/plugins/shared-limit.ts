import { createHash } from "node:crypto";

import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from "@fastify/rate-limit";

import type { RequestCounts } from "../access-ports";

/** How long what is counted here may be unknown to the other services, milliseconds. */
const TELL_MS = 200;
/** Callers that are counted at a time; the oldest goes when there are more, so that forged ones cannot fill the memory. */
const MOST_CALLERS = 5000;

interface Count {
  count: number;
  /** Counted here and not told yet. */
  untold: number;
  /** Milliseconds, by a clock that nobody sets. */
  endsAt: number;
}

/**
 * Counts requests together with the other services on the database: here at once, there in batches. A request never waits
 * for the database, and a caller gets through more than it may at most by what it sends to the others within
 * {@link TELL_MS}. While the database cannot be reached, each service counts by itself.
 */
export class SharedLimit {
  private readonly counts = new Map<string, Count>();
  private timer: NodeJS.Timeout | undefined;
  private telling: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly shared: RequestCounts,
    private readonly windowMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Counts one request and answers how many there were, with the time that is left of the window. */
  count(caller: string): { current: number; ttl: number } {
    // Who reads the database learns no addresses and no names.
    const key = createHash("sha256").update(caller).digest("base64url");
    const now = this.now();
    let entry = this.counts.get(key);
    if (entry === undefined || entry.endsAt <= now) {
      entry = { count: 0, untold: entry?.untold ?? 0, endsAt: now + this.windowMs };
      this.counts.delete(key);
      this.counts.set(key, entry);
      const [oldest] = this.counts.keys();
      if (this.counts.size > MOST_CALLERS && oldest !== undefined) this.counts.delete(oldest);
    }
    entry.count += 1;
    entry.untold += 1;
    if (!this.closed) this.timer ??= setTimeout(() => void this.tell(), TELL_MS).unref();
    return { current: entry.count, ttl: Math.ceil(entry.endsAt - now) };
  }

  /** Tells the others what was counted here and hears what they have. */
  tell(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.telling = (this.telling ?? Promise.resolve()).then(() => this.exchange());
    return this.telling;
  }

  private async exchange(): Promise<void> {
    const own = new Map<string, number>();
    for (const [key, entry] of this.counts) {
      if (entry.untold > 0) own.set(key, entry.untold);
      else if (entry.endsAt <= this.now()) this.counts.delete(key);
    }
    if (own.size === 0) return;
    const answer = await this.shared.add(own, this.windowMs).catch(() => undefined);
    // Not told: the next time, then.
    if (answer === undefined) return;
    const now = this.now();
    for (const [key, told] of own) {
      const entry = this.counts.get(key);
      const all = answer.get(key);
      if (entry === undefined || all === undefined) continue;
      entry.untold -= told;
      entry.count = all.count + entry.untold;
      entry.endsAt = now + all.leftMs;
    }
  }

  /** Tells what is left; nothing is told afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    await this.tell();
  }
}

/** The counts as @fastify/rate-limit asks for them; those of a route with a limit of its own are apart. */
export function limitStore(limit: SharedLimit): FastifyRateLimitStoreCtor {
  return class Store implements FastifyRateLimitStore {
    private readonly sort: string;

    /** @param route with a limit of its own; the plugin gives its own settings where there is none. */
    constructor(route: object) {
      const { routeInfo } = route as { readonly routeInfo?: { readonly url?: string } };
      this.sort = routeInfo === undefined ? "" : `${routeInfo.url ?? "elsewhere"} `;
    }

    incr: FastifyRateLimitStore["incr"] = (caller, callback) =>
      callback(null, limit.count(`${this.sort}${caller}`));

    child: FastifyRateLimitStore["child"] = (route) => new Store(route);
  };
}
