// A worker of the simulated fleet, as a process of its own. Started with fork(); says when it works, and ends with the one
// that started it.
import { createWorker } from "../server/runs/executor";
import { openStore } from "../server/store/store";
import { simulatedEngine } from "./simulated-engine";
import type { SimulatedWorker } from "./simulate";

const options = JSON.parse(process.argv[2] ?? "") as SimulatedWorker;

async function main(): Promise<void> {
  const report = (line: string): boolean => process.stderr.write(`${line}\n`);
  const { databaseUrl, stateDir, concurrency, awsRates } = options;
  const store = await openStore({ databaseUrl, stateDir, report });
  const worker = createWorker({
    store,
    engine: simulatedEngine(options),
    vault: { execute: () => Promise.reject(new Error("nothing is asked of the vault")) } as never,
    concurrency,
    reserveMiB: 0,
    availableMiB: () => 1_000_000,
    ...(awsRates === undefined ? {} : { awsRates }),
    report,
  });
  await worker.start();
  process.once("disconnect", () => {
    void worker
      .stop()
      .then(() => store.close())
      .finally(() => process.exit(0));
  });
  process.send?.("works");
}

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
