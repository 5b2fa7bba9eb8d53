import { expect } from "chai";
import fc from "fast-check";

import { nextSteps } from "../../../../server/runs/progress";
import type { StampStatus } from "../../../../server/runs-ports";
import type { StampProgress } from "../../../../server/store/types";
import type { StampName } from "../../../../stacks/naming";

const name = (index: number): StampName => `member-${String(index).padStart(12, "0")}`;

function stamp(
  index: number,
  status: StampStatus,
  dependsOn: number[] = [],
  more: Partial<StampProgress> = {},
): StampProgress {
  return {
    stamp: name(index),
    accountId: String(index).padStart(12, "0"),
    status,
    wave: 0,
    dependsOn: dependsOn.map(name),
    queued: status !== "waiting",
    ...more,
  };
}

describe("what happens next in a run", () => {
  it("starts what depends on nothing, and not what is in the queue already", () => {
    const steps = nextSteps(
      [stamp(1, "waiting"), stamp(2, "waiting", [], { queued: true }), stamp(3, "waiting", [1])],
      false,
    );
    expect(steps).to.deep.equal({ ready: [name(1)], unstarted: [], ended: false });
  });

  it("starts a stamp when everything that it depends on succeeded", () => {
    const needs = [1, 2];
    expect(
      nextSteps([stamp(1, "succeeded"), stamp(2, "running"), stamp(3, "waiting", needs)], false)
        .ready,
    ).to.deep.equal([]);
    expect(
      nextSteps([stamp(1, "succeeded"), stamp(2, "succeeded"), stamp(3, "waiting", needs)], false)
        .ready,
    ).to.deep.equal([name(3)]);
  });

  it("stops what depends on a failure, through others too, whatever the order, and names each cause", () => {
    const steps = nextSteps(
      [
        stamp(4, "waiting", [3]),
        stamp(3, "waiting", [1]),
        stamp(1, "failed"),
        stamp(2, "waiting", []),
      ],
      false,
    );
    expect(steps.ready).to.deep.equal([name(2)]);
    expect(steps.unstarted.map((ended) => [ended.stamp, ended.error.code])).to.deep.equal([
      [name(3), "RUN_DEPENDENCY"],
      [name(4), "RUN_DEPENDENCY"],
    ]);
    expect(steps.unstarted[0]?.error.message).to.equal(`${name(3)} needs ${name(1)}, which failed`);
    expect(steps.unstarted[1]?.error.message).to.contain(`${name(3)}, which was not started`);
  });

  it("starts a wave when the one before has ended, even if something of it failed", () => {
    const second = { wave: 1 };
    expect(
      nextSteps([stamp(1, "running"), stamp(2, "waiting", [], second)], false).ready,
    ).to.deep.equal([]);
    expect(
      nextSteps([stamp(1, "failed"), stamp(2, "waiting", [], second)], false).ready,
    ).to.deep.equal([name(2)]);
  });

  it("starts nothing of a cancelled run and ends when nothing runs", () => {
    const running = nextSteps([stamp(1, "running"), stamp(2, "waiting")], true);
    expect(running.ended).to.equal(false);
    expect(running.ready).to.deep.equal([]);
    expect(running.unstarted.map(({ error }) => error.code)).to.deep.equal(["RUN_CANCELLED"]);
    expect(nextSteps([stamp(1, "cancelled"), stamp(2, "waiting")], true).ended).to.equal(true);
  });

  it("always comes to an end, starts each stamp once, and never before what it depends on", () => {
    const graph = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc.array(
        fc.record({
          needs: fc.array(fc.nat(count - 1), { maxLength: 3 }),
          wave: fc.nat(2),
          fails: fc.boolean(),
        }),
        { minLength: count, maxLength: count },
      ),
    );
    fc.assert(
      fc.property(graph, (nodes) => {
        // Only backwards and never into a later wave: what plans guarantee.
        const stamps = nodes.map(({ needs, wave }, index) =>
          stamp(
            index,
            "waiting",
            needs.filter((other) => other < index && (nodes[other]?.wave ?? 0) <= wave),
            { wave },
          ),
        );
        const state = new Map(stamps.map((one) => [one.stamp, one]));
        for (let turns = 0; ; turns++) {
          expect(turns).to.be.at.most(nodes.length + 1);
          const { ready, unstarted, ended } = nextSteps([...state.values()], false);
          for (const { stamp: which, status } of unstarted) {
            state.set(which, { ...state.get(which)!, status });
          }
          if (ended) break;
          expect(ready, "nothing is ready and nothing ended").to.not.have.length(0);
          for (const which of ready) {
            const one = state.get(which)!;
            for (const other of one.dependsOn) {
              expect(state.get(other)?.status).to.equal("succeeded");
            }
            const fails = nodes[stamps.findIndex((made) => made.stamp === which)]?.fails;
            state.set(which, { ...one, queued: true, status: fails ? "failed" : "succeeded" });
          }
        }
      }),
    );
  });
});
