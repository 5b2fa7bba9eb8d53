import { expect } from "chai";
import fc from "fast-check";

import { nextSteps } from "../../../../server/runs/progress";
import { digestOf, judge } from "../../../../server/runs/rollout";
import type { StampStatus } from "../../../../server/runs-ports";
import type { Rollout, StampPlanSoFar, StampProgress } from "../../../../server/store/types";
import { stampName } from "../../../../stacks/naming";
import { changesDigest, NEW_STAMP } from "../../../../stacks/plan-digest";
import { CLOSED_TO_FAILURES, exceeds, type Gate } from "../../../../stacks/rollout";

const NOW = new Date("2026-01-02T03:04:05.000Z");
const SOMETHING = changesDigest([{ urn: "u", operation: "update", properties: ["p"] }]);

function stamp(
  index: number,
  wave: number,
  status: StampStatus,
  plan?: StampPlanSoFar,
): StampProgress {
  const accountId = String(100_000_000_000 + index);
  return {
    stamp: stampName("member", accountId),
    accountId,
    status,
    wave,
    dependsOn: [],
    queued: false,
    ...(plan === undefined ? {} : { plan }),
  };
}

function rollout(gates: Partial<Gate>[], more: Partial<Rollout> = {}): Rollout {
  return {
    rules: {
      waves: gates.map((gate, index) => ({
        name: `w${index}`,
        gate: { ...CLOSED_TO_FAILURES, ...gate },
      })),
      approval: false,
      preciousAccounts: 1,
    },
    passed: 0,
    ...more,
  };
}

