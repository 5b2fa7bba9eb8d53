import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { createPulumiEngine } from "../../../server/engine/engine";
import type { EnginePort, StackEvent } from "../../../server/ports";
import type { ProcessIdentity } from "../../../server/processes";
import { sendSignal, stateOf } from "../../../server/processes";
import { createRunService, type ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName, type StampName } from "../../../stacks/naming";
import { engineTools } from "../../support/engine-tools";
import { FakeEngine } from "../../support/fake-engine";
import { FakeVault } from "../../support/fake-vault";
import { expectOneEnd } from "../../support/one-end";
import { startKillable, until, type KillableService } from "../../support/killable";
import { FakePlanner, fleetPlan, keyFor, newAccount, scratchFolder } from "../../support/runs";

const childScript = path.join(__dirname, "../../support/engine-child.js");

describe("a service that is killed", () => {
  const scratch = scratchFolder("crash");
  const stateDir = path.join(scratch.path, "state");
  const killables: KillableService[] = [];
  let store: Store | undefined;
  let service: ManagedRunService | undefined;
  let stamp: StampName;
  let request: RunRequest;

  const start = (work: boolean, asked?: RunRequest): KillableService => {
    const made = startKillable({
      stateDir,
      work,
      engine: "slow",
      slow: [stamp],
      ...(asked === undefined ? {} : { request: asked }),
    });
    killables.push(made);
    return made;
  };
  /** Kills it in the middle of its first stamp and answers the run. */
  async function killInTheMiddle(): Promise<string> {
    const killable = start(true, request);
    const { id = "" } = await killable.line();
    while ((await killable.line())["event"] !== "stamp.started");
    await killable.kill();
    return id;
  }
  async function reopen(): Promise<ManagedRunService> {
    store = await openStore({ stateDir, report: () => undefined });
    service = createRunService({
      store,
      vault: new FakeVault(),
      engine: new FakeEngine(),
      planner: new FakePlanner(),
      clock: { now: () => new Date() },
      concurrency: 2,
      report: () => undefined,
    });
    return service;
  }
  async function end(runs: ManagedRunService, id: string): Promise<RunRecord> {
    await runs.startWorkers();
    for await (const event of runs.follow(id, 0, AbortSignal.timeout(60_000))) {
      expect(event.runId).to.equal(id);
    }
    return expectOneEnd(runs, id);
  }

  beforeEach(() => {
    stamp = stampName("member", newAccount());
    request = { operation: "up", target: { stamps: [stamp] } };
  });
  afterEach(async () => {
    for (const killable of killables.splice(0)) await killable.kill();
    await service?.close();
    await store?.close();
    service = undefined;
    store = undefined;
  });
  after(() => scratch.remove());

  it("loses no run that it accepted, even if it was killed right after the answer", async () => {
    const killable = start(false, request);
    const { id = "" } = await killable.line();
    await killable.kill();
    const runs = await reopen();
    const record = await end(runs, id);
    expect(record.status).to.equal("succeeded");
  });

  it("has its stamp tried once more after the next start, and says so", async () => {
    const id = await killInTheMiddle();
    const runs = await reopen();
    const record = await end(runs, id);
    expect(record.status).to.equal("succeeded");
    const events = await runs.events(id, 0, 1000);
    expect(
      events.filter(({ type }) => type === "stamp.started").map(({ data }) => data),
    ).to.deep.equal([{ attempt: 1 }, { attempt: 2 }]);
    expect(events.filter(({ type }) => type === "run.started")).to.have.length(1);
  });

  it("leaves a stamp that was interrupted twice for a person to look at, and free for the next run", async () => {
    const id = await killInTheMiddle();
    const again = start(true);
    await again.line();
    store = await openStore({ stateDir, report: () => undefined });
    await until("the stamp runs again", async () =>
      (await store!.events(id, 0, 1000)).some(({ data }) => data["attempt"] === 2),
    );
    // Before anything else: the stamp must not come to its end meanwhile.
    await again.kill();
    await store.close();
    const runs = await reopen();
    const record = await end(runs, id);
    expect(record.status).to.equal("needs_attention");
    expect(record.stamps[0]?.error?.code).to.equal("RUN_INTERRUPTED");
    // Asked of a service without workers: one that works may have begun before the answer is there.
    await runs.close();
    await store.close();
    const { run } = await (await reopen()).start(request, keyFor(request));
    expect(run.status).to.equal("queued");
  });

  describe("while the real engine works", () => {
    let engine: EnginePort;
    const locks = () => {
      const folder = path.join(stateDir, "pulumi/.pulumi/locks/organization/strongroom", stamp);
      return existsSync(folder) ? readdirSync(folder) : [];
    };
    const up = (events: StackEvent[]) => {
      const { spec, connection } = fleetPlan([stamp.slice(-12)]).stamps[0]!;
      const tags = { "stash-a": "1" };
      const job = { stamp, operation: "up" as const, spec: { ...spec, tags }, connection };
      return engine.execute(job, (event) => events.push(event), new AbortController().signal);
    };
    before(async () => {
      const toolchain = await engineTools();
      engine = createPulumiEngine({
        toolchain,
        stateDir,
        policyPacks: [],
        environment: process.env,
        childScript,
        report: () => undefined,
      });
    });

    it("leaves no process, and its own lock is found and removed", async () => {
      const killable = startKillable({
        stateDir,
        work: true,
        request,
        engine: { childScript, tags: { hang: "yes" } },
      });
      killables.push(killable);
      await until("the engine holds the lock", () => locks().length > 0);
      const journal = path.join(stateDir, "engine/running", `${stamp}.json`);
      const { processes } = JSON.parse(readFileSync(journal, "utf8")) as {
        processes: ProcessIdentity[];
      };
      expect(processes.length).to.be.greaterThan(1);
      // All at once, as when the machine's memory runs out: nobody can give the lock back.
      killable.process.kill("SIGKILL");
      for (const { pid } of processes.toReversed()) sendSignal(pid, "SIGKILL");
      await killable.kill();
      await until("they are gone", () => processes.every((one) => stateOf(one) === "dead"));
      expect(locks().filter((name) => name.endsWith(".json"))).to.have.length(1);
      const events: StackEvent[] = [];
      const outcome = await up(events);
      expect(outcome.error).to.equal(undefined);
      expect(JSON.stringify(events)).to.contain("removed the lock");
      expect(locks()).to.deep.equal([]);
    });

    it("is followed by its engine: the child process interrupts it and gives the lock back", async () => {
      const killable = startKillable({
        stateDir,
        work: true,
        request,
        engine: { childScript, tags: { hang: "yes" } },
      });
      killables.push(killable);
      await until("the engine holds the lock", () => locks().length > 0);
      const journal = path.join(stateDir, "engine/running", `${stamp}.json`);
      const { processes } = JSON.parse(readFileSync(journal, "utf8")) as {
        processes: ProcessIdentity[];
      };
      await killable.kill();
      await until("they are gone", () => processes.every((one) => stateOf(one) === "dead"));
      expect(locks()).to.deep.equal([]);
    });

    it("never touches the lock of somebody else", async () => {
      expect((await up([])).error).to.equal(undefined);
      const folder = path.join(stateDir, "pulumi/.pulumi/locks/organization/strongroom", stamp);
      mkdirSync(folder, { recursive: true });
      const lock = path.join(folder, "1c4659cd-a9e4-40a1-b4bb-3151834df085.json");
      const text = JSON.stringify({
        pid: process.pid,
        username: "somebody",
        hostname: "laptop",
        timestamp: "2026-11-23T21:19:46Z",
      });
      writeFileSync(lock, text);
      const { spec, connection } = fleetPlan([stamp.slice(-12)]).stamps[0]!;
      const outcome = await engine.execute(
        { stamp, operation: "up", spec: { ...spec, tags: { "stash-b": "2" } }, connection },
        () => undefined,
        new AbortController().signal,
      );
      expect(outcome.error?.code).to.equal("STACK_LOCKED");
      expect(outcome.error?.message).to.contain("somebody@laptop");
      expect(readFileSync(lock, "utf8")).to.equal(text);
    });
  });
});
