import { expect } from "chai";

import { Stack } from "../../policies/model/stack";
import { judge, RULES, type Rule, type Verdict } from "../../policies/rules";
import { CASES } from "./cases";
import { TABLE, type RuleCases } from "./fixtures";

const verdicts = (rule: Rule, given: RuleCases["passes"][string]): Verdict[] =>
  judge(rule, new Stack(given));
const messages = (found: readonly Verdict[]): string[] =>
  found.flatMap((v) => (v.verdict === "fail" ? [v.message] : []));
const doubts = (found: readonly Verdict[]): string[] =>
  found.flatMap((v) => (v.verdict === "undetermined" ? [v.property] : []));
/** The rule with its check taken out: what a rule that no longer bites looks like. */
const toothless = (rule: Rule): Rule => ({ ...rule, check: () => [] });

for (const { rule, passes, fails, undetermined, notApplicable } of CASES) {
  describe(`rule ${rule.id}`, () => {
    for (const [name, given] of Object.entries(passes)) {
      it(`passes ${name}`, () => {
        const found = verdicts(rule, given);
        expect(messages(found)).to.deep.equal([]);
        expect(doubts(found)).to.deep.equal([]);
        expect(found).to.not.be.empty;
      });
    }
    for (const [name, { given, says }] of Object.entries(fails)) {
      it(`fails ${name}`, () => {
        expect(messages(verdicts(rule, given))).to.deep.equal(says);
      });
      it(`would not fail ${name} without its check`, () => {
        expect(messages(verdicts(toothless(rule), given))).to.deep.equal([]);
      });
    }
    for (const [name, { given, property }] of Object.entries(undetermined)) {
      it(`is undetermined for ${name}`, () => {
        const found = verdicts(rule, given);
        expect(messages(found)).to.deep.equal([]);
        expect(doubts(found)).to.deep.equal([property]);
      });
    }
    it("is not applicable to other types", () => {
      expect(verdicts(rule, notApplicable ?? [TABLE])).to.deep.equal([]);
    });
  });
}

describe("the tables of the rules", () => {
  it("hold every rule once", () => {
    expect(CASES.map(({ rule }) => rule.id).sort()).to.deep.equal(RULES.map(({ id }) => id).sort());
  });

  for (const { rule, passes, fails, undetermined } of CASES) {
    it(`show ${rule.id} passing, failing and undetermined, for aws and where it exists for aws-native`, () => {
      expect(Object.keys(passes)).to.not.be.empty;
      expect(Object.keys(fails)).to.not.be.empty;
      expect(Object.keys(undetermined).length > 0).to.equal(!ALWAYS_KNOWN.has(rule.id));
      const types = (given: readonly (readonly { type: string }[])[]): string[] =>
        given.flat().map(({ type }) => type);
      const passing = types(Object.values(passes));
      const failing = types(Object.values(fails).map(({ given }) => given));
      if (PULUMI_ONLY.has(rule.id)) return;
      const isAws = (type: string): boolean => /^(pulumi:providers:)?aws(:|$)/.test(type);
      expect(passing.some(isAws)).to.equal(true);
      expect(failing.some(isAws)).to.equal(true);
      if (AWS_ONLY.has(rule.id)) return;
      const isNative = (type: string): boolean => /^(pulumi:providers:)?aws-native(:|$)/.test(type);
      expect(passing.some(isNative)).to.equal(true);
      expect(failing.some(isNative)).to.equal(true);
    });
  }
});

/** Rules about properties that the types of aws-native do not have. */
const AWS_ONLY = new Set([
  "secret-recovery-window-kept",
  "secret-replica-not-overwritten",
  "kms-grant-narrow",
  "provider-tags-everything",
]);

/** Rules about what Pulumi itself makes. */
const PULUMI_ONLY = new Set(["stack-outputs-hold-no-secret"]);

/** Rules that look at types and options only, which are always known. */
const ALWAYS_KNOWN = new Set([
  "secret-protected",
  "iam-no-users",
  "program-no-escape-hatches",
  "stack-outputs-hold-no-secret",
  "secret-value-marked-secret",
  // Whether something is set is known before its value is.
  "trail-reaches-logs",
  "trail-tells-topic",
  "lambda-code-signed",
]);
