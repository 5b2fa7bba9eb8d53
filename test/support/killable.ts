import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import type { ServiceOrders } from "./service-child";

/** A service in a process of its own. */
export interface KillableService {
  readonly process: ChildProcess;
  /** The next line that it prints; throws if it ends before. */
  line(): Promise<Record<string, string>>;
  /** `kill -9`, and wait until it is gone. */
  kill(): Promise<void>;
}

export function startKillable(orders: ServiceOrders): KillableService {
  const script = path.join(__dirname, "service-child.js");
  const child = spawn(process.execPath, [script, JSON.stringify(orders)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    process: child,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error("the service ended");
      return JSON.parse(next.value) as Record<string, string>;
    },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/**
 * Asks again and again until the answer is yes; throws after three minutes, which a real engine on a busy machine needs
 * to preview before it takes its lock.
 */
export async function until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}
