import { createPulumiEngine } from "../../server/engine/engine";
import type { EnginePort } from "../../server/ports";
import { createRunService } from "../../server/runs/service";
import type { RunRequest } from "../../server/runs-ports";
import { openStore } from "../../server/store/store";
import { engineTools } from "./engine-tools";
import { FakeEngine } from "./fake-engine";
import { FakeVault } from "./fake-vault";
import type { StampName } from "../../stacks/naming";
import { FakePlanner, keyFor } from "./runs";

/** What the service of the crash tests is to do; its only argument, as JSON. */
export interface ServiceOrders {
  readonly stateDir: string;
  readonly request?: RunRequest;
  readonly work: boolean;
  readonly leaseSeconds?: number;
  /** Stamps that the slow engine takes a minute for, beside those of the request. */
  readonly slow?: readonly StampName[];
  /** `slow`: a fake whose operations take a minute; otherwise the real engine with this child script and these tags. */
  readonly engine: "slow" | { readonly childScript: string; readonly tags: Record<string, string> };
}

/** A service in a process of its own that can be killed: prints one line of JSON once it did what it was told. */
async function main(): Promise<void> {
  const orders = JSON.parse(process.argv[2] ?? "{}") as ServiceOrders;
  const { stateDir, request, work } = orders;
  const store = await openStore({ stateDir, report: () => undefined });
  const service = createRunService({
    store,
    vault: new FakeVault(),
    engine: await engineOf(orders),
    planner: new FakePlanner(),
    clock: { now: () => new Date() },
    // Runs that earlier tests left in the same database are taken up again, and each holds a slot.
    concurrency: 8,
    ...(orders.leaseSeconds === undefined ? {} : { leaseSeconds: orders.leaseSeconds }),
    report: () => undefined,
  });
  if (work) await service.startWorkers();
  const id = request === undefined ? "" : (await service.start(request, keyFor(request))).run.id;
  process.stdout.write(`${JSON.stringify({ id })}\n`);
  if (work && id !== "") {
    for await (const event of service.follow(id, 0, new AbortController().signal)) {
      process.stdout.write(`${JSON.stringify({ event: event.type })}\n`);
    }
  }
  setInterval(() => undefined, 1000);
}

async function engineOf({
  engine,
  stateDir,
  request,
  slow = [],
}: ServiceOrders): Promise<EnginePort> {
  if (engine === "slow") {
    const fake = new FakeEngine();
    for (const stamp of [...slow, ...(request?.target.stamps ?? [])]) {
      fake.behaviours.set(stamp, { takes: 60_000 });
    }
    return fake;
  }
  const real = createPulumiEngine({
    toolchain: await engineTools(),
    stateDir,
    policyPacks: [],
    environment: process.env,
    childScript: engine.childScript,
    report: () => undefined,
  });
  return {
    resources: (stamp) => real.resources(stamp),
    identify: (jobs) => real.identify(jobs),
    deployed: (stamp) => real.deployed(stamp),
    execute: (job, onEvent, signal) =>
      real.execute({ ...job, spec: { ...job.spec, tags: engine.tags } }, onEvent, signal),
  };
}

void main();
