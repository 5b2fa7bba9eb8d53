import { expect } from "chai";

import { CATALOGUE, rulesOf } from "../../policies/catalogue";
import { ruleList } from "../../policies/rule-list";
import { RULES } from "../../policies/rules";

describe("the catalogue of requirements", () => {
  it("has the numbers 1 to 97, and rules name no other", () => {
    expect(CATALOGUE.map(({ number }) => number)).to.deep.equal(
      Array.from({ length: 97 }, (_, index) => index + 1),
    );
    for (const { id, catalogue } of RULES) {
      expect(catalogue, id).to.not.be.empty;
      for (const number of catalogue) expect(number, id).to.be.within(1, 97);
    }
  });
});

describe("the rules", () => {
  it("cover every number of the catalogue", () => {
    const without = CATALOGUE.filter(({ number }) => rulesOf(number).length === 0);
    expect(without.map(({ number, asks }) => `${number}: ${asks}`)).to.deep.equal([]);
  });
});

describe("the frameworks that rules support", () => {
  it("are PCI DSS, HIPAA and SOX for every rule, each by the form of its controls", () => {
    for (const { id, frameworks } of ruleList()) {
      expect(frameworks["PCI DSS 4"], id).to.satisfy(
        all(/^(1[0-2]|[1-9])\.\d{1,2}(\.\d{1,2}){0,2}$/),
      );
      expect(frameworks["HIPAA"], id).to.satisfy(all(/^164\.3(08|10|12|16)\([a-e]\)(\(\w+\))*$/));
      expect(frameworks["SOX (ITGC)"], id).to.satisfy(
        all(
          /^(Access to programs and data|Program changes|Program development|Computer operations)$/,
        ),
      );
    }
  });

  it("are AWS's own wherever a rule corresponds to a control of Security Hub", () => {
    for (const { id, corresponds, frameworks } of ruleList()) {
      const own = corresponds.filter((name) => /^[A-Z][A-Za-z0-9]+\.\d+$/.test(name));
      expect(frameworks["AWS FSBP"] ?? [], id).to.deep.equal(own);
    }
  });

  it("are those of the CIS benchmark where the catalogue names one", () => {
    const named = new Set(
      ruleList().flatMap(({ frameworks }) => frameworks["CIS AWS Foundations"] ?? []),
    );
    for (const control of [
      "2.14",
      "2.18",
      "3.1.1",
      "3.1.2",
      "3.1.4",
      "4.1",
      "4.2",
      "4.4",
      "4.5",
      "4.6",
      "4.8",
      "4.9",
    ]) {
      expect(named).to.include(control);
    }
    for (const control of named) expect(control).to.match(/^[1-5]\.\d{1,2}(\.\d)?$/);
  });
});

function all(form: RegExp): (controls: readonly string[] | undefined) => boolean {
  return (controls) =>
    controls !== undefined && controls.length > 0 && controls.every((one) => form.test(one));
}
