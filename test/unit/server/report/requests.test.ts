import { expect } from "chai";

import type { ResourceInput } from "../../../../policies/model/stack";
import { billedUnits } from "../../../../server/report/billed";
import { costOf } from "../../../../server/report/cost";
import type { StampResult } from "../../../../server/runs-ports";
import { NAMES } from "../../../../stacks/naming";

type Resources = readonly Pick<ResourceInput, "type" | "props">[];
const rule = (props: ResourceInput["props"]): Resources => [
  { type: "aws:cloudwatch/eventRule:EventRule", props },
];
const sweepEvery = (scheduleExpression: string, more: ResourceInput["props"] = {}) =>
  rule({ name: NAMES.scheduleRules.sweep, scheduleExpression, state: "ENABLED", ...more });
const inRegions = (...regions: string[]) =>
  regions.flatMap((region) => rule({ name: NAMES.eventRule, region }));
const stamp = (kind: StampResult["kind"], before: Resources, after: Resources) => ({
  kind,
  billed: { before: billedUnits(before), after: billedUnits(after) },
});
const hourly = sweepEvery("rate(1 hour)");
const vault = stamp("vault", hourly, hourly);

describe("what makes requests by itself", () => {
  it("is told from the rules of a stack", () => {
    expect(billedUnits(sweepEvery("rate(15 minutes)"))).to.include({ sweeps: 2920 });
    expect(billedUnits(sweepEvery("rate(1 hour)", { state: "DISABLED" }))).to.include({
      sweeps: 0,
    });
    expect(billedUnits(sweepEvery("rate(1 week)"))).to.include({ sweeps: null });
    expect(billedUnits(inRegions("a", "b"))).to.include({ sweptRegions: 2 });
    const onVaultsBus = rule({ name: NAMES.eventRule, eventBusName: "strongroom" });
    expect(billedUnits(onVaultsBus)).to.not.have.any.keys("sweeps", "sweptRegions");
  });
});

describe("requests in the monthly difference", () => {
  it("are those of the sweeps of an account that is new, in each of its Regions", () => {
    const cost = costOf([vault, stamp("member", [], inRegions("a", "b"))]);
    // Three requests to S3 for the account and one to Secrets Manager for each Region, 730 times.
    expect(cost.requests).to.deep.include({ before: 0, after: 3650, difference: 0.02 });
    expect(cost.monthly).to.equal(0.02);
  });

  it("are more where sweeps come more often, for the accounts of the preview", () => {
    const often = stamp("vault", hourly, sweepEvery("rate(5 minutes)"));
    const members = Array.from({ length: 10 }, () =>
      stamp("member", inRegions("a"), inRegions("a")),
    );
    const { requests } = costOf([often, ...members]);
    expect(requests).to.deep.include({ before: 29_200, after: 350_400, difference: 1.61 });
    expect(requests?.assumed[0]).to.contain("730, then 8760 sweeps a month");
  });

  it("are not there where nothing differs", () => {
    expect(costOf([vault, stamp("member", inRegions("a"), inRegions("a"))])).to.not.have.property(
      "requests",
    );
  });

  it("are not guessed where the schedule is not in the preview or cannot be read, and their price is named", () => {
    const member = stamp("member", [], inRegions("a"));
    const unclear = stamp("vault", hourly, sweepEvery("rate(1 week)"));
    for (const stamps of [[member], [member, unclear]]) {
      const cost = costOf(stamps);
      expect(cost).to.not.have.property("requests");
      expect(cost.notCounted[0]).to.contain("0.000015 for an account each time");
    }
  });

  it("are named by account where accounts that were not looked at are swept more often", () => {
    const left = { kind: "member" } as const;
    const often = stamp("vault", hourly, sweepEvery("rate(15 minutes)"));
    expect(costOf([often, left, left]).notCounted[0]).to.equal(
      "sweeps of accounts that were not looked at (2): +0.033 a month for each, and +0.011 for each of its Regions",
    );
    expect(costOf([vault, left]).notCounted.join()).to.not.contain("not looked at");
  });

  it("leave out backups and reads, whose price is named", () => {
    const said = costOf([vault]).notCounted.join("; ");
    expect(said).to.contain("0.000044 for each changed version (10 calls)");
    expect(said).to.contain("0.05 for each 10 000 of Secrets Manager, 0.03 for each 10 000 of KMS");
  });
});
