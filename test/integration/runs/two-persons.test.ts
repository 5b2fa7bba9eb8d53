import { expect } from "chai";

import type { ManagedRunService } from "../../../server/runs/service";
import type { RunEvent, RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { AppError } from "../../../stacks/errors";
import { stampName } from "../../../stacks/naming";
import { CLOSED_TO_FAILURES, type RolloutRules } from "../../../stacks/rollout";
import { FakeEngine } from "../../support/fake-engine";
import { FakePlanner, keyFor, newAccount, scratchFolder, runsOf } from "../../support/runs";

describe("runs of which two persons decide", () => {
  const scratch = scratchFolder("two-persons");
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

  const gate = { ...CLOSED_TO_FAILURES, approval: true };
  const rules = (more: Partial<RolloutRules>): RolloutRules => ({
    waves: [
      { name: "w0", gate },
      { name: "w1", gate: CLOSED_TO_FAILURES },
    ],
    approval: false,
    preciousAccounts: 1,
    ...more,
  });
  async function until(id: string, type: RunEvent["type"]): Promise<RunRecord> {
    for await (const event of runs.follow(id, 0, AbortSignal.timeout(20_000))) {
      if (event.type === type) break;
    }
    return (await runs.get(id))!;
  }
  async function held(request: RunRequest, by = "ann"): Promise<RunRecord> {
    const { run } = await runs.start(request, keyFor(request, undefined, by));
    return until(run.id, "run.held");
  }
  const twoWaves = (): RunRequest => {
    planner.waves = [0, 1];
    return {
      operation: "up",
      target: { stamps: [1, 2].map(() => stampName("member", newAccount())) },
    };
  };
  /** What comes of an approval: `ok`, or the code of its error. */
  const approve = ({ id, hold }: RunRecord, by: string): Promise<string> =>
    runs.approve(id, { digest: hold!.digest!, reason: "CHG-1" }, by).then(
      () => "ok",
      (error: unknown) => AppError.from(error).code,
    );
  const ended = (id: string) => until(id, "run.ended");

  it("are not approved by who asked for them", async () => {
    planner.rollout = rules({ twoPerson: true });
    const run = await held(twoWaves());
    expect(run.hold).to.include({ kind: "wave", twoPerson: true });
    expect(await approve(run, "ann")).to.equal("AUTH_SECOND_PERSON");
    expect((await runs.get(run.id))!.status).to.equal("waiting_for_approval");
    expect(await approve(run, "olga")).to.equal("ok");
    expect((await ended(run.id)).status).to.equal("succeeded");
  });

  it("may be approved by who asked where the fleet file does not say so", async () => {
    planner.rollout = rules({});
    const run = await held(twoWaves());
    expect(await approve(run, "ann")).to.equal("ok");
    expect((await ended(run.id)).status).to.equal("succeeded");
  });

  it("wait for as many different approvers as it says, each written down", async () => {
    planner.rollout = rules({ approvers: 2 });
    const run = await held(twoWaves());
    expect(await approve(run, "olga")).to.equal("ok");
    const waiting = (await runs.get(run.id))!;
    expect(waiting.status).to.equal("waiting_for_approval");
    expect(waiting.hold).to.deep.include({ approvers: 2, approvedBy: ["olga"] });
    expect(engine.calls).to.have.length(1);
    expect(await approve(waiting, "olga")).to.equal("AUTH_SECOND_PERSON");
    expect(await approve(waiting, "pia")).to.equal("ok");
    const record = await ended(run.id);
    expect(record.status).to.equal("succeeded");
    expect(record.approvals?.map(({ by }) => by)).to.deep.equal(["olga", "pia"]);
    const entries = await store.audit({ limit: 20, runId: run.id });
    const approvals = entries.filter(({ action }) => action === "run.approve");
    expect(approvals.map(({ subject, details }) => [subject, details["missing"]])).to.deep.equal([
      ["pia", undefined],
      ["olga", 1],
    ]);
  });

  it("of two approvals at the same moment by one person keep one", async () => {
    planner.rollout = rules({ approvers: 2 });
    const run = await held(twoWaves());
    const answers = await Promise.all([approve(run, "olga"), approve(run, "olga")]);
    expect(answers.toSorted()).to.deep.equal(["AUTH_SECOND_PERSON", "ok"]);
    await runs.cancel(run.id, "ann");
  });

  it("take nothing down before a second person has approved exactly that", async () => {
    const stamp = stampName("member", newAccount());
    planner.secondPerson = {
      waves: [{ name: "all", gate: CLOSED_TO_FAILURES }],
      approval: true,
      preciousAccounts: 0,
      twoPerson: true,
    };
    const retire: RunRequest = {
      operation: "retire",
      target: { stamps: [stamp] },
      confirm: [stamp],
    };
    const first = await held(retire);
    expect(first.hold).to.include({ kind: "plan", twoPerson: true });
    expect(engine.calls).to.deep.equal([]);
    expect(await approve(first, "ann")).to.equal("AUTH_SECOND_PERSON");
    await runs.cancel(first.id, "ann");

    const other = stampName("member", newAccount());
    const second = await held({ ...retire, target: { stamps: [other] }, confirm: [other] });
    const { digest } = first.hold!;
    expect(
      await approve({ ...second, hold: { ...second.hold!, digest: digest! } }, "olga"),
    ).to.equal("PLAN_CHANGED");
    expect(await approve(second, "olga")).to.equal("ok");
    expect((await ended(second.id)).status).to.equal("succeeded");
    expect(engine.calls.map((job) => [job.stamp, job.operation])).to.deep.equal([
      [other, "retire"],
    ]);
  });
});
