import { expect } from "chai";

import { driftSchedule, type DriftSettings } from "../../../../server/runs/drift-schedule";
import { SCHEDULE } from "../../../../server/runs/schedule";
import type { AccountView, StampResult } from "../../../../server/runs-ports";
import { AppError } from "../../../../stacks/errors";
import { stampName } from "../../../../stacks/naming";
import { FakeRuns, sampleRun } from "../../../support/fake-services";

const [PROD, DEV, NEW] = ["111111111111", "222222222222", "333333333333"] as const;
const CHANGE = { urn: "u", type: "t", name: "n", operation: "update", properties: ["p"] } as const;

function account(id: string, environment: string, stampedAt?: string): AccountView {
  return {
    id,
    name: id,
    status: "ACTIVE",
    organizationalUnitPath: [],
    organizationalUnitIds: [],
    tags: {},
    isManagementAccount: false,
    selected: true,
    environment,
    stamps: [{ stamp: stampName("member", id), ...(stampedAt === undefined ? {} : { stampedAt }) }],
  };
}

function result(id: string, changes: StampResult["changes"]): StampResult {
  const stamp = stampName("member", id);
  return { stamp, accountId: id, kind: "member", status: "succeeded", changes: changes ?? [] };
}

describe("the schedule of drift", () => {
  const runs = new FakeRuns();
  let now: Date;
  let settings: DriftSettings;
  const schedule = driftSchedule({
    runs,
    settings: () => Promise.resolve(settings),
    accounts: () =>
      Promise.resolve([
        account(PROD, "prod", "2026-01-01T00:00:00.000Z"),
        account(DEV, "dev", "2026-01-01T00:00:00.000Z"),
        account(NEW, "dev"),
      ]),
    clock: { now: () => now },
    report: () => undefined,
  });
  beforeEach(() => {
    runs.reset();
    now = new Date("2026-01-02T03:04:05.000Z");
    settings = { everyHours: 6, repair: ["prod"] };
  });

  it("compares what is stamped once in its time, however often and by whomever it is asked", async () => {
    await schedule.look();
    await schedule.look();
    expect(runs.started.map(({ request, key }) => [request.operation, key.subject])).to.deep.equal([
      ["drift", SCHEDULE],
    ]);
    expect(runs.started[0]?.request.target.stamps).to.deep.equal([
      stampName("member", PROD),
      stampName("member", DEV),
    ]);
    now = new Date("2026-01-02T09:04:05.000Z");
    await schedule.look();
    expect(runs.started).to.have.length(2);
  });

  it("compares once where the clock jumps back an hour, as at the end of summer time or by hand, and leaves none out", async () => {
    settings = { everyHours: 1, repair: [] };
    const hours = [
      "00:59:59",
      "01:00:00",
      "01:30:00",
      "00:30:00",
      "00:59:00",
      "01:00:00",
      "02:00:00",
    ];
    for (const hour of hours) {
      // Central Europe goes back at 01:00 UTC of this day; UTC itself does not, and a clock set by hand may.
      now = new Date(`2026-10-25T${hour}.000Z`);
      await schedule.look();
    }
    expect(new Set(runs.started.map(({ key }) => key.key))).to.have.property("size", 3);
    expect(runs.started).to.have.length(3);
  });

  it("does nothing where the fleet file names no time", async () => {
    settings = { repair: ["prod"] };
    expect(await schedule.look()).to.deep.equal([]);
    expect(runs.started).to.deep.equal([]);
  });

  it("brings back what drifted in the named environments, once, after the comparison has ended", async () => {
    const [first] = await schedule.look();
    const ended = sampleRun({
      id: first!.id,
      operation: "drift",
      stamps: [result(PROD, [CHANGE]), result(DEV, [CHANGE])],
    });
    runs.runs.set(first!.id, { ...ended, endedAt: "2026-01-02T03:10:00.000Z" });
    await schedule.look();
    await schedule.look();
    expect(runs.started).to.have.length(2);
    expect(runs.started[1]?.request).to.deep.include({
      operation: "up",
      target: { stamps: [stampName("member", PROD)] },
      refresh: true,
    });
  });

  it("brings back what breaks a mandatory rule first, and the rest when that has ended or waits for somebody", async () => {
    settings = { everyHours: 6, repair: ["prod", "dev"] };
    const [first] = await schedule.look();
    const broken = {
      pack: "strongroom",
      rule: "kms-key-rotation-enabled",
      level: "mandatory",
      urn: "u",
      message: "set it",
    } as const;
    const ended = sampleRun({
      id: first!.id,
      operation: "drift",
      stamps: [result(PROD, [CHANGE]), { ...result(DEV, [CHANGE]), violations: [broken] }],
    });
    runs.runs.set(first!.id, { ...ended, endedAt: "2026-01-02T03:10:00.000Z" });
    const targets = () => runs.started.slice(1).map(({ request }) => request.target.stamps);
    await schedule.look();
    await schedule.look();
    expect(targets()).to.deep.equal([[stampName("member", DEV)]]);
    const [, repair] = [...runs.runs.values()];
    runs.runs.set(repair!.id, { ...repair!, status: "waiting_for_approval" });
    await schedule.look();
    await schedule.look();
    expect(targets()).to.deep.equal([[stampName("member", DEV)], [stampName("member", PROD)]]);
  });

  it("tries later when somebody holds a stamp, and does not hide anything else", async () => {
    runs.failure = new AppError("STACK_BUSY", "held by run-7");
    expect(await schedule.look()).to.deep.equal([]);
    runs.failure = undefined;
    expect(await schedule.look()).to.have.length(1);
    runs.failure = new AppError("SPEC_INVALID", "the fleet file has mistakes");
    const failure = await schedule.look().catch((error: unknown) => error);
    expect(AppError.from(failure).code).to.equal("SPEC_INVALID");
  });
});
