import { expect } from "chai";

import {
  CLOSED_TO_FAILURES,
  describeApprovals,
  describeGate,
  type Gate,
} from "../../../stacks/rollout";

describe("gates in words", () => {
  const gate = (more: Partial<Gate>) => ({ ...CLOSED_TO_FAILURES, ...more });
  for (const [of, isLast, words] of [
    [gate({}), false, "nobody may fail"],
    [gate({}), true, "none; whoever fails, the others go on"],
    [
      gate({ tolerance: { accounts: 2, percent: 5 }, stopsWithin: true }),
      true,
      "2 accounts and 5 percent may fail, else it stops at once",
    ],
    [
      gate({ pauseSeconds: 1800, approval: true }),
      false,
      "nobody may fail; then 30 min to watch; then an approval",
    ],
    [gate({ tolerance: { percent: 0 } }), false, "nobody may fail"],
  ] as const) {
    it(`say: ${words}`, () => expect(describeGate(of, isLast)).to.equal(words));
  }

  it("say when an approval is needed, and whose", () => {
    const rules = { waves: [], approval: true, preciousAccounts: 3, twoPerson: true, approvers: 2 };
    const [first, ...others] = describeApprovals(rules);
    expect(first).to.contain("waits for an approval");
    expect(others.join(" ")).to.equal(
      "Deleting or replacing a key, a secret or a bucket in more than 3 accounts waits for an approval that names their number. Who asks for the run cannot approve it. 2 different persons have to approve.",
    );
  });
});
