import { expect } from "chai";

import { resumePaused } from "../../../server/runs/decisions";
import type { ManagedRunService } from "../../../server/runs/service";
import type { RunEvent, RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { AppError } from "../../../stacks/errors";
import { stampName, type StampName } from "../../../stacks/naming";
import { CLOSED_TO_FAILURES, type Gate } from "../../../stacks/rollout";
import { FakeEngine } from "../../support/fake-engine";
import { FakePlanner, keyFor, newAccount, scratchFolder, runsOf } from "../../support/runs";

const FAILED = {
  status: "failed",
  error: { code: "ACCESS_ROLE", message: "the role cannot be assumed" },
} as const;

/** The replacement of a key, which is what a guard is for. */
const REPLACED = {
  changes: [
    {
      urn: "urn:pulumi:s::strongroom::aws:kms/key:Key::key",
      type: "aws:kms/key:Key",
      name: "key",
      operation: "replace",
      properties: ["policy"],
    },
  ],
  counts: { create: 0, update: 0, replace: 1, delete: 0, same: 1 },
} as const;

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => AppError.from(error).code,
  );
}

describe("rollouts over a real database", () => {
  const scratch = scratchFolder("rollouts");
  const services: ManagedRunService[] = [];
  let store: Store;
  let engine: FakeEngine;
  let planner: FakePlanner;
  let now: Date;

  function service(): ManagedRunService {
    const made = runsOf({
      store,
      engine,
      planner,
      clock: { now: () => now },
    });
    services.push(made);
    return made;
  }

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
  });
  beforeEach(() => {
    engine = new FakeEngine();
    planner = new FakePlanner();
    now = new Date();
  });
  afterEach(async () => {
    for (const made of services.splice(0)) await made.close();
  });
  after(async () => {
    await store.close();
    scratch.remove();
  });

  const stampsOf = (count: number): StampName[] =>
    Array.from({ length: count }, () => stampName("member", newAccount()));

  function gates(...all: Partial<Gate>[]): void {
    planner.rollout = {
      waves: all.map((gate, index) => ({
        name: `w${index}`,
        gate: { ...CLOSED_TO_FAILURES, ...gate },
      })),
      approval: false,
      preciousAccounts: 1,
    };
  }

  async function start(runs: ManagedRunService, request: RunRequest): Promise<string> {
    return (await runs.start(request, keyFor(request))).run.id;
  }

  /** Waits until an event comes, and answers the run as it is then. */
  async function until(
    runs: ManagedRunService,
    id: string,
    type: RunEvent["type"],
  ): Promise<RunRecord> {
    for await (const event of runs.follow(id, 0, AbortSignal.timeout(20_000))) {
      if (event.type === type) break;
    }
    return (await runs.get(id))!;
  }
  const ended = (runs: ManagedRunService, id: string) => until(runs, id, "run.ended");

  async function made(runs: ManagedRunService, stamps: readonly StampName[]): Promise<void> {
    await ended(runs, await start(runs, { operation: "up", target: { stamps } }));
  }

  const calls = (from: number, operation: string) =>
    engine.calls.slice(from).filter((job) => job.operation === operation);

  it("stop after a wave in which too many failed, leave the rest untouched, and go on from there", async () => {
    const [canary, bad, later] = stampsOf(3) as [StampName, StampName, StampName];
    const target = { stamps: [canary, bad, later] };
    gates({}, {});
    planner.waves = [0, 0, 1];
    engine.behaviours.set(bad, { ends: [FAILED, {}] });
    const runs = service();
    await runs.startWorkers();
    const id = await start(runs, { operation: "up", target });
    const stopped = await ended(runs, id);
    expect(stopped.status).to.equal("failed");
    expect(stopped.stamps.map(({ status }) => status)).to.deep.equal([
      "succeeded",
      "failed",
      "not-started",
    ]);
    expect(stopped.stamps[2]?.error?.code).to.equal("RUN_STOPPED");
    expect(stopped.summary).to.include({ stamped: 1, failed: 2 });
    expect(engine.calls.map(({ stamp }) => stamp)).to.not.include(later);

    planner.waves = [];
    const retry: RunRequest = { operation: "up", target: {} };
    const again = await runs.goOn(id, "retry", keyFor(retry));
    const retried = await ended(runs, again.run.id);
    expect(retried.follows).to.deep.equal({ run: id, how: "retry" });
    expect(retried.stamps.map(({ stamp }) => stamp)).to.deep.equal([bad]);

    planner.waves = [0, 1];
    const key = keyFor(retry);
    const on = await runs.goOn(id, "resume", key);
    expect((await runs.goOn(id, "resume", key)).replayed).to.equal(true);
    const resumed = await ended(runs, on.run.id);
    expect(resumed.status).to.equal("succeeded");
    expect(resumed.stamps.map(({ stamp, unchanged }) => [stamp, unchanged])).to.deep.equal([
      [bad, true],
      [later, undefined],
    ]);
    expect(await codeOf(runs.goOn(resumed.id, "retry", keyFor(retry)))).to.equal("RUN_NOT_WAITING");
  });

  it("wait after a wave for an approver, through a restart, and write down who let them go on and why", async () => {
    const [canary, later] = stampsOf(2) as [StampName, StampName];
    gates({ approval: true }, {});
    planner.waves = [0, 1];
    const first = service();
    await first.startWorkers();
    const id = await start(first, { operation: "up", target: { stamps: [canary, later] } });
    const held = await until(first, id, "run.held");
    expect(held.status).to.equal("waiting_for_approval");
    expect(held.hold).to.include({ kind: "wave", wave: "w0" });
    expect(engine.calls).to.have.length(1);
    const busy: RunRequest = { operation: "up", target: { stamps: [later] } };
    expect(await codeOf(first.start(busy, keyFor(busy)))).to.equal("STACK_BUSY");
    await first.close();

    const second = service();
    await second.startWorkers();
    const digest = held.hold!.digest!;
    const approve = (change: object) =>
      second.approve(id, { digest, reason: "CHG-1", ...change }, "olga");
    expect(await codeOf(approve({ reason: " " }))).to.equal("SPEC_REASON_MISSING");
    expect(await codeOf(approve({ digest: "0".repeat(64) }))).to.equal("PLAN_CHANGED");
    expect(await codeOf(approve({ preciousAccounts: 3 }))).to.equal("SPEC_APPROVAL");
    expect(engine.calls).to.have.length(1);
    await approve({});
    const record = await ended(second, id);
    expect(record.status).to.equal("succeeded");
    expect(record.hold).to.equal(undefined);
    expect(record.approvals?.[0]).to.include({ by: "olga", reason: "CHG-1", digest, wave: "w0" });
    const [entry] = (await store.audit({ limit: 10, runId: id })).filter(
      ({ action }) => action === "run.approve",
    );
    expect(entry).to.include({ subject: "olga", reason: "CHG-1" });
    expect(await codeOf(approve({}))).to.equal("RUN_NOT_WAITING");
  });

  it("pause after a wave for their time, or until somebody has seen enough", async () => {
    const stamps = stampsOf(3);
    gates({ pauseSeconds: 3600 }, { pauseSeconds: 3600 }, {});
    planner.waves = [0, 1, 2];
    const runs = service();
    await runs.startWorkers();
    const id = await start(runs, { operation: "up", target: { stamps } });
    const paused = await until(runs, id, "run.held");
    expect(paused.status).to.equal("paused");
    expect(await resumePaused(store)).to.equal(0);
    expect(engine.calls).to.have.length(1);
    now = new Date();
    const request: RunRequest = { operation: "up", target: {} };
    await runs.goOn(id, "resume", keyFor(request));
    for (let tries = 0; tries < 400; tries++) {
      const run = await runs.get(id);
      if (run?.hold?.wave === "w1") break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const again = await runs.get(id);
    expect(again?.hold).to.include({ kind: "pause", wave: "w1" });
    expect(engine.calls).to.have.length(2);
    await runs.cancel(id, "tester");
    const record = await ended(runs, id);
    expect(record.stamps.map(({ status }) => status)).to.deep.equal([
      "succeeded",
      "succeeded",
      "not-started",
    ]);
  });

  it("ask before keys are replaced in more accounts than the fleet file lets go, and want the number named", async () => {
    const stamps = stampsOf(3);
    const target = { stamps };
    const runs = service();
    await runs.startWorkers();
    await made(runs, stamps);
    gates({});
    engine.program = "2";
    for (const stamp of stamps.slice(0, 2)) engine.behaviours.set(stamp, { ends: [{}, REPLACED] });
    const from = engine.calls.length;
    const id = await start(runs, { operation: "up", target });
    const held = await until(runs, id, "run.held");
    expect(held.hold).to.include({ kind: "plan", preciousAccounts: 2 });
    expect(calls(from, "preview")).to.have.length(3);
    expect(calls(from, "up")).to.have.length(0);
    expect(held.stamps[0]?.changes?.[0]).to.include({ operation: "replace", name: "key" });
    const approval = { digest: held.hold!.digest!, reason: "CHG-2" };
    expect(await codeOf(runs.approve(id, approval, "olga"))).to.equal("SPEC_APPROVAL");
    await runs.approve(id, { ...approval, preciousAccounts: 2 }, "olga");
    const record = await ended(runs, id);
    expect(record.status).to.equal("succeeded");
    expect(calls(from, "up")).to.have.length(3);
    expect(record.summary?.changed).to.equal(2);
  });

  it("apply what was planned or nothing: another plan at the time of the update stops that stamp", async () => {
    const stamps = stampsOf(2);
    const runs = service();
    await runs.startWorkers();
    await made(runs, stamps);
    gates({});
    engine.program = "2";
    engine.behaviours.set(stamps[0]!, { ends: [{}, {}, REPLACED] });
    const id = await start(runs, { operation: "up", target: { stamps } });
    const record = await ended(runs, id);
    expect(record.stamps.map(({ status }) => status)).to.deep.equal(["failed", "succeeded"]);
    expect(record.stamps[0]?.error?.code).to.equal("PLAN_CHANGED");
  });

  for (const part of ["program", "packs"] as const) {
    it(`stop where the ${part} became another one after the approval, and ask anew for what it would do now`, async () => {
      const stamps = stampsOf(3);
      const target = { stamps };
      const runs = service();
      await runs.startWorkers();
      await made(runs, stamps);
      gates({});
      engine.program = "2";
      for (const stamp of stamps) engine.behaviours.set(stamp, { ends: [{}, REPLACED] });
      const id = await start(runs, { operation: "up", target });
      const held = await until(runs, id, "run.held");
      engine[part] = "3";
      const from = engine.calls.length;
      const approval = { digest: held.hold!.digest!, reason: "CHG-3", preciousAccounts: 3 };
      await runs.approve(id, approval, "olga");
      const record = await ended(runs, id);
      expect(record.stamps.map(({ error }) => error?.code)).to.deep.equal([
        "PLAN_CHANGED",
        "PLAN_CHANGED",
        "PLAN_CHANGED",
      ]);
      expect(calls(from, "up")).to.have.length(3);
      const again = await runs.goOn(id, "retry", keyFor({ operation: "up", target: {} }));
      const anew = await until(runs, again.run.id, "run.held");
      expect(anew.hold?.digest).not.to.equal(held.hold?.digest);
      const old = { ...approval, digest: held.hold!.digest! };
      expect(await codeOf(runs.approve(anew.id, old, "olga"))).to.equal("PLAN_CHANGED");
      await runs.cancel(anew.id, "tester");
    });
  }

  it("plan nothing twice where one account at most could lose something", async () => {
    const stamps = stampsOf(2);
    const runs = service();
    await runs.startWorkers();
    await made(runs, stamps.slice(0, 1));
    gates({});
    engine.program = "2";
    const from = engine.calls.length;
    const id = await start(runs, { operation: "up", target: { stamps } });
    expect((await ended(runs, id)).status).to.equal("succeeded");
    expect(calls(from, "preview")).to.have.length(0);
  });

  it("are cancelled while they wait, and free their stamps", async () => {
    const stamps = stampsOf(2);
    const target = { stamps };
    gates({ approval: true }, {});
    planner.waves = [0, 1];
    const runs = service();
    await runs.startWorkers();
    const id = await start(runs, { operation: "up", target });
    await until(runs, id, "run.held");
    expect((await runs.cancel(id, "tester")).status).to.equal("cancelled");
    expect(await codeOf(start(runs, { operation: "drift", target }))).to.equal("none");
  });
});
