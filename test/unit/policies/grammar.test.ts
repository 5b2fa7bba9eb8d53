import { expect } from "chai";

import { parseDocument } from "../../../policies/iam/document";
import { Refused, type Grammar } from "../../../policies/iam/grammar";
import { Stack } from "../../../policies/model/stack";
import { UNKNOWN, type Value } from "../../../policies/model/values";
import { blocks, judge, RULES, type Verdict } from "../../../policies/rules";
import { KEY_ARN, ROLE_ARN, resource } from "../../policy/fixtures";

const WHO = { Principal: { AWS: ROLE_ARN } };
const identity = { Effect: "Allow", Action: "kms:Decrypt", Resource: KEY_ARN };
const trust = { ...WHO, Effect: "Allow", Action: "sts:AssumeRole" };
const ofResource = { ...WHO, ...identity };

const refusal = (statement: object, grammar?: Grammar): string | undefined => {
  try {
    parseDocument({ Statement: statement as never }, "policy", grammar).statements[0]?.();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.message;
    throw thrown;
  }
};
const without = (statement: object, name: string): object =>
  Object.fromEntries(Object.entries(statement).filter(([key]) => key !== name));

/** Statements that IAM refuses wherever they stand, and what is said of them. */
const FAULTS: Readonly<Record<string, readonly [change: object, says: string]>> = {
  "an Effect in another case": [
    { Effect: "allow" },
    " has an Effect that is neither Allow nor Deny",
  ],
  "an Effect that is a list": [
    { Effect: ["Deny"] },
    " has an Effect that is neither Allow nor Deny",
  ],
  "Action and NotAction": [{ NotAction: "s3:*" }, " has both Action and NotAction"],
  "Resource and NotResource": [{ NotResource: "*" }, " has both Resource and NotResource"],
  "an element that nobody knows": [{ Conditions: {} }, " has an element that IAM does not know"],
  "a Sid that is no text": [{ Sid: 1 }, " has a Sid that is not a text"],
  "a misspelt operator": [
    { Condition: { StringEqual: { "aws:PrincipalOrgID": "o-abcdef1234" } } },
    ".Condition.stringequal is an operator that IAM does not know",
  ],
  "Null with IfExists": [
    { Condition: { NullIfExists: { "aws:TokenIssueTime": "true" } } },
    ".Condition.nullifexists is an operator that IAM does not know",
  ],
  "a key of no service": [
    { Condition: { StringEquals: { PrincipalOrgID: "o-abcdef1234" } } },
    ".Condition.stringequals.principalorgid is a key without its service",
  ],
  "a flag that is none": [
    { Condition: { Bool: { "aws:SecureTransport": "yes" } } },
    ".Condition.bool.aws:securetransport has a value that is not true or false",
  ],
  "a number that is none": [
    { Condition: { NumericLessThan: { "aws:MultiFactorAuthAge": ["60", "1 h"] } } },
    ".Condition.numericlessthan.aws:multifactorauthage has a value that is not a number",
  ],
  "a date that is none": [
    { Condition: { DateLessThan: { "aws:CurrentTime": "2026-13-01" } } },
    ".Condition.datelessthan.aws:currenttime has a value that is not a date",
  ],
  "an address that is none": [
    { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/33" } } },
    ".Condition.ipaddress.aws:sourceip has a value that is not an IP address or a range of them",
  ],
  "addresses that are nearly some": [
    {
      Condition: {
        NotIpAddress: {
          "aws:SourceIp": ["::1", "1::2::3", "1:2:3:4:5:6:7", "256.0.0.1", "::12345"],
        },
      },
    },
    ".Condition.notipaddress.aws:sourceip has a value that is not an IP address or a range of them",
  ],
  "what is no Base64": [
    { Condition: { BinaryEquals: { "aws:Key": "a b" } } },
    ".Condition.binaryequals.aws:key has a value that is not in Base64",
  ],
};

describe("a statement that IAM refuses", () => {
  for (const [name, [change, says]] of Object.entries(FAULTS)) {
    it(`is refused with what is wrong: ${name}`, () => {
      expect(refusal({ ...identity, ...change }, "identity")).to.equal(
        `policy.Statement[0]${says}`,
      );
      expect(refusal({ ...ofResource, ...change })).to.equal(`policy.Statement[0]${says}`);
    });
  }

  it("is refused where an element is missing, whatever it hangs on", () => {
    const has = (what: string): string => `policy.Statement[0] has no ${what}`;
    expect(refusal(without(identity, "Effect"))).to.equal(has("Effect"));
    expect(refusal(without(identity, "Action"))).to.equal(has("Action"));
    expect(refusal({})).to.equal("policy.Statement[0] has no Effect, has no Action");
    expect(refusal("Allow" as never)).to.equal("policy.Statement[0] is not a statement");
    expect(refusal(without(identity, "Resource"), "identity")).to.equal(has("Resource"));
    expect(refusal(without(ofResource, "Resource"), "resource")).to.equal(has("Resource"));
    expect(refusal(identity, "resource")).to.equal(has("Principal"));
    expect(refusal(without(trust, "Principal"), "trust")).to.equal(has("Principal"));
  });

  it("is refused where an element does not belong", () => {
    expect(refusal(ofResource, "identity")).to.equal(
      "policy.Statement[0] has a Principal, as no identity's policy may",
    );
    expect(refusal({ ...trust, Resource: "*" }, "trust")).to.equal(
      "policy.Statement[0] has a Resource, as no trust policy may",
    );
    expect(refusal({ ...ofResource, NotPrincipal: "*" }, "resource")).to.equal(
      "policy.Statement[0] has both Principal and NotPrincipal",
    );
    expect(refusal({ ...trust, Principal: ROLE_ARN }, "trust")).to.equal(
      "policy.Statement[0].Principal is a text, and not a star",
    );
    expect(refusal({ ...trust, Principal: { Role: ROLE_ARN } }, "trust")).to.equal(
      "policy.Statement[0].Principal has a kind that is none of AWS, Service, Federated and CanonicalUser",
    );
    expect(refusal({ ...identity, Sid: "two words" }, "identity")).to.match(/other characters/);
  });

  it("is none of those that IAM takes", () => {
    expect(refusal(identity, "identity")).to.equal(undefined);
    expect(refusal(trust, "trust")).to.equal(undefined);
    expect(refusal({ ...ofResource, Sid: "two words" }, "resource")).to.equal(undefined);
    for (const [operator, value] of [
      ["DateGreaterThan", "2026-11-25T10:00:00.5+01:00"],
      ["DateGreaterThan", "1795600000"],
      ["NumericEquals", "-1.5"],
      ["IpAddress", "2001:db8::/32"],
      ["NotIpAddress", ["203.0.113.9", "::", "::1/128", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1"]],
      ["BoolIfExists", "TRUE"],
      ["ForAllValues:BinaryEquals", "QmluYXJ5"],
      ["ForAnyValue:ArnNotEqualsIfExists", "*"],
    ] as const) {
      expect(refusal({ ...identity, Condition: { [operator]: { "aws:Key": value } } })).to.equal(
        undefined,
      );
    }
  });

  it("is refused as a document, too", () => {
    expect(() => parseDocument({ Statement: [], Comment: "" }, "policy")).to.throw(Refused);
    expect(() => parseDocument({ Version: "2012-10-17" }, "policy")).to.throw(Refused);
  });
});

/** Every place where a document can stand that decides on its own. */
const PLACES = [
  ["aws:iam/rolePolicy:RolePolicy", "policy", identity, { role: "r" }],
  ["aws:iam/role:Role", "assumeRolePolicy", trust, { name: "r" }],
  ["aws:kms/key:Key", "policy", { ...ofResource, Resource: "*" }, {}],
  ["aws:secretsmanager/secretPolicy:SecretPolicy", "policy", ofResource, { secretArn: "s" }],
  ["aws:s3/bucketPolicy:BucketPolicy", "policy", ofResource, { bucket: "b" }],
  ["aws:sns/topicPolicy:TopicPolicy", "policy", ofResource, { arn: "t" }],
  ["aws:sqs/queuePolicy:QueuePolicy", "policy", ofResource, { queueUrl: "q" }],
  ["aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", ofResource, {}],
  ["aws:backup/vaultPolicy:VaultPolicy", "policy", ofResource, { backupVaultName: "v" }],
] as const;

describe("a document that IAM refuses", () => {
  for (const [type, property, good, rest] of PLACES) {
    it(`passes no rule that reads it, and stops the run: ${type}`, () => {
      const judged = (document: Value): Verdict[] => {
        const stack = new Stack([resource(type, { ...rest, [property]: document })]);
        return RULES.flatMap((rule) => judge(rule, stack));
      };
      const undecided = (found: readonly Verdict[]): string[] =>
        found.filter(({ verdict }) => verdict !== "pass").map(({ rule }) => rule.id);
      // Whatever cannot be decided about an unknown document cannot be decided about this one.
      const readers = undecided(judged(UNKNOWN));
      expect(readers).to.include("iam-policy-well-formed");
      for (const [name, [change]] of Object.entries(FAULTS)) {
        const statement = { ...good, ...change } as unknown as Value;
        const found = judged({ Version: "2012-10-17", Statement: [statement] });
        expect(undecided(found), name).to.include.members(
          readers.filter((id) => id !== "iam-policy-size-fits"),
        );
        const told = found.find(({ rule }) => rule.id === "iam-policy-well-formed");
        expect(told?.verdict, name).to.equal("fail");
        expect(found.some(blocks), name).to.equal(true);
      }
    });
  }
});
