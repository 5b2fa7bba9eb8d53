import { expect } from "chai";

import { secretsToAdd } from "../../../bench/secrets";

describe("The secrets that a benchmark adds", () => {
  it("fill the accounts up evenly to the number asked for, beside what is there", () => {
    const added = secretsToAdd(
      new Map([
        ["a", 5],
        ["b", 1],
        ["c", 0],
      ]),
      12,
    );
    const count = (id: string) => added.filter(({ accountId }) => accountId === id).length;
    expect([count("a"), count("b"), count("c")]).to.deep.equal([0, 3, 3]);
    expect(new Set(added.map(({ name }) => name)).size).to.equal(6);
  });

  it("are none where there are as many already", () => {
    expect(secretsToAdd(new Map([["a", 5]]), 3)).to.deep.equal([]);
  });
});
