import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { sendSignal } from "../../server/processes";
import type { FakeCloud } from "./cloud";
import { LEASE_SECONDS, type NodeName, type Processes } from "./processes";
import type { Random } from "./random";

const LEAST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/** Kills and stops processes, at random times, by the seed. */
export class Nemesis {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly processes: Processes,
    private readonly cloud: FakeCloud,
    private readonly random: Random,
  ) {}

  get told(): string {
    return [...this.counts].map(([what, count]) => `${count} × ${what}`).join(", ");
  }

  async rageUntil(end: number): Promise<void> {
    while (Date.now() < end) {
      await sleep(this.random.between(LEAST_WAIT_MS, LONGEST_WAIT_MS));
      const luck = this.random.next();
      if (luck < 0.1) this.kill("service");
      else if (luck < 0.4) this.kill(this.random.pick(["worker-1", "worker-2", "worker-3"]));
      else if (luck < 0.9) this.killEngine();
      else this.pause(this.random.pick(["worker-1", "worker-2", "worker-3"]));
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  private kill(name: NodeName = "service"): void {
    const pid = this.processes.pid(name);
    if (pid !== undefined && sendSignal(pid, "SIGKILL")) {
      this.count(`kill -9 of ${name === "service" ? "the service" : "a worker"}`);
    }
  }

  /** Stops a worker for longer than its lease: others take over, and it goes on later. */
  private pause(name: NodeName = "worker-1"): void {
    const pid = this.processes.pid(name);
    if (pid === undefined || !sendSignal(pid, "SIGSTOP")) return;
    this.count("a worker stopped for longer than its lease");
    void sleep((LEASE_SECONDS + 3) * 1000).then(() => sendSignal(pid, "SIGCONT"));
  }

  /** The process that holds a lock, in the middle of its work. */
  private killEngine(): void {
    const lock = this.random.pick(this.cloud.locks());
    if (lock === undefined) return;
    const file = path.join(this.cloud.folder, ".pulumi/locks/organization/strongroom", lock);
    try {
      const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
      const script = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (script.includes("engine-process") && sendSignal(pid, "SIGKILL")) {
        this.count("kill -9 of an engine");
      }
    } catch {
      // It ended between the two looks.
    }
  }
}
