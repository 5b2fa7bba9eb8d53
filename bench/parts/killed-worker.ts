import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { createRunService } from "../../server/runs/service";
import { startLocalPostgres } from "../../server/store/local-postgres";
import { openStore } from "../../server/store/store";
import { type Pace, pacedEngine } from "../paced-engine";
import type { PacedWorkerOrders } from "../paced-worker";
import { simulatedPlan } from "../simulate";

/** One way of it: the same run without and with a kill, one after the other. */
export interface KilledPair {
  /** Whether the killed worker was started again after a second, as systemd does; otherwise the other one does the rest. */
  readonly restarted: boolean;
  readonly withoutSeconds: number;
  readonly withSeconds: number;
  /** Stamps that were begun a second time. */
  readonly again: number;
}

/** What the part `killed-worker` measured. */
export interface KilledWorkerReport {
  readonly workers: number;
  readonly concurrency: number;
  readonly stamps: number;
  readonly stampSeconds: number;
  readonly pairs: readonly KilledPair[];
}

const WORKERS = 2;
const CONCURRENCY = 4;
/** Of two stamps each, the second after the first. */
const ACCOUNTS = 20;
const PACE: Pace = { events: 4, everyMs: 500 };
const PAIRS = 3;
const RESTART_MS = 1000;
const LIMIT_MS = 600_000;

/**
 * Has two workers, processes of their own, work on a run, and then on the same one again while one of them is killed in the
 * middle (`kill -9`). The engine is a paced one, so that only the time is seen that the taking over costs.
 */
export async function runKilledWorker(
  folder: string,
  say: (line: string) => void,
): Promise<KilledWorkerReport> {
  const postgres = await startLocalPostgres(path.join(folder, "database"), say);
  const databaseUrl = postgres.connectionString;
  const store = await openStore({ stateDir: folder, databaseUrl, report: () => undefined });
  const plan = simulatedPlan(ACCOUNTS);
  const service = createRunService({
    store,
    engine: pacedEngine(PACE),
    vault: { execute: () => Promise.reject(new Error("nothing is asked of the vault")) } as never,
    planner: { plan: () => Promise.resolve({ stamps: plan.stamps, accounts: plan.accounts }) },
    clock: { now: () => new Date() },
    concurrency: 1,
    report: () => undefined,
  });
  const workers = new Set<ChildProcess>();
  const startWorker = async (): Promise<ChildProcess> => {
    const orders: PacedWorkerOrders = { databaseUrl, pace: PACE, concurrency: CONCURRENCY };
    const child = fork(path.join(__dirname, "../paced-worker.js"), [JSON.stringify(orders)]);
    workers.add(child);
    child.once("exit", () => workers.delete(child));
    await once(child, "message");
    return child;
  };
  const run = async (meanwhile: () => Promise<void>) => {
    const key = { subject: "bench", key: randomBytes(12).toString("hex"), fingerprint: "bench" };
    const asked = performance.now();
    const { run: started } = await service.start({ operation: "up", target: {}, force: true }, key);
    const done = meanwhile();
    const begun: unknown[] = [];
    for await (const { type, data } of service.follow(
      started.id,
      0,
      AbortSignal.timeout(LIMIT_MS),
    )) {
      if (type === "stamp.started") begun.push(data["attempt"]);
    }
    const seconds = (performance.now() - asked) / 1000;
    await done;
    const ended = await service.get(started.id);
    if (ended?.status !== "succeeded") throw new Error(`the run ended ${ended?.status ?? "never"}`);
    const again = begun.filter((attempt) => Number(attempt) > 1).length;
    return { seconds, again };
  };
  try {
    for (let index = 0; index < WORKERS; index += 1) await startWorker();
    const pairs: KilledPair[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      for (const restarted of [true, false]) {
        const without = await run(() => Promise.resolve());
        const killed = await run(async () => {
          await sleep((without.seconds * 1000) / 2);
          const [victim] = workers;
          victim?.kill("SIGKILL");
          if (!restarted) return;
          await sleep(RESTART_MS);
          await startWorker();
        });
        while (workers.size < WORKERS) await startWorker();
        const [withoutSeconds, withSeconds] = [without.seconds, killed.seconds];
        pairs.push({ restarted, withoutSeconds, withSeconds, again: killed.again });
        say(
          `killed-worker: ${withoutSeconds.toFixed(1)} s without, ${withSeconds.toFixed(1)} s with a kill${restarted ? " and a restart" : ""}`,
        );
      }
    }
    return {
      workers: WORKERS,
      concurrency: CONCURRENCY,
      stamps: plan.stamps.length,
      stampSeconds: (PACE.events * PACE.everyMs) / 1000,
      pairs,
    };
  } finally {
    for (const child of workers) child.kill("SIGKILL");
    await service.close();
    await store.close();
    await postgres.stop();
  }
}
