import { expect } from "chai";

import { AppError } from "../../../stacks/errors";
import { stampName, type StampName } from "../../../stacks/naming";
import type { ManagedRunService } from "../../../server/runs/service";
import type { RunEvent, RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { FakeEngine } from "../../support/fake-engine";
import { FakePlanner, keyFor, newAccount, scratchFolder, VAULT, runsOf } from "../../support/runs";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return AppError.from(error).code;
  }
}

const up = (...stamps: StampName[]): RunRequest => ({ operation: "up", target: { stamps } });

async function ended(service: ManagedRunService, id: string): Promise<RunRecord> {
  for await (const event of service.follow(id, 0, AbortSignal.timeout(20_000))) event;
  const run = await service.get(id);
  expect(run?.endedAt, `run ${id} has not ended: ${run?.status ?? "unknown"}`).to.be.a("string");
  return run!;
}

describe("the runs over a real database", () => {
  const scratch = scratchFolder("runs");
  const services: ManagedRunService[] = [];
  let store: Store;

  /** A service whose workers run, with an engine of its own. Other services see its queue, so each test waits for its runs. */
  function service(engine: FakeEngine, fleet: readonly string[] = []): ManagedRunService {
    const made = runsOf({
      store,
      engine,
      planner: new FakePlanner(fleet),
    });
    services.push(made);
    return made;
  }

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
  });
  afterEach(async () => {
    for (const made of services.splice(0)) await made.close();
  });
  after(async () => {
    await store.close();
    scratch.remove();
  });

  it("stamps a fleet in the order access, vault, member and accounts for every account", async () => {
    const engine = new FakeEngine();
    const members = [newAccount(), newAccount()];
    const runs = service(engine, members);
    await runs.startWorkers();
    const request: RunRequest = { operation: "up", target: {} };
    const { run } = await runs.start(request, keyFor(request));
    const record = await ended(runs, run.id);
    expect(record.status).to.equal("succeeded");
    const order = engine.calls.map(({ stamp }) => stamp);
    const vaultAt = order.indexOf(stampName("vault", VAULT));
    expect(vaultAt).to.be.greaterThan(order.indexOf(stampName("access", VAULT)));
    for (const id of members) {
      const at = order.indexOf(stampName("member", id));
      expect(at).to.be.greaterThan(vaultAt);
      expect(at).to.be.greaterThan(order.indexOf(stampName("access", id)));
    }
    expect(record.summary).to.deep.include({
      accounts: 4,
      stamped: 3,
      skipped: 1,
      failed: 0,
      changed: 6,
      resources: 12,
    });
    expect(record.accounts.at(-1)).to.deep.equal({
      accountId: "999999999999",
      name: "old",
      status: "skipped",
      reason: "The account is suspended.",
    });
    const state = await runs.stampState(stampName("vault", VAULT));
    expect(state?.state).to.deep.include({ lastStatus: "succeeded", drifted: false });
    expect(state?.outputs).to.deep.equal({ stamp: stampName("vault", VAULT) });
  });

  it("lets one account fail alone and says of the others what they depended on", async () => {
    const engine = new FakeEngine();
    const [bad, good] = [newAccount(), newAccount()];
    const access = stampName("access", bad);
    const error = { code: "ACCESS_ROLE", message: "the role cannot be assumed" } as const;
    engine.behaviours.set(access, { ends: [{ status: "failed", error }] });
    const runs = service(engine, [bad, good]);
    await runs.startWorkers();
    const request: RunRequest = { operation: "up", target: {} };
    const { run } = await runs.start(request, keyFor(request));
    const record = await ended(runs, run.id);
    expect(record.status).to.equal("failed");
    const of = (stamp: StampName) => record.stamps.find((result) => result.stamp === stamp);
    expect(of(stampName("member", good))?.status).to.equal("succeeded");
    expect(of(access)?.error).to.deep.equal(error);
    expect(of(stampName("member", bad))?.status).to.equal("not-started");
    expect(of(stampName("member", bad))?.error?.code).to.equal("RUN_DEPENDENCY");
    expect(of(stampName("member", bad))?.error?.message).to.contain(access);
    expect(record.summary).to.deep.include({ accounts: 4, stamped: 2, skipped: 1, failed: 1 });
    expect(record.accounts.find(({ accountId }) => accountId === bad)).to.deep.include({
      status: "failed",
      reason: "the role cannot be assumed",
    });
  });

  it("starts one run for one hundred requests with the same key at the same time", async () => {
    const runs = service(new FakeEngine());
    const request = up(stampName("member", newAccount()));
    const key = keyFor(request);
    const answers = await Promise.all(Array.from({ length: 100 }, () => runs.start(request, key)));
    expect(new Set(answers.map(({ run }) => run.id)).size).to.equal(1);
    expect(answers.filter(({ replayed }) => !replayed)).to.have.length(1);
  });

  it("starts one run for one hundred requests for the same stamp and names it to the others", async () => {
    const runs = service(new FakeEngine());
    const request = up(stampName("member", newAccount()));
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, () => runs.start(request, keyFor(request))),
    );
    const started = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? [answer.value.run.id] : [],
    );
    expect(started).to.have.length(1);
    const refusals = answers.flatMap((answer) =>
      answer.status === "rejected" ? [AppError.from(answer.reason)] : [],
    );
    expect(new Set(refusals.map(({ code }) => code))).to.deep.equal(new Set(["STACK_BUSY"]));
    expect(refusals[0]?.message).to.contain(started[0]);
  });

  it("records nothing of a run that was refused because one of its stamps is busy", async () => {
    const runs = service(new FakeEngine());
    const [held, free] = [stampName("member", newAccount()), stampName("member", newAccount())];
    await runs.start(up(held), keyFor(up(held)));
    const both = up(free, held);
    const key = keyFor(both);
    expect(await codeOf(runs.start(both, key))).to.equal("STACK_BUSY");
    expect(await store.findKey(key)).to.equal(undefined);
    expect(await codeOf(runs.start(up(free), keyFor(up(free))))).to.equal("none");
  });

  it("refuses a key that was used for another request and keeps keys of callers apart", async () => {
    const runs = service(new FakeEngine());
    const first = up(stampName("member", newAccount()));
    const second = up(stampName("member", newAccount()));
    await runs.start(first, keyFor(first, "same", "alice"));
    expect(await codeOf(runs.start(second, keyFor(second, "same", "alice")))).to.equal(
      "SPEC_IDEMPOTENCY_KEY_REUSED",
    );
    expect((await runs.start(second, keyFor(second, "same", "bob"))).replayed).to.equal(false);
  });

  it("numbers the events of a run without gaps and lets a follower resume after any of them", async () => {
    const engine = new FakeEngine();
    const stamps = Array.from({ length: 5 }, () => stampName("member", newAccount()));
    const events = Array.from({ length: 40 }, (_, index) => ({
      type: "message" as const,
      level: "info" as const,
      text: `step ${index}`,
    }));
    for (const stamp of stamps) engine.behaviours.set(stamp, { events, takes: 200 });
    const runs = service(engine);
    await runs.startWorkers();
    const { run } = await runs.start(up(...stamps), keyFor(up(...stamps)));
    const seen: RunEvent[] = [];
    for await (const event of runs.follow(run.id, 0, AbortSignal.timeout(20_000))) {
      seen.push(event);
    }
    expect(seen.map(({ seq }) => seq)).to.deep.equal(seen.map((_, index) => index + 1));
    expect(seen[0]?.type).to.equal("run.queued");
    expect(seen.at(-1)?.type).to.equal("run.ended");
    for (const stamp of stamps) {
      const own = seen.filter((event) => event.stamp === stamp && event.type === "stamp.message");
      expect(own.map(({ data }) => data["text"])).to.deep.equal(events.map(({ text }) => text));
    }
    const resumed: number[] = [];
    for await (const event of runs.follow(run.id, 100, AbortSignal.timeout(20_000))) {
      resumed.push(event.seq);
    }
    expect(resumed).to.deep.equal(seen.slice(100).map(({ seq }) => seq));
    const after: unknown[] = [];
    for await (const event of runs.follow(run.id, seen.length, AbortSignal.timeout(20_000))) {
      after.push(event);
    }
    expect(after).to.deep.equal([]);
  });

  it("cancels: what waits is not started, what runs is interrupted, and the stamps are free again", async () => {
    const engine = new FakeEngine();
    const [busy, member] = [newAccount(), newAccount()];
    engine.behaviours.set(stampName("access", busy), { takes: 60_000 });
    const runs = service(engine, [busy, member]);
    await runs.startWorkers();
    const request: RunRequest = { operation: "up", target: {} };
    const { run } = await runs.start(request, keyFor(request));
    for await (const event of runs.follow(run.id, 0, AbortSignal.timeout(20_000))) {
      if (event.type === "stamp.started" && event.stamp === stampName("access", busy)) break;
    }
    await runs.cancel(run.id, "tester");
    const record = await ended(runs, run.id);
    expect(record.status).to.equal("cancelled");
    const of = (stamp: StampName) => record.stamps.find((result) => result.stamp === stamp);
    expect(of(stampName("access", busy))?.status).to.equal("cancelled");
    expect(of(stampName("member", busy))?.status).to.equal("not-started");
    expect(of(stampName("member", busy))?.error?.code).to.equal("RUN_CANCELLED");
    const again = up(stampName("member", busy));
    expect(await codeOf(runs.start(again, keyFor(again)))).to.equal("none");
  });

  it("cancels a run of which nothing has started, at once", async () => {
    const runs = service(new FakeEngine());
    const request = up(stampName("member", newAccount()));
    const { run } = await runs.start(request, keyFor(request));
    expect((await runs.cancel(run.id, "tester")).status).to.equal("cancelled");
    expect((await runs.cancel(run.id, "tester")).status).to.equal("cancelled");
    expect(await codeOf(runs.cancel("run-000000000000-0000000000000000", "x"))).to.equal(
      "RUN_NOT_FOUND",
    );
  });

  it("tries an engine failure that changed nothing once more, and only once", async () => {
    const engine = new FakeEngine();
    const [once, twice, refused] = [newAccount(), newAccount(), newAccount()].map((id) =>
      stampName("member", id),
    );
    const failed = (code: "ENGINE_FAILED" | "ACCESS_DENIED") => ({
      status: "failed" as const,
      error: { code, message: "it failed" },
    });
    engine.behaviours.set(once!, { ends: [failed("ENGINE_FAILED"), {}] });
    engine.behaviours.set(twice!, { ends: [failed("ENGINE_FAILED")] });
    engine.behaviours.set(refused!, { ends: [failed("ACCESS_DENIED")] });
    const runs = service(engine);
    await runs.startWorkers();
    const { run } = await runs.start(up(once!, twice!, refused!), keyFor(up(once!)));
    const record = await ended(runs, run.id);
    expect(record.stamps.map(({ status }) => status)).to.deep.equal([
      "succeeded",
      "failed",
      "failed",
    ]);
    const tries = (stamp?: StampName) => engine.calls.filter((job) => job.stamp === stamp).length;
    expect([tries(once), tries(twice), tries(refused)]).to.deep.equal([2, 2, 1]);
  });

  it("survives an engine that throws: the stamp fails, the others go on", async () => {
    const engine = new FakeEngine();
    const [bad, good] = [stampName("member", newAccount()), stampName("member", newAccount())];
    engine.behaviours.set(bad, { throws: new Error("boom") });
    const runs = service(engine);
    await runs.startWorkers();
    const { run } = await runs.start(up(bad, good), keyFor(up(bad, good)));
    const record = await ended(runs, run.id);
    expect(record.stamps.map(({ status }) => status)).to.deep.equal(["failed", "succeeded"]);
    expect(record.stamps[0]?.error?.code).to.equal("BUG_UNEXPECTED");
  });

  it("never runs more operations at a time than the setting allows", async () => {
    const engine = new FakeEngine();
    const stamps = Array.from({ length: 12 }, () => stampName("member", newAccount()));
    for (const stamp of stamps) engine.behaviours.set(stamp, { takes: 50 });
    const runs = service(engine);
    await runs.startWorkers();
    const { run } = await runs.start(up(...stamps), keyFor(up(...stamps)));
    expect((await ended(runs, run.id)).status).to.equal("succeeded");
    expect(engine.most).to.be.within(2, 4);
  });

  it("retires only what the confirmation names exactly, and drift is remembered", async () => {
    const engine = new FakeEngine();
    const stamp = stampName("member", newAccount());
    const runs = service(engine);
    await runs.startWorkers();
    const first = await runs.start(up(stamp), keyFor(up(stamp)));
    await ended(runs, first.run.id);
    const target = { stamps: [stamp] };
    const blind: RunRequest = { operation: "retire", target };
    expect(await codeOf(runs.start(blind, keyFor(blind)))).to.equal("SPEC_CONFIRMATION");
    const wide: RunRequest = { ...blind, confirm: [stamp, stampName("member", newAccount())] };
    expect(await codeOf(runs.start(wide, keyFor(wide)))).to.equal("SPEC_CONFIRMATION");
    const change = { urn: "u", type: "t", name: "n", operation: "update", properties: ["p"] };
    engine.behaviours.set(stamp, { ends: [{}, { changes: [change as never] }, {}] });
    const drift: RunRequest = { operation: "drift", target };
    await ended(runs, (await runs.start(drift, keyFor(drift))).run.id);
    const retire: RunRequest = { ...blind, confirm: [stamp] };
    const record = await ended(runs, (await runs.start(retire, keyFor(retire))).run.id);
    expect(record.summary).to.deep.include({ changed: 1, resources: 0 });
    const state = await runs.stampState(stamp);
    expect(state?.state.stampedAt).to.equal(undefined);
    expect(state?.outputs).to.deep.equal({});
  });

  it("goes on after its workers were stopped in the middle, without counting that as a failure", async () => {
    const engine = new FakeEngine();
    const stamp = stampName("member", newAccount());
    engine.behaviours.set(stamp, { takes: 60_000 });
    const first = service(engine);
    await first.startWorkers();
    const { run } = await first.start(up(stamp), keyFor(up(stamp)));
    for await (const event of first.follow(run.id, 0, AbortSignal.timeout(20_000))) {
      if (event.type === "stamp.started") break;
    }
    await first.close();
    expect((await first.get(run.id))?.stamps[0]?.status).to.equal("waiting");
    expect(await codeOf(first.start(up(stamp), keyFor(up(stamp))))).to.equal("RUN_SHUTTING_DOWN");
    engine.behaviours.delete(stamp);
    const second = service(engine);
    await second.startWorkers();
    expect((await ended(second, run.id)).status).to.equal("succeeded");
  });

  it("lists the newest runs first, in pages", async () => {
    const runs = service(new FakeEngine());
    for (let index = 0; index < 3; index++) {
      const request = up(stampName("member", newAccount()));
      await runs.start(request, keyFor(request));
    }
    const all = (await runs.list({ limit: 1000 })).items.map(({ id }) => id);
    const paged: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await runs.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(paged).to.deep.equal(all);
    expect([...all].sort().reverse()).to.deep.equal(all);
    expect(await codeOf(runs.list({ limit: 2, cursor: "x' OR 1=1" }))).to.equal("SPEC_MALFORMED");
  });
});
