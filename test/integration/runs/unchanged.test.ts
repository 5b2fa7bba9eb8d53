import { expect } from "chai";

import type { ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName } from "../../../stacks/naming";
import { FakeEngine } from "../../support/fake-engine";
import { FakePlanner, keyFor, newAccount, scratchFolder, runsOf } from "../../support/runs";

describe("runs over stamps that nothing has changed for", () => {
  const scratch = scratchFolder("unchanged");
  let store: Store;
  let engine: FakeEngine;
  let planner: FakePlanner;
  let runs: ManagedRunService;

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
  });
  beforeEach(async () => {
    engine = new FakeEngine();
    planner = new FakePlanner();
    runs = runsOf({
      store,
      engine,
      planner,
    });
    await runs.startWorkers();
  });
  afterEach(() => runs.close());
  after(async () => {
    await store.close();
    scratch.remove();
  });

  async function run(request: RunRequest): Promise<RunRecord> {
    const { run: started } = await runs.start(request, keyFor(request));
    for await (const event of runs.follow(started.id, 0, AbortSignal.timeout(20_000))) event;
    return (await runs.get(started.id))!;
  }

  const stampsOf = (count: number) =>
    Array.from({ length: count }, () => stampName("member", newAccount()));

  it("ends them at once, says so of each, asks the engine for nothing and frees them", async () => {
    const stamps = stampsOf(3);
    const target = { stamps };
    expect((await run({ operation: "up", target })).summary).to.include({
      changed: 3,
      unchanged: 0,
    });
    const asked = engine.calls.length;
    const again = await run({ operation: "up", target });
    expect(engine.calls).to.have.length(asked);
    expect(again.status).to.equal("succeeded");
    expect(again.summary).to.include({ stamped: 3, changed: 0, unchanged: 3, resources: 6 });
    expect(again.stamps.map(({ unchanged }) => unchanged)).to.deep.equal([true, true, true]);
    const ends = (await runs.events(again.id, 0, 100)).filter(({ type }) => type === "stamp.ended");
    expect(ends.map(({ data }) => data["unchanged"])).to.deep.equal([true, true, true]);
    expect((await run({ operation: "preview", target })).summary?.unchanged).to.equal(3);
    expect((await run({ operation: "drift", target })).status).to.equal("succeeded");
  });

  it("does not leave alone what is forced, refreshed, or was made by another program", async () => {
    const target = { stamps: stampsOf(2) };
    await run({ operation: "up", target });
    for (const more of [{ force: true }, { refresh: true }]) {
      expect((await run({ operation: "up", target, ...more })).summary?.unchanged).to.equal(0);
    }
    engine.program = "2";
    expect((await run({ operation: "up", target })).summary?.unchanged).to.equal(0);
    expect((await run({ operation: "up", target })).summary?.unchanged).to.equal(2);
  });

  it("looks again at a stamp that somebody changed on a laptop", async () => {
    const stamps = stampsOf(2);
    await run({ operation: "up", target: { stamps } });
    engine.write(stamps[0]!);
    const record = await run({ operation: "up", target: { stamps } });
    expect(record.stamps.map(({ unchanged }) => unchanged)).to.deep.equal([undefined, true]);
  });

  it("looks again at a stamp whose last run failed, was cancelled, or found drift", async () => {
    const [stamp] = stampsOf(1);
    const target = { stamps: [stamp!] };
    const change = { urn: "u", type: "t", name: "n", operation: "update", properties: ["p"] };
    const error = { code: "ACCESS_ROLE", message: "the role cannot be assumed" } as const;
    const spoilers: [RunRequest, object][] = [
      [
        { operation: "up", target, force: true },
        { status: "failed", error },
      ],
      [
        { operation: "drift", target },
        { status: "failed", error },
      ],
      [{ operation: "drift", target }, { changes: [change] }],
    ];
    for (const [request, end] of spoilers) {
      engine.behaviours.delete(stamp!);
      await run({ operation: "up", target });
      expect((await run({ operation: "up", target })).summary?.unchanged).to.equal(1);
      engine.behaviours.set(stamp!, { ends: [end] });
      await run(request);
      engine.behaviours.delete(stamp!);
      expect((await run({ operation: "up", target })).summary?.unchanged).to.equal(0);
    }
  });

  it("remembers what drifted, by the names of properties, until an up has brought it back", async () => {
    const [stamp] = stampsOf(1);
    const target = { stamps: [stamp!] };
    const change = { urn: "u", type: "t", name: "n", operation: "update", properties: ["p"] };
    await run({ operation: "up", target });
    engine.behaviours.set(stamp!, { ends: [{}, { changes: [change as never] }, {}] });
    await run({ operation: "drift", target });
    const drifted = (await runs.stampState(stamp!))?.state;
    expect(drifted).to.deep.include({ drifted: true, drift: [change] });
    expect(drifted?.comparedAt).to.be.a("string");
    await run({ operation: "up", target, refresh: true });
    const after = (await runs.stampState(stamp!))?.state;
    expect(after).to.include({ drifted: false });
    expect(after?.drift).to.equal(undefined);
  });

  it("compares the share of them that the fleet file names with what is really there, each in turn", async () => {
    const stamps = stampsOf(4);
    const target = { stamps };
    await run({ operation: "up", target });
    planner.driftSamplePercent = 50;
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      const asked = engine.calls.length;
      const record = await run({ operation: "up", target });
      expect(record.summary?.unchanged).to.equal(2);
      const calls = engine.calls.slice(asked);
      expect(calls.map(({ refresh }) => refresh)).to.deep.equal([true, true]);
      seen.push(...calls.map(({ stamp }) => stamp));
    }
    expect(new Set(seen)).to.deep.equal(new Set(stamps));
    const asked = engine.calls.length;
    await run({ operation: "preview", target });
    expect(engine.calls).to.have.length(asked);
  });
});
