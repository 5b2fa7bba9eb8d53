import { expect } from "chai";

import { createWorker } from "../../../server/runs/executor";
import { createRunService, type ManagedRunService } from "../../../server/runs/service";
import type { Worker } from "../../../server/runs/worker";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import type { ProcessWatch } from "../../../server/ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName, type StampName } from "../../../stacks/naming";
import { FakeEngine } from "../../support/fake-engine";
import { FakeVault } from "../../support/fake-vault";
import { expectOneEnd } from "../../support/one-end";
import { startKillable, until } from "../../support/killable";
import { FakePlanner, keyFor, newAccount, scratchFolder } from "../../support/runs";

const LEASE_SECONDS = 4;
const up = (...stamps: StampName[]): RunRequest => ({ operation: "up", target: { stamps } });
const newStamps = (count: number): StampName[] =>
  Array.from({ length: count }, () => stampName("member", newAccount()));

describe("services and workers of several processes on one database", function () {
  this.timeout(120_000);
  const scratch = scratchFolder("hosts");
  const workers: Worker[] = [];
  let store: Store;
  let service: ManagedRunService;

  function parts(engine: FakeEngine, concurrency: number) {
    return {
      store,
      engine,
      vault: new FakeVault(),
      concurrency,
      reserveMiB: 0,
      availableMiB: () => 100_000,
      report: () => undefined,
    };
  }
  async function worker(
    engine: FakeEngine,
    concurrency: number,
    over: { leaseSeconds?: number; proofSeconds?: number } = {},
  ): Promise<Worker> {
    const made = createWorker({ ...parts(engine, concurrency), ...over });
    workers.push(made);
    await made.start();
    return made;
  }
  async function start(request: RunRequest): Promise<string> {
    return (await service.start(request, keyFor(request))).run.id;
  }
  async function ended(id: string): Promise<RunRecord> {
    for await (const event of service.follow(id, 0, AbortSignal.timeout(90_000))) event;
    return expectOneEnd(service, id);
  }

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
    // Accepts runs and works on none, as `serve --no-worker` does.
    service = createRunService({
      ...parts(new FakeEngine(), 1),
      planner: new FakePlanner(),
      clock: { now: () => new Date() },
    });
  });
  afterEach(async () => {
    for (const made of workers.splice(0)) await made.stop();
  });
  after(async () => {
    await service.close();
    await store.close();
    scratch.remove();
  });

  it("share the stamps of a run, each of which is worked on once", async () => {
    const engines = [new FakeEngine(), new FakeEngine(), new FakeEngine()];
    for (const engine of engines) await worker(engine, 2);
    const stamps = newStamps(30);
    const record = await ended(await start(up(...stamps)));
    expect(record.status).to.equal("succeeded");
    const worked = engines.flatMap(({ calls }) => calls.map(({ stamp }) => stamp));
    expect(worked.toSorted()).to.deep.equal(stamps.toSorted());
  });

  it("let a small run begin while a large one that came first still waits", async () => {
    const engine = new FakeEngine();
    const large = newStamps(20);
    const [small] = newStamps(1);
    for (const stamp of large) engine.behaviours.set(stamp, { takes: 50 });
    const first = await start(up(...large));
    const second = await start(up(small!));
    await worker(engine, 1);
    await Promise.all([ended(first), ended(second)]);
    expect(engine.calls.map(({ stamp }) => stamp).indexOf(small!)).to.be.lessThan(3);
  });

  it("keep a rate together, whoever calls", async () => {
    const other = await openStore({ stateDir: scratch.path, report: () => undefined });
    try {
      const rate = { perSecond: 0.001, burst: 2 };
      await store.sharedRate("calls", rate).take();
      await other.sharedRate("calls", rate).take();
      const waits = store.sharedRate("calls", rate).take(AbortSignal.timeout(200));
      const outcome = await waits.then(
        () => "went",
        (error: unknown) => (error as Error).name,
      );
      expect(outcome).to.equal("AbortError");
      // The calls of others are not held up.
      await other.sharedRate("other calls", rate).take();
    } finally {
      await other.close();
    }
  });

  it("take over from a worker that was stopped for longer than its lease, which then writes nothing", async () => {
    const [stamp] = newStamps(1);
    const request = up(stamp!);
    const stopped = startKillable({
      stateDir: scratch.path,
      work: true,
      request,
      engine: "slow",
      leaseSeconds: LEASE_SECONDS,
    });
    try {
      const { id = "" } = await stopped.line();
      while ((await stopped.line())["event"] !== "stamp.started");
      stopped.process.kill("SIGSTOP");
      const engine = new FakeEngine();
      await worker(engine, 1, { leaseSeconds: LEASE_SECONDS });
      const record = await ended(id);
      expect(record.status).to.equal("succeeded");
      const before = await service.events(id, 0, 1000);
      stopped.process.kill("SIGCONT");
      // It sees that it was given up, and comes back under another name.
      const { id: next } = { id: await start(up(newStamps(1)[0]!)) };
      await ended(next);
      await until("the stopped worker has heard of the end", async () => {
        while ((await stopped.line())["event"] !== "run.ended");
        return true;
      });
      expect(await service.events(id, 0, 1000)).to.deep.equal(before);
      expect(before.filter(({ type }) => type === "stamp.ended")).to.have.length(1);
      expect(engine.calls.map((job) => job.stamp)).to.include(stamp);
    } finally {
      await stopped.kill();
    }
  });

  describe("where another host holds the lock of a stamp", () => {
    const elsewhere = { host: "another-host", bootId: "b", pid: 4242, startedAt: "1" };
    /** Locked until somebody says that the process elsewhere is gone, as the real engine finds it. */
    class LockedEngine extends FakeEngine {
      override execute(
        ...[job, onEvent, signal, watch]: [...Parameters<FakeEngine["execute"]>, ProcessWatch?]
      ) {
        const open = watch?.earlier.every(({ dead }) => dead) ?? true;
        this.behaviours.set(
          job.stamp,
          open
            ? {}
            : { ends: [{ status: "failed", error: { code: "STACK_LOCKED", message: "locked" } }] },
        );
        return super.execute(job, onEvent, signal);
      }
    }
    const held = async (stamp: StampName): Promise<void> => {
      const job = { stamp, operation: "up" } as never;
      const place = { runId: "r", attempt: 1, epoch: 0, queueId: "", startsRun: false };
      const claim = { ...place, stamp, job, planning: false, inputs: undefined };
      await store.addEngineProcess(claim, elsewhere);
    };

    it("wait for that host's word, and then for a person, with the command to run", async () => {
      const [stamp] = newStamps(1);
      await held(stamp!);
      await worker(new LockedEngine(), 1, { proofSeconds: 0 });
      const record = await ended(await start(up(stamp!)));
      expect(record.status).to.equal("needs_attention");
      const error = record.stamps[0]?.error;
      expect(error?.code).to.equal("RUN_OWNER_UNKNOWN");
      expect(error?.action).to.contain("strongroom host-gone another-host");
    });

    it("go on once it was said that the host is gone", async () => {
      const [stamp] = newStamps(1);
      await held(stamp!);
      expect(await store.buryProcesses("another-host")).to.be.greaterThan(0);
      await worker(new LockedEngine(), 1, { proofSeconds: 0 });
      const record = await ended(await start(up(stamp!)));
      expect(record.status).to.equal("succeeded");
      expect(await store.engineProcesses(stamp!, Number.MAX_SAFE_INTEGER)).to.deep.equal([]);
    });
  });
});
