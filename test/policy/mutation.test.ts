import { expect } from "chai";

import { RULES } from "../../policies/rules";
import { brokenFixtures, brokenRules, redOf } from "../support/rule-mutants";
import { CASES } from "./cases";

describe("a broken rule", () => {
  it("is seen by its table, in whatever way it is broken", () => {
    const unseen = CASES.flatMap((cases) => {
      expect(redOf(cases.rule, cases), cases.rule.id).to.equal(undefined);
      return [...brokenRules(cases)].filter(({ seenBy }) => seenBy === undefined);
    });
    expect(unseen).to.deep.equal([]);
    expect(CASES).to.have.length(RULES.length);
  });
});

describe("a broken fixture", () => {
  it("is seen: what passes does not fail, what fails does not pass", () => {
    const unseen = CASES.flatMap((cases) =>
      [...brokenFixtures(cases)].filter(({ seenBy }) => seenBy === undefined),
    );
    expect(unseen).to.deep.equal([]);
  });
});
