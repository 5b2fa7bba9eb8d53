import { fork } from "node:child_process";
import path from "node:path";

import { fileLocks } from "../../server/backend/file-locks";
import { cleanUp, unfinished, writeDown } from "../../server/engine/journal";
import type { Engine } from "../../server/parts";
import type { EnginePort, StackOutcome } from "../../server/ports";
import { FakeCloud } from "./cloud";
import type { EngineAnswer, EngineOrders } from "./engine-process";
import { Random } from "./random";

const OUTCOME: StackOutcome = {
  status: "succeeded",
  counts: { create: 0, update: 0, replace: 0, delete: 0, same: 0 },
  changes: [],
  violations: [],
  resources: 0,
  outputs: {},
  seconds: 0.1,
  peakMemoryMiB: 50,
};

/** The fake engine behind the real port: the product's own journal, locks and clean-up around a process that fakes Pulumi. */
export function chaosEngine(
  folder: string,
  stateDir: string,
  seed: number,
  deaths: number,
): Engine {
  const journal = path.join(stateDir, "engine", "running");
  const locks = fileLocks(`file://${folder}`);
  const random = new Random(seed);
  const cloud = new FakeCloud(folder);
  const port: EnginePort = {
    async execute(job, onEvent, signal, watch) {
      const { stamp } = job;
      const clean = async (earlier = watch?.earlier ?? []): Promise<void> => {
        for (const text of await cleanUp({ folder: journal, stamp, locks, earlier })) {
          onEvent({ type: "message", level: "warning", text });
        }
      };
      await clean();
      const orders: EngineOrders = {
        folder,
        stamp,
        change: job.operation === "up",
        seed: Math.floor(random.next() * 2 ** 31),
        deaths,
      };
      const script = path.join(__dirname, "engine-process.js");
      const child = fork(script, [JSON.stringify(orders)], { detached: true, stdio: "ignore" });
      if (child.pid !== undefined) {
        const identity = writeDown(journal, stamp, child.pid);
        if (identity !== undefined) watch?.onProcess(identity);
      }
      const interrupt = (): boolean => child.kill("SIGINT");
      signal.addEventListener("abort", interrupt);
      if (signal.aborted) interrupt();
      const answer = await new Promise<EngineAnswer | undefined>((resolve) => {
        let said: EngineAnswer | undefined;
        child.on("message", (message: EngineAnswer) => (said = message));
        child.once("exit", () => resolve(said));
        child.once("error", () => resolve(undefined));
      });
      signal.removeEventListener("abort", interrupt);
      await clean([]);
      if (answer?.status === "succeeded") {
        const { created } = answer;
        const same = cloud.read(stamp).resources.length - created;
        return { ...OUTCOME, counts: { ...OUTCOME.counts, create: created, same } };
      }
      if (answer?.status === "cancelled") {
        const error = { code: "RUN_CANCELLED", message: "interrupted" } as const;
        return { ...OUTCOME, status: "cancelled", error };
      }
      const error =
        answer === undefined
          ? ({ code: "ENGINE_FAILED", message: "the engine's process was killed" } as const)
          : ({ code: "STACK_LOCKED", message: "the stack is locked" } as const);
      return { ...OUTCOME, status: "failed", error };
    },
    identify: () => Promise.resolve([]),
    resources: () => Promise.resolve(undefined),
    deployed: () => Promise.resolve(undefined),
  };
  return {
    port,
    check: () => Promise.resolve([{ name: "engine", ok: true, detail: "a fake" }]),
    async recover() {
      for (const stamp of unfinished(journal)) await cleanUp({ folder: journal, stamp, locks });
    },
    close: () => Promise.resolve(),
  };
}
