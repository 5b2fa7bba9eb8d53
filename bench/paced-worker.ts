// A worker with a paced engine, as a process of its own that can be killed. Started with fork(); ends with the one that started it.
import { openStore } from "../server/store/store";
import { createWorker } from "../server/runs/executor";
import { pacedEngine, type Pace } from "./paced-engine";

/** What it is told, as its only argument, in JSON. */
export interface PacedWorkerOrders {
  readonly databaseUrl: string;
  readonly pace: Pace;
  readonly concurrency: number;
}

async function main(): Promise<void> {
  const { databaseUrl, pace, concurrency } = JSON.parse(process.argv[2] ?? "") as PacedWorkerOrders;
  const report = (): void => undefined;
  const store = await openStore({ stateDir: ".", databaseUrl, report });
  const worker = createWorker({
    store,
    engine: pacedEngine(pace),
    vault: { execute: () => Promise.reject(new Error("nothing is asked of the vault")) } as never,
    concurrency,
    awsRates: { sts: 10_000, iam: 10_000 },
    reserveMiB: 0,
    availableMiB: () => 1_000_000,
    report,
  });
  await worker.start();
  process.once("disconnect", () => process.exit(0));
  process.send?.("ready");
}

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
