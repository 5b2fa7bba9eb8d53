import { randomBytes } from "node:crypto";

import type { Principal } from "./roles";

export interface SessionOptions {
  /** How long a sign-in lasts, seconds. */
  readonly lifetimeSeconds: number;
  /** Sessions kept; the oldest goes when there are more, so that signing in again and again cannot fill the memory. */
  readonly limit: number;
  readonly now: () => number;
}

/** Sign-ins of browsers, in memory: a restart of the service signs everyone out. */
export class Sessions {
  readonly #sessions = new Map<string, { principal: Principal; expiresAt: number }>();
  readonly #options: SessionOptions;

  constructor(options: Partial<SessionOptions> = {}) {
    this.#options = { lifetimeSeconds: 12 * 3600, limit: 1000, now: Date.now, ...options };
  }

  get lifetimeSeconds(): number {
    return this.#options.lifetimeSeconds;
  }

  /** Starts a session; returns its id, which only the cookie holds. */
  start(principal: Principal): string {
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, {
      principal,
      expiresAt: this.#options.now() + this.#options.lifetimeSeconds * 1000,
    });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#options.limit) break;
      this.#sessions.delete(oldest);
    }
    return id;
  }

  /** Who a session belongs to; undefined once it has ended. */
  find(id: string): Principal | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    if (session.expiresAt > this.#options.now()) return session.principal;
    this.#sessions.delete(id);
    return undefined;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }
}
