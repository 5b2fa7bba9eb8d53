import { Client } from "pg";

import { CHANNEL } from "./transaction";
import type { Notice } from "./types";

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/**
 * Hears the database's notices on a connection of its own and passes them on. Notices that come while the connection is
 * broken are lost; whoever needs certainty looks into the tables from time to time.
 */
export class NoticeBoard {
  private readonly listeners = new Set<(notice: Notice) => void>();
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wait = FIRST_WAIT_MS;
  private closed = false;

  constructor(
    private readonly connectionString: string,
    private readonly report: (line: string) => void,
  ) {}

  /** Connects for the first time; throws if that fails. Later breaks are mended in the background. */
  async start(): Promise<void> {
    const client = new Client({
      connectionString: this.connectionString,
      connectionTimeoutMillis: LONGEST_WAIT_MS,
      application_name: "strongroom-notices",
    });
    client.on("error", () => this.reconnect(client));
    client.on("end", () => this.reconnect(client));
    client.on("notification", ({ payload }) => this.pass(payload));
    this.client = client;
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    if (this.wait > FIRST_WAIT_MS) this.report("the database is back");
    this.wait = FIRST_WAIT_MS;
  }

  /** Registers a listener; returns how to take it off again. */
  add(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.listeners.clear();
    await this.client?.end().catch(() => undefined);
  }

  private pass(payload: string | undefined): void {
    const notice = JSON.parse(payload ?? "{}") as Notice;
    for (const listener of this.listeners) listener(notice);
  }

  private reconnect(broken: Client): void {
    if (this.closed || this.client !== broken) return;
    this.client = undefined;
    this.report("the connection to the database broke");
    void broken.end().catch(() => undefined);
    this.later();
  }

  private later(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.start().catch(() => {
        const client = this.client;
        this.client = undefined;
        void client?.end().catch(() => undefined);
        this.later();
      });
    }, this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }
}
