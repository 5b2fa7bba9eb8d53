import { expect } from "chai";

import type { ResourceInput } from "../../../../policies/model/stack";
import type { StackEvent } from "../../../../server/ports";
import { checkSchedule } from "../../../../server/runs/check-schedule";
import { checkExecutor } from "../../../../server/runs/execute-check";
import type { IdempotencyKey, RunRequest } from "../../../../server/runs-ports";
import { FakeEngine } from "../../../support/fake-engine";
import { AppError } from "../../../../stacks/errors";
import { sampleRun } from "../../../support/fake-services";

const STAMP = "member-111122223333";
const JOB = { stamp: STAMP, operation: "check" } as const;
const key = (props: ResourceInput["props"]): ResourceInput => ({
  type: "aws:kms/key:Key",
  name: "k",
  urn: `urn:pulumi:${STAMP}::strongroom::aws:kms/key:Key::k`,
  props,
});

describe("the check of a deployed stack", () => {
  it("fails with each finding, its pack and its URN, and counts the verdicts", async () => {
    const engine = new FakeEngine();
    engine.states.set(STAMP, [key({ enableKeyRotation: false })]);
    const events: StackEvent[] = [];
    const outcome = await checkExecutor(engine)(JOB, (event) => events.push(event));
    expect(outcome.status).to.equal("failed");
    expect(outcome.error).to.include({ code: "POLICY_VIOLATION" });
    expect(outcome.resources).to.equal(1);
    const found = outcome.violations?.find(({ rule }) => rule === "kms-key-rotation-enabled");
    expect(found).to.include({ pack: "strongroom", level: "mandatory", verdict: "fail" });
    expect(found?.urn).to.contain(STAMP);
    expect(outcome.verdicts?.fail).to.be.greaterThan(0);
    expect(events.filter(({ type }) => type === "policy")).to.have.length(
      outcome.violations?.length ?? 0,
    );
  });

  it("succeeds where nothing is deployed, and says that nothing was judged", async () => {
    const events: StackEvent[] = [];
    const outcome = await checkExecutor(new FakeEngine())(JOB, (event) => events.push(event));
    expect(outcome).to.deep.include({ status: "succeeded", resources: 0 });
    expect(outcome.verdicts).to.deep.equal({ pass: 0, fail: 0, undetermined: 0 });
    expect(events).to.have.length(1);
  });

  it("ends as failed where the state cannot be read", async () => {
    const deployed = () => Promise.reject(new Error("broken"));
    const outcome = await checkExecutor({ deployed })(JOB, () => undefined);
    expect(outcome).to.deep.include({ status: "failed" });
    expect(outcome.error?.message).to.equal("broken");
  });
});

describe("the schedule of checks", () => {
  const scene = (minutes: number) => {
    const started: { request: RunRequest; key: IdempotencyKey }[] = [];
    const reported: string[] = [];
    const state: { now: number; failure?: AppError } = { now: Date.parse("2026-01-02T03:04:05Z") };
    const schedule = checkSchedule({
      minutes,
      clock: { now: () => new Date(state.now) },
      report: (line) => reported.push(line),
      runs: {
        start: (request, idempotencyKey) => {
          if (state.failure !== undefined) return Promise.reject(state.failure);
          started.push({ request, key: idempotencyKey });
          return Promise.resolve({ run: sampleRun(), replayed: false });
        },
      },
    });
    return { schedule, started, reported, state };
  };

  it("starts one check of everything in each span of time, under a key that any other service makes too", async () => {
    const [first, second] = [scene(60), scene(60)];
    expect(await first.schedule.look()).to.have.length(1);
    expect(await first.schedule.look()).to.deep.equal([]);
    await second.schedule.look();
    expect(first.started).to.have.length(1);
    expect(first.started[0]?.request).to.deep.equal({ operation: "check", target: {} });
    expect(second.started).to.deep.equal(first.started);
    first.state.now += 3_600_000;
    await first.schedule.look();
    expect(first.started[1]?.key.key).to.not.equal(first.started[0]?.key.key);
  });

  it("tells of a run that holds a stamp and tries again", async () => {
    const { schedule, started, reported, state } = scene(60);
    state.failure = new AppError("STACK_BUSY", "held by run-7");
    await schedule.look();
    expect(reported).to.deep.equal(["the check that is due waits: held by run-7"]);
    delete state.failure;
    await schedule.look();
    expect(started).to.have.length(1);
  });

  it("starts nothing where it is switched off", async () => {
    const { schedule, started } = scene(0);
    expect(await schedule.look()).to.deep.equal([]);
    expect(started).to.deep.equal([]);
  });
});