describe("the gates of a run", () => {
  it("keep the second wave back while the first one runs, and let it go when nobody failed", () => {
    const gates = rollout([{}, {}]);
    const before = [stamp(1, 0, "running"), stamp(2, 1, "waiting")];
    expect(judge(before, gates, NOW)).to.deep.equal({ kind: "go", passed: 0 });
    const after = [stamp(1, 0, "succeeded"), stamp(2, 1, "waiting")];
    expect(judge(after, gates, NOW)).to.deep.equal({ kind: "go", passed: 1 });
  });

  it("stop the run after a wave in which more failed than are tolerated, and say how many", () => {
    const stamps = [
      stamp(1, 0, "failed"),
      stamp(2, 0, "not-started"),
      stamp(3, 0, "succeeded"),
      stamp(4, 1, "waiting"),
    ];
    const verdict = judge(stamps, rollout([{ tolerance: { accounts: 1 } }, {}]), NOW);
    expect(verdict.kind).to.equal("stop");
    if (verdict.kind === "stop") {
      expect(verdict.error.code).to.equal("RUN_STOPPED");
      expect(verdict.error.message).to.equal(
        "2 of 3 accounts failed in the wave w0; 1 account may",
      );
    }
    const tolerant = rollout([{ tolerance: { accounts: 2, percent: 70 } }, {}]);
    expect(judge(stamps, tolerant, NOW)).to.deep.equal({ kind: "go", passed: 1 });
  });

  it("stop within a wave only where the fleet file names a tolerance", () => {
    const stamps = [stamp(1, 0, "failed"), stamp(2, 0, "running"), stamp(3, 0, "waiting")];
    expect(judge(stamps, rollout([{}]), NOW).kind).to.equal("go");
    const strict = rollout([{ tolerance: { percent: 10 }, stopsWithin: true }]);
    expect(judge(stamps, strict, NOW).kind).to.equal("stop");
    const steps = nextSteps(stamps, false, { rollout: strict, now: NOW });
    expect(steps.unstarted.map((each) => each.stamp)).to.deep.equal([stamps[2]!.stamp]);
    expect(steps.ended).to.equal(false);
  });

  it("pause first, then ask, and remember since when", () => {
    const stamps = [stamp(1, 0, "succeeded"), stamp(2, 1, "waiting")];
    const rules = rollout([{ pauseSeconds: 60, approval: true }, {}]);
    const paused = judge(stamps, rules, NOW);
    expect(paused).to.deep.equal({
      kind: "hold",
      passed: 0,
      hold: {
        kind: "pause",
        since: NOW.toISOString(),
        wave: "w0",
        until: "2026-01-02T03:05:05.000Z",
      },
    });
    if (paused.kind !== "hold") return;
    const again = judge(stamps, { ...rules, hold: paused.hold }, new Date(NOW.getTime() + 59_000));
    expect(again).to.deep.equal(paused);
    const later = new Date(NOW.getTime() + 60_000);
    const asked = judge(stamps, { ...rules, hold: paused.hold }, later);
    expect(asked.kind === "hold" && asked.hold.kind).to.equal("wave");
    if (asked.kind !== "hold") return;
    expect(judge(stamps, { ...rules, hold: asked.hold }, NOW)).to.deep.equal(asked);
    expect(judge(stamps, { ...rules, passed: 1 }, NOW)).to.deep.equal({ kind: "go", passed: 1 });
  });

  it("have what exists previewed first, and ask about the plan where precious things would go in too many accounts", () => {
    const rules = rollout([{}], { passed: -1 });
    const unplanned = [stamp(1, 0, "waiting", { inputs: "i" }), stamp(2, 0, "waiting")];
    expect(judge(unplanned, rules, NOW).kind).to.equal("plan");
    const steps = nextSteps(unplanned, false, { rollout: rules, now: NOW });
    expect(steps.ready).to.deep.equal([unplanned[0]!.stamp]);
    const precious = { inputs: "i", changes: SOMETHING, precious: true };
    const one = [stamp(1, 0, "waiting", precious)];
    expect(judge(one, rules, NOW)).to.deep.equal({ kind: "go", passed: 0 });
    const two = [...one, stamp(2, 0, "waiting", precious)];
    expect(judge(two, rules, NOW)).to.deep.equal({
      kind: "hold",
      passed: -1,
      hold: {
        kind: "plan",
        since: NOW.toISOString(),
        digest: digestOf(two),
        preciousAccounts: 2,
      },
    });
    expect(nextSteps(two, false, { rollout: rules, now: NOW }).ready).to.deep.equal([]);
  });

  it("ask about every plan that changes something where the fleet file wants that", () => {
    const base = rollout([{}], { passed: -1 });
    const rules = { ...base, rules: { ...base.rules, approval: true } };
    const plan = (changes: string) => [stamp(1, 0, "waiting", { inputs: "i", changes })];
    expect(judge(plan(SOMETHING), rules, NOW).kind).to.equal("hold");
    expect(judge(plan(changesDigest([])), rules, NOW).kind).to.equal("go");
    expect(judge(plan(NEW_STAMP), rules, NOW).kind).to.equal("go");
  });

  it("give a plan another digest when anything of it is different, and the same in any order", () => {
    const plans = [
      stamp(1, 0, "waiting", { inputs: "i", changes: SOMETHING }),
      stamp(2, 0, "waiting", { inputs: "i", changes: NEW_STAMP }),
    ];
    expect(digestOf([...plans].reverse())).to.equal(digestOf(plans));
    const others = [
      plans.slice(1),
      [plans[0]!, stamp(2, 0, "waiting", { inputs: "another program", changes: NEW_STAMP })],
      [plans[0]!, stamp(2, 0, "waiting", { inputs: "i", changes: SOMETHING })],
    ];
    for (const other of others) expect(digestOf(other)).to.not.equal(digestOf(plans));
  });

  it("never let a wave start before the gates of all waves before it, whatever happened", () => {
    const status = fc.constantFrom<StampStatus>("waiting", "running", "succeeded", "failed");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), status), { minLength: 1, maxLength: 12 }),
        fc.array(fc.record({ approval: fc.boolean(), pauseSeconds: fc.constantFrom(0, 5) }), {
          minLength: 4,
          maxLength: 4,
        }),
        (items, gates) => {
          const stamps = items.map(([wave, now], index) => stamp(index, wave, now));
          const { ready } = nextSteps(stamps, false, { rollout: rollout(gates), now: NOW });
          for (const name of ready) {
            const { wave } = stamps.find((each) => each.stamp === name)!;
            for (const other of stamps.filter((each) => each.wave < wave)) {
              expect(other.status).to.equal("succeeded");
            }
            for (const gate of gates.slice(0, wave)) {
              expect(gate).to.deep.equal({ approval: false, pauseSeconds: 0 });
            }
          }
        },
      ),
    );
  });

  it("tolerate by number and by share, and nobody where neither is given", () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.nat(50),
        fc.nat(100),
        (failed, more, number, percent) => {
          const count = { failed, accounts: failed + more };
          expect(exceeds(count, {})).to.equal(failed > 0);
          expect(exceeds(count, { accounts: number })).to.equal(failed > number);
          const byShare = exceeds(count, { percent });
          expect(byShare).to.equal(failed > 0 && failed * 100 > percent * count.accounts);
          expect(exceeds(count, { accounts: number, percent })).to.equal(
            failed > number || byShare,
          );
        },
      ),
    );
  });
});
