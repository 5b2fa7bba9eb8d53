import { expect } from "chai";
import fc from "fast-check";

import type { StackIdentity } from "../../../../server/ports";
import { judgeUnchanged, mayLeaveAlone } from "../../../../server/runs/unchanged";
import type { MadeStamp } from "../../../../server/store/types";
import { stampName, type StampName } from "../../../../stacks/naming";

const name = (index: number): StampName => stampName("member", String(100_000_000_000 + index));

function made(index: number, inputs: string, state: string, comparedAt = 0): MadeStamp {
  return { stamp: name(index), inputs, state, comparedAt, resources: 3, violations: [] };
}

function identity(inputs: string, state?: string): StackIdentity {
  return { inputs, program: "p", packs: "q", ...(state === undefined ? {} : { state }) };
}

describe("stamps that are left alone", () => {
  it("are those whose inputs and whose state are what they were", () => {
    const now = new Map([
      [name(1), identity("same", "7")],
      [name(2), identity("other program", "7")],
      [name(3), identity("same", "changed on a laptop")],
      [name(4), identity("same")],
      [name(5), identity("never made", "7")],
    ]);
    const before = [1, 2, 3, 4].map((index) => made(index, "same", "7"));
    const { left, compared } = judgeUnchanged(now, before, 0);
    expect(left.map(({ stamp }) => stamp)).to.deep.equal([name(1)]);
    expect(compared).to.deep.equal([]);
  });

  it("are never a stamp that somebody asked to look at", () => {
    const target = {};
    expect(mayLeaveAlone({ operation: "up", target })).to.equal(true);
    expect(mayLeaveAlone({ operation: "preview", target })).to.equal(true);
    expect(mayLeaveAlone({ operation: "up", target, force: true })).to.equal(false);
    expect(mayLeaveAlone({ operation: "up", target, refresh: true })).to.equal(false);
    expect(mayLeaveAlone({ operation: "drift", target })).to.equal(false);
    expect(mayLeaveAlone({ operation: "retire", target })).to.equal(false);
  });

  it("share the work of being compared: the longest unseen first, and all of them in turn", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (count, percent) => {
          const now = new Map(
            Array.from({ length: count }, (_, index) => [name(index), identity("a", "1")] as const),
          );
          const lastSeen = new Map<StampName, number>();
          const rounds = Math.ceil(100 / percent);
          for (let round = 1; round <= rounds; round++) {
            const before = [...now.keys()].map((_, index) =>
              made(index, "a", "1", lastSeen.get(name(index)) ?? 0),
            );
            const { left, compared } = judgeUnchanged(now, before, percent);
            expect(compared).to.have.length(Math.ceil((count * percent) / 100));
            expect(left.length + compared.length).to.equal(count);
            for (const stamp of compared) lastSeen.set(stamp, round);
          }
          expect(lastSeen.size).to.equal(count);
        },
      ),
    );
  });
});
