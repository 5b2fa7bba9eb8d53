import { setTimeout as sleep } from "node:timers/promises";

import type { RunRecord, RunTarget } from "../../server/runs-ports";
import type { Processes } from "./processes";
import type { Random } from "./random";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A pipeline: asks for runs, repeats what was not answered with the same key, and remembers what was accepted. */
export class Client {
  /** Runs that were accepted, by the key that asked for them. */
  readonly accepted = new Map<string, string>();
  /** Keys that gave another run the second time. */
  readonly mistakes: string[] = [];
  private readonly ends = new Map<string, number>();
  private keys = 0;

  constructor(
    private readonly processes: Processes,
    private readonly accounts: readonly string[],
    private readonly random: Random,
  ) {}

  get told(): string {
    return [...this.ends].map(([status, count]) => `${count} ${status}`).join(", ");
  }

  async call(method: "GET" | "POST", path: string, body?: object, key?: string): Promise<Answer> {
    for (;;) {
      try {
        const { url, token } = this.processes;
        const response = await fetch(`${url}${path}`, {
          method,
          signal: AbortSignal.timeout(20_000),
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...(key === undefined ? {} : { "idempotency-key": key }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        if (response.status < 500) {
          return { status: response.status, body: await response.json() };
        }
      } catch {
        // The service is dead at the moment.
      }
      await sleep(200);
    }
  }

  /** Starts a run; undefined if it was refused because another one holds a stamp. */
  async start(target: RunTarget): Promise<string | undefined> {
    const key = `chaos-${++this.keys}`;
    const { status, body } = await this.call("POST", "/v1/runs", { operation: "up", target }, key);
    if (status !== 202) return undefined;
    const { id } = body as RunRecord;
    this.accepted.set(key, id);
    // A client that did not see the answer asks again.
    const again = await this.call("POST", "/v1/runs", { operation: "up", target }, key);
    const second = (again.body as RunRecord).id;
    if (again.status !== 202 || second !== id) {
      this.mistakes.push(`${key} gave ${id} and then ${second} (${again.status})`);
    }
    return id;
  }

  async run(id: string): Promise<RunRecord> {
    return (await this.call("GET", `/v1/runs/${id}`)).body as RunRecord;
  }

  async end(id: string): Promise<RunRecord> {
    for (;;) {
      const run = await this.run(id);
      if (run.endedAt !== undefined) {
        this.ends.set(run.status, (this.ends.get(run.status) ?? 0) + 1);
        return run;
      }
      await sleep(250);
    }
  }

  /** Asks for the fleet, and for single accounts, until the time is over; then waits for what was accepted. */
  async askUntil(time: number): Promise<void> {
    const open: string[] = [];
    while (Date.now() < time) {
      const account = this.random.pick(this.accounts) ?? "";
      const whole = this.random.next() < 0.25;
      const id = await this.start(whole ? {} : { accounts: [account] });
      if (id !== undefined) open.push(id);
      await sleep(this.random.between(200, 3000));
    }
    this.open = open;
  }

  /** Accepted runs whose end nobody has waited for yet. */
  open: readonly string[] = [];
}
