import { setTimeout as sleep } from "node:timers/promises";

import type { RateLimit } from "../ports";

export interface TokenBucketOptions {
  readonly perSecond: number;
  /** Calls that may go at once after a rest. */
  readonly burst: number;
  /** Milliseconds; monotonic, so that a clock that is set does not stop or flood the calls. */
  readonly now?: () => number;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Spaces calls out: AWS Organizations throttles the whole organization, not only the one who called too often. */
export class TokenBucket implements RateLimit {
  readonly #options: Required<TokenBucketOptions>;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    this.#options = {
      now: () => performance.now(),
      wait: async (milliseconds, signal) => {
        await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
      },
      ...options,
    };
    this.#tokens = options.burst;
    this.#filledAt = this.#options.now();
  }

  /** Resolves when the next call may go. Callers go in the order in which they asked. */
  async take(signal?: AbortSignal, cost = 1): Promise<void> {
    const { now, perSecond, burst, wait } = this.#options;
    const at = now();
    this.#tokens = Math.min(burst, this.#tokens + ((at - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = at;
    // Below zero means that others wait already: each one takes its place in the queue by the debt it leaves.
    this.#tokens -= cost;
    if (this.#tokens < 0) await wait((-this.#tokens / perSecond) * 1000, signal);
  }
}
