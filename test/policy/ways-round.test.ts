import { inspect } from "node:util";

import { expect } from "chai";

import { Stack } from "../../policies/model/stack";
import { blocks, judge, RULES } from "../../policies/rules";
import { LOOK_ALIKES, WAYS_ROUND } from "./cases/ways-round";
import { FAMILIES, HARMLESS } from "./cases/ways-round-families";

const WAYS = [...WAYS_ROUND, ...FAMILIES];
const HARMLESS_ONES = [...LOOK_ALIKES, ...HARMLESS];

describe("ways round the packs", () => {
  for (const { name, rule, given } of WAYS) {
    it(`are closed by ${rule}: ${name}`, () => {
      const judged = RULES.find(({ id }) => id === rule);
      if (judged === undefined) throw new Error(`no rule ${rule}`);
      const found = judge(judged, new Stack(given));
      expect(found.map(({ verdict }) => verdict)).to.include.oneOf(["fail", "undetermined"]);
      if (judged.level === "mandatory") expect(found.some(blocks)).to.equal(true);
    });
  }

  it("are many", () => {
    const names = WAYS.map(({ rule, name }) => `${rule} ${name}`);
    const documents = WAYS.map(({ rule, given }) => `${rule} ${inspect(given, { depth: 9 })}`);
    expect(new Set(names).size).to.equal(names.length);
    expect(new Set(documents).size).to.equal(documents.length);
    expect(documents.length).to.be.at.least(200);
  });
});

describe("what only looks like a way round", () => {
  for (const { name, given } of HARMLESS_ONES) {
    it(`is left alone: ${name}`, () => {
      const stack = new Stack(given);
      const found = RULES.flatMap((rule) => judge(rule, stack)).flatMap((verdict) =>
        verdict.verdict === "pass" ? [] : [`${verdict.rule.id}: ${verdict.message}`],
      );
      expect(found).to.deep.equal([]);
    });
  }

  it("is much", () => {
    expect(HARMLESS_ONES.length).to.be.at.least(50);
  });
});
