import { expect } from "chai";

import { Stack } from "../../policies/model/stack";
import { judge, RULES, type Rule, type Verdict } from "../../policies/rules";
import { FUNCTION_CASES } from "./cases/functions";
import { IAM_CASES } from "./cases/iam";
import { KMS_CASES } from "./cases/kms";
import { KMS_SORT_CASES } from "./cases/kms-sorts";
import { IAM_ATTACHMENT_CASES } from "./cases/iam-attachments";
import { IAM_ESCALATION_CASES } from "./cases/iam-escalation";
import { IAM_DOCUMENT_CASES } from "./cases/iam-documents";
import { IAM_UNCONSTRAINED_CASES } from "./cases/iam-unconstrained";
import { IAM_ROLE_CASES } from "./cases/iam-roles";
import { AUDIT_CASES } from "./cases/audit";
import { BUCKET_CARE_CASES } from "./cases/bucket-care";
import { BUCKET_GUARD_CASES } from "./cases/bucket-guards";
import { BUCKET_POLICY_CASES } from "./cases/bucket-policies";
import { BUCKET_CASES } from "./cases/buckets";
import { MESSAGING_CASES } from "./cases/messaging";
import { PROGRAM_CASES } from "./cases/programs";
import { SURROUNDING_CASES } from "./cases/surroundings";
import { SECRET_CARE_CASES } from "./cases/secret-care";
import { SECRET_VALUE_CASES } from "./cases/secret-values";
import { SECRET_CASES } from "./cases/secrets";
import { TABLE, type RuleCases } from "./fixtures";

const CASES: readonly RuleCases[] = [
  ...KMS_CASES,
  ...KMS_SORT_CASES,
  ...SECRET_CASES,
  ...SECRET_CARE_CASES,
  ...SECRET_VALUE_CASES,
  ...IAM_CASES,
  ...IAM_ROLE_CASES,
  ...IAM_DOCUMENT_CASES,
  ...IAM_ESCALATION_CASES,
  ...IAM_ATTACHMENT_CASES,
  ...IAM_UNCONSTRAINED_CASES,
  ...BUCKET_CASES,
  ...BUCKET_POLICY_CASES,
  ...BUCKET_GUARD_CASES,
  ...BUCKET_CARE_CASES,
  ...AUDIT_CASES,
  ...MESSAGING_CASES,
  ...FUNCTION_CASES,
  ...PROGRAM_CASES,
  ...SURROUNDING_CASES,
];

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
