import { setTimeout as sleep } from "node:timers/promises";

import type { StampName } from "../../stacks/naming";
import { FakeCloud, RESOURCES } from "./cloud";
import { Random } from "./random";

/** What the process of the fake engine is told, as its only argument, in JSON. */
export interface EngineOrders {
  readonly folder: string;
  readonly stamp: StampName;
  readonly change: boolean;
  readonly seed: number;
  /** Share of the named points at which it kills itself. */
  readonly deaths: number;
}

/** What it answers. */
export interface EngineAnswer {
  readonly status: "succeeded" | "cancelled" | "locked";
  readonly created: number;
}

/**
 * One operation of the fake engine in a process of its own: it can be killed between any two durable writes, by others at
 * any time and by itself at the named points.
 */
async function main(): Promise<void> {
  const orders = JSON.parse(process.argv[2] ?? "{}") as EngineOrders;
  const { folder, stamp, seed, deaths } = orders;
  const cloud = new FakeCloud(folder);
  const random = new Random(seed);
  const interruption = new AbortController();
  const interrupted = (): boolean => interruption.signal.aborted;
  process.on("SIGINT", () => interruption.abort());
  // The worker is gone: finish the step, give the lock back.
  process.on("disconnect", () => interruption.abort());
  const point = async (): Promise<void> => {
    await sleep(random.between(5, 60));
    if (random.next() < deaths) process.kill(process.pid, "SIGKILL");
  };
  const answer = (result: EngineAnswer): void => {
    if (!process.connected) process.exit(0);
    process.send?.(result, () => process.exit(0));
  };

  const release = cloud.lock(stamp);
  if (release === undefined) {
    answer({ status: "locked", created: 0 });
    return;
  }
  await point();
  let state = cloud.read(stamp);
  let created = 0;
  if (orders.change && state.pending.length > 0) {
    // What an interrupted update began: there or not there.
    const there = state.pending.filter((name) => cloud.exists(stamp, name));
    state = cloud.write(stamp, state, { resources: [...state.resources, ...there], pending: [] });
    await point();
  }
  for (const name of orders.change ? RESOURCES : []) {
    if (interrupted() || state.resources.includes(name)) continue;
    state = cloud.write(stamp, state, { ...state, pending: [name] });
    await point();
    cloud.create(stamp, name);
    created += 1;
    await point();
    state = cloud.write(stamp, state, { resources: [...state.resources, name], pending: [] });
    await point();
  }
  release();
  answer({ status: interrupted() ? "cancelled" : "succeeded", created });
}

void main();
