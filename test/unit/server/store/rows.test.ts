import { expect } from "chai";

import { runOf, type RunRow } from "../../../../server/store/rows";

const ROW: RunRow = {
  id: "run-1",
  operation: "up",
  target: {},
  status: "succeeded",
  requested_by: "token:operator",
  reason: null,
  options: {},
  created_at: new Date(0),
  started_at: null,
  ended_at: null,
  cancel_requested: false,
  hold: null,
  approvals: [],
  summary: null,
  error: null,
};

describe("rows of runs", () => {
  it("give runs of older versions the numbers that these did not count", () => {
    const numbers = { accounts: 1, stamped: 1, skipped: 0, failed: 0, changed: 1, unchanged: 0 };
    const summary = { ...numbers, resources: 4, seconds: 2 } as unknown as RunRow["summary"];
    expect(runOf({ ...ROW, summary }).summary).to.deep.equal({
      ...numbers,
      ...{ resources: 4, seconds: 2 },
      ...{ violations: 0, undetermined: 0, exempt: 0 },
    });
    const counted = { ...summary, exempt: 3 } as unknown as RunRow["summary"];
    expect(runOf({ ...ROW, summary: counted }).summary?.exempt).to.equal(3);
    expect(runOf(ROW)).to.not.have.property("summary");
  });
});
