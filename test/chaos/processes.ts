import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { NodeOrders } from "./node";
import type { Random } from "./random";

export interface World {
  readonly root: string;
  readonly folder: string;
  readonly accounts: readonly string[];
  readonly databaseUrl: string;
  readonly random: Random;
}

/** Short, so that takeovers happen within a run of minutes. */
export const LEASE_SECONDS = 6;
const NAMES = ["service", "worker-1", "worker-2", "worker-3"] as const;
export type NodeName = (typeof NAMES)[number];
const DEATHS_OF_ENGINES = 0.02;

/** The service and the workers; each is started again some time after its death, as systemd does. */
export class Processes {
  private readonly running = new Map<NodeName, ChildProcess>();
  private resting = false;
  private closing = false;
  private deaths = DEATHS_OF_ENGINES;
  url = "";
  token = "";

  constructor(private readonly world: World) {}

  get names(): readonly NodeName[] {
    return NAMES;
  }

  async start(): Promise<void> {
    const { root } = this.world;
    writeFileSync(path.join(root, "passphrase"), "chaos");
    // The service first: it makes the schema and the tokens.
    for (const name of NAMES) await this.run(name);
  }

  pid(name: NodeName): number | undefined {
    return this.running.get(name)?.pid;
  }

  private async run(name: NodeName): Promise<void> {
    const { root, folder, accounts, databaseUrl, random } = this.world;
    const orders: NodeOrders = {
      role: name === "service" ? "service" : "worker",
      settings: {
        DATABASE_URL: databaseUrl,
        PULUMI_BACKEND_URL: `file://${folder}`,
        STRONGROOM_STATE: path.join(root, name),
        STRONGROOM_FLEET: path.join(root, "fleet.yaml"),
        STRONGROOM_PASSPHRASE_FILE: path.join(root, "passphrase"),
        STRONGROOM_PORT: "0",
        STRONGROOM_RATE_LIMIT: "1000000",
        STRONGROOM_STS_RATE: "10000",
        STRONGROOM_IAM_RATE: "10000",
        ...(name === "service" ? { STRONGROOM_WORKER: "false" } : {}),
      },
      folder,
      accounts,
      seed: Math.floor(random.next() * 2 ** 31),
      deaths: this.deaths,
      leaseSeconds: LEASE_SECONDS,
    };
    const child = fork(path.join(__dirname, "node.js"), [JSON.stringify(orders)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.running.set(name, child);
    const ready = new Promise<void>((resolve) => {
      child.once("message", (message: { url?: string; tokenFile?: string }) => {
        if (message.url !== undefined) this.url = message.url;
        if (message.tokenFile !== undefined) {
          this.token = readFileSync(message.tokenFile, "utf8").trim();
        }
        resolve();
      });
      child.once("exit", () => resolve());
    });
    child.once("exit", () => {
      if (this.running.get(name) === child) this.running.delete(name);
      if (this.closing) return;
      void sleep(this.resting ? 100 : this.world.random.between(100, 2500)).then(() =>
        this.closing ? undefined : this.run(name),
      );
    });
    await ready;
  }

  /** No more deaths: every process is started anew, with engines that live. */
  async calm(): Promise<void> {
    this.resting = true;
    this.deaths = 0;
    for (const child of this.running.values()) child.kill("SIGCONT");
    for (const child of [...this.running.values()]) child.kill("SIGKILL");
    await sleep(1000);
  }

  async killAll(): Promise<void> {
    this.closing = true;
    for (const child of this.running.values()) child.kill("SIGKILL");
    // Their engines give up by themselves when nobody listens any more.
    await sleep(3000);
  }
}
