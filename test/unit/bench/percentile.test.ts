import { expect } from "chai";

import { percentile } from "../../../bench/percentile";

describe("A percentile", () => {
  it("is one of the values, by nearest rank, in whatever order they are", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 50)).to.equal(50);
    expect(percentile(values, 99)).to.equal(99);
    expect(percentile(values, 100)).to.equal(100);
    expect(percentile([7], 1)).to.equal(7);
  });

  it("of nothing is not a number", () => {
    expect(percentile([], 50)).to.be.NaN;
  });
});
