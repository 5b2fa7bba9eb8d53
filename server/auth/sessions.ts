import { createHash, randomBytes } from "node:crypto";

import type { SessionTable } from "../access-ports";
import type { Principal } from "./roles";

/** How long a sign-in lasts, seconds. */
const LIFETIME_SECONDS = 12 * 3600;

const digest = (id: string): string => createHash("sha256").update(id).digest("hex");

/** Sign-ins of browsers. The table knows digests only: who reads it cannot go on with anybody's session. */
export class Sessions {
  readonly lifetimeSeconds = LIFETIME_SECONDS;

  constructor(private readonly table: SessionTable) {}

  /** Starts a session; returns its id, which only the cookie holds. */
  async start(principal: Principal): Promise<string> {
    const id = randomBytes(32).toString("base64url");
    await this.table.add(digest(id), principal, this.lifetimeSeconds);
    return id;
  }

  /** Who a session belongs to; undefined once it has ended. */
  find(id: string): Promise<Principal | undefined> {
    return this.table.find(digest(id));
  }

  async end(id: string): Promise<void> {
    await this.table.remove(digest(id));
  }
}
