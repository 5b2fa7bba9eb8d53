import { expect } from "chai";

import type { ResourceInput } from "../../../../policies/model/stack";
import type { StackEvent } from "../../../../server/ports";
import { checkConclusion } from "../../../../server/runs/conclude-check";
import { checkSchedule } from "../../../../server/runs/check-schedule";
import { checkExecutor } from "../../../../server/runs/execute-check";
import type { IdempotencyKey, RunRequest, StampResult } from "../../../../server/runs-ports";
import { FakeEngine } from "../../../support/fake-engine";
import { AppError } from "../../../../stacks/errors";
import { exemptionsDigest } from "../../../../stacks/exemptions-digest";
import type { StampName } from "../../../../stacks/naming";
import { sampleRun } from "../../../support/fake-services";

const STAMP = "member-111122223333";
const JOB = { stamp: STAMP, operation: "check" } as const;
const EXEMPTION = {
  rule: "kms-key-rotation-enabled",
  reason: "Its material is imported.",
  owner: "platform",
  expires: "2026-12-31",
  resource: "k",
};
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
    expect(outcome.verdicts).to.deep.equal({ pass: 0, fail: 0, undetermined: 0, exempt: 0 });
    expect(events).to.have.length(1);
  });

  it("accepts what the exemptions about the stamp excuse, and lists each use", async () => {
    const engine = new FakeEngine();
    engine.states.set(STAMP, [key({ enableKeyRotation: false })]);
    const asked: (string | undefined)[] = [];
    const exemptions = (stamp?: string) => {
      asked.push(stamp);
      return [EXEMPTION];
    };
    const judged = (today: string) =>
      checkExecutor(engine, exemptions, () => today)(JOB, () => undefined);
    const found = (outcome: Awaited<ReturnType<typeof judged>>) =>
      outcome.violations
        ?.filter(({ rule }) => rule === EXEMPTION.rule)
        .map(({ verdict, level }) => [verdict, level]);
    const outcome = await judged("2026-06-01");
    expect(found(outcome)).to.deep.equal([["exempt", "advisory"]]);
    expect(outcome.verdicts?.exempt).to.equal(1);
    expect(found(await judged("2027-01-01"))).to.deep.equal([
      ["fail", "mandatory"],
      ["fail", "mandatory"],
    ]);
    expect(asked).to.deep.equal([STAMP, STAMP]);
  });

  it("keeps the digest of the exemptions that it went by on its day, and none where there are none", async () => {
    const engine = new FakeEngine();
    engine.states.set(STAMP, [key({ enableKeyRotation: false })]);
    const kept = async (exemptions: readonly (typeof EXEMPTION)[], today: string) => {
      const check = checkExecutor(
        engine,
        () => exemptions,
        () => today,
      );
      return (await check(JOB, () => undefined)).exemptions;
    };
    for (const today of ["2026-06-01", "2027-01-01"]) {
      expect(await kept([EXEMPTION], today)).to.equal(exemptionsDigest([EXEMPTION], today));
    }
    expect(await kept([EXEMPTION], "2027-01-01")).to.not.equal(
      await kept([EXEMPTION], "2026-06-01"),
    );
    expect(await kept([], "2026-06-01")).to.equal(undefined);
  });

  it("ends as failed where the file of exemptions has mistakes", async () => {
    const engine = new FakeEngine();
    engine.states.set(STAMP, [key({})]);
    const exemptions = () => {
      throw new AppError("SPEC_INVALID", "the file has a mistake");
    };
    const outcome = await checkExecutor(engine, exemptions)(JOB, () => undefined);
    expect(outcome.error).to.include({ code: "SPEC_INVALID", message: "the file has a mistake" });
  });

  it("ends as failed where the state cannot be read", async () => {
    const deployed = () => Promise.reject(new Error("broken"));
    const outcome = await checkExecutor({ deployed })(JOB, () => undefined);
    expect(outcome).to.deep.include({ status: "failed" });
    expect(outcome.error?.message).to.equal("broken");
  });
});

describe("a check of the whole fleet", () => {
  const judged = (stamp: StampName, ...urns: string[]): StampResult => ({
    stamp,
    accountId: "111122223333",
    kind: "member",
    status: "succeeded",
    verdicts: { pass: 1, fail: 0, undetermined: 0, exempt: urns.length },
    violations: urns.map((urn) => ({
      pack: "strongroom",
      rule: EXEMPTION.rule,
      level: "advisory",
      verdict: "exempt",
      urn,
      message: "",
    })),
  });
  const [ONE, TWO] = ["member-111122223333", "member-222222222222"] as const;
  const stamps = [judged(ONE, key({}).urn), judged(TWO)];
  const run = { operation: "check", target: {}, stamps } as const;
  const idle = { ...EXEMPTION, resource: "other" };
  const concluded = (
    exemptions: readonly (typeof idle & { stack?: string })[],
    more: object = {},
  ) =>
    checkConclusion(
      () => exemptions,
      () => "2026-06-01",
    )({ ...run, ...more });
  const complaints = (error: ReturnType<typeof concluded>) =>
    error?.problems?.map(({ message }) => message);

  it("fails exemptions that excused nothing in any stack", () => {
    const error = concluded([EXEMPTION, idle, { ...EXEMPTION, stack: "vault-*" }]);
    expect(error?.code).to.equal("POLICY_VIOLATION");
    expect(complaints(error)).to.deep.equal([
      "kms-key-rotation-enabled on other: The exemption of platform excuses nothing. Remove it.",
      "kms-key-rotation-enabled on k in vault-*: The exemption of platform excuses nothing. Remove it.",
    ]);
    expect(concluded([EXEMPTION])).to.equal(undefined);
  });

  it("says nothing of those that are told of in their stack or have expired", () => {
    const told = { ...idle, stack: ONE };
    const gone = { ...idle, stack: "member-333333333333" };
    const expired = { ...idle, expires: "2026-05-31" };
    expect(complaints(concluded([EXEMPTION, told, gone, expired]))).to.have.length(1);
  });

  it("concludes nothing from a part of the fleet, from stacks that were not judged, or from another run", () => {
    expect(concluded([idle], { target: { kinds: ["member"] } })).to.equal(undefined);
    const { verdicts, ...unjudged } = judged(TWO);
    expect(verdicts?.pass).to.equal(1);
    expect(concluded([idle], { stamps: [judged(ONE), unjudged] })).to.equal(undefined);
    expect(concluded([idle], { operation: "preview" })).to.equal(undefined);
  });

  it("says so where the file of exemptions cannot be read any more", () => {
    const error = checkConclusion(() => {
      throw new AppError("SPEC_INVALID", "the file is gone");
    })(run);
    expect(error).to.include({ code: "SPEC_INVALID" });
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
