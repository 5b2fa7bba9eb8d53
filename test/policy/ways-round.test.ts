import { expect } from "chai";

import { Stack } from "../../policies/model/stack";
import { judge, RULES } from "../../policies/rules";
import { LOOK_ALIKES, WAYS_ROUND } from "./cases/ways-round";

describe("ways round the packs", () => {
  for (const { name, rule, given } of WAYS_ROUND) {
    it(`are closed by ${rule}: ${name}`, () => {
      const judged = RULES.find(({ id }) => id === rule);
      if (judged === undefined) throw new Error(`no rule ${rule}`);
      const found = judge(judged, new Stack(given)).map(({ verdict }) => verdict);
      expect(found).to.not.be.empty;
      expect(found).to.not.include("pass");
    });
  }

  it("are many", () => {
    expect(WAYS_ROUND.length).to.be.at.least(60);
    const names = WAYS_ROUND.map(({ rule, name }) => `${rule} ${name}`);
    expect(new Set(names).size).to.equal(names.length);
  });
});

describe("what only looks like a way round", () => {
  for (const { name, given } of LOOK_ALIKES) {
    it(`is left alone: ${name}`, () => {
      const stack = new Stack(given);
      const found = RULES.flatMap((rule) => judge(rule, stack)).flatMap((verdict) =>
        verdict.verdict === "pass" ? [] : [`${verdict.rule.id}: ${verdict.message}`],
      );
      expect(found).to.deep.equal([]);
    });
  }

  it("is much", () => {
    expect(LOOK_ALIKES.length).to.be.at.least(20);
  });
});
