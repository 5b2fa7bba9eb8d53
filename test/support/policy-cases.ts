import fc from "fast-check";

import { parseDocument } from "../../policies/iam/document";
import { effectOf } from "../../policies/iam/condition-effect";
import { restrictsCaller } from "../../policies/iam/conditions";
import { Permissions, type SourcedStatement } from "../../policies/iam/permissions";
import { mayBeAllowed, type RawDocument, type RawStatement } from "./iam-reference";
import { conditionHolds, type Context } from "./iam-reference-conditions";

/** Documents of one identity, as they would stand in a program. */
export interface PolicyCase {
  readonly policies: readonly RawDocument[];
  readonly boundary?: readonly RawDocument[] | undefined;
}

const ACCOUNT = "111122223333";
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/`;

export const ACTIONS = [
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:ListKeys",
  "s3:GetObject",
  "s3:PutObject",
  "iam:PassRole",
] as const;

export const RESOURCES = [
  `${KEY}aa`,
  `${KEY}ab`,
  "arn:aws:s3:::logs/a",
  "arn:aws:s3:::logs/b/c",
  "arn:aws-cn:s3:::logs/a",
  `arn:aws:iam::${ACCOUNT}:role/app`,
] as const;

/**
 * What requests may carry: for every condition that is made below and can hold, something with which it holds. A
 * statement has one condition, so keys of policies are tried one at a time, each with every `aws:sourceip`, which only
 * boundaries ask for.
 */
const CARRIED: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  "aws:principalorgid": [
    "o-aaaaaaaaaa",
    "o-bbbbbbbbbb",
    "O-AAAAAAAAAA",
    "*",
    "o-b*",
    "o-????????a?",
    "another",
  ],
  "aws:tagkeys": [[], ["a"], ["b"], ["a", "b"], ["c"], ["*"], ["?"], ["long"]],
  "aws:multifactorauthage": ["-1", "0", "30", "60"],
  "aws:multifactorauthpresent": ["true", "false"],
  "aws:currenttime": [
    "2001-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z",
    "2030-06-15T12:00:00+02:00",
    "2500-01-01T00:00:00Z",
    "2600-01-01T00:00:00Z",
  ],
  "aws:principalarn": [
    `arn:aws:iam::${ACCOUNT}:role/app`,
    "arn:aws:iam::444455556666:role/app",
    `arn:aws-cn:iam::${ACCOUNT}:user/team/one`,
  ],
  // AWS has hardly a key of this type; the operator is there all the same.
  "test:fingerprint": ["QQ==", "Qg==", "QUI="],
};
const ADDRESSES = [undefined, "10.0.0.1", "203.0.113.9", "198.51.100.1", "2001:db8::1", "2a00::1"];

export const CONTEXTS: readonly Context[] = [
  {},
  ...Object.entries(CARRIED).flatMap(([key, values]) => values.map((value) => ({ [key]: value }))),
].flatMap((context) =>
  ADDRESSES.map((address) =>
    address === undefined ? context : { ...context, "aws:sourceip": address },
  ),
);

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** A text with wildcards put in its place, or its case changed. */
const blurred = (texts: readonly string[], otherCase: boolean): fc.Arbitrary<string> =>
  fc
    .tuple(some(...texts), fc.nat(40), fc.nat(12), some("", "", "*", "*", "?", "**", "?*", "upper"))
    .map(([text, at, length, mark]) => {
      if (mark === "") return text;
      if (mark === "upper") return otherCase ? text.toUpperCase() : text;
      const start = at % (text.length + 1);
      return text.slice(0, start) + mark + text.slice(start + length);
    });

const oneOrMore = (text: fc.Arbitrary<string>): fc.Arbitrary<string | string[]> =>
  fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }));

const actions = oneOrMore(
  fc.oneof(blurred(ACTIONS, true), some("*", "kms:*", "?*:Get*", "newservice:Do")),
);
const resources = oneOrMore(
  fc.oneof(
    { weight: 6, arbitrary: blurred(RESOURCES, false) },
    { weight: 2, arbitrary: fc.constant("*") },
    {
      weight: 1,
      arbitrary: some(
        "arn:aws:s3:::logs/${aws:username}",
        `${KEY}\${aws:PrincipalTag/key, 'aa'}`,
        "arn:${aws:partition}:s3:::*",
      ),
    },
  ),
);

const quantified = (operator: string): fc.Arbitrary<string> =>
  fc
    .tuple(some("", "", "ForAllValues:", "ForAnyValue:"), some("", "", "IfExists"))
    .map(([before, after]) => `${before}${operator}${after}`);

type Line = readonly [operator: string, key: string, values: string | readonly string[]];

const line = (
  key: string,
  operators: readonly string[],
  values: readonly string[],
): fc.Arbitrary<Line> =>
  fc.tuple(
    some(...operators).chain(quantified),
    fc.constant(key),
    fc.oneof(some(...values), fc.array(some(...values), { maxLength: 2 })),
  );

const nothingThere = (key: string): fc.Arbitrary<Line> =>
  fc.tuple(
    fc.constant("Null"),
    fc.constant(key),
    some<string | string[]>("true", "false", ["true", "false"]),
  );

const TEXTS = [
  "StringEquals",
  "StringLike",
  "StringNotEquals",
  "StringNotLike",
  "StringEqualsIgnoreCase",
];
const policyLine: fc.Arbitrary<Line> = fc.oneof(
  line("aws:PrincipalOrgID", TEXTS, ["o-aaaaaaaaaa", "o-b*", "*", "O-AAAAAAAAAA", "o-????????a?"]),
  line("aws:TagKeys", TEXTS, ["a", "b", "*", "?"]),
  line(
    "aws:MultiFactorAuthAge",
    ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
    ["0", "30"],
  ),
  // No request carries more than this.
  line("aws:MultiFactorAuthAge", ["NumericLessThan"], ["1e300", "30"]),
  line(
    "aws:CurrentTime",
    ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].map(
      (name) => `Date${name}`,
    ),
    ["2026-01-01T00:00:00Z", "2030-06-15T10:00:00Z", "1767225600", "2500-01-01"],
  ),
  line(
    "aws:PrincipalArn",
    ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike"],
    [
      `arn:aws:iam::${ACCOUNT}:role/app`,
      `arn:aws:iam::${ACCOUNT}:role/*`,
      "arn:*:iam::*:*/app",
      "arn:*:*:*:*:*",
      "*",
    ],
  ),
  line("aws:PrincipalArn", ["StringEquals"], [`arn:aws:iam::${ACCOUNT}:role/app`]),
  line("aws:MultiFactorAuthPresent", ["Bool"], ["true", "false", "TRUE"]),
  line("test:Fingerprint", ["BinaryEquals"], ["QQ==", "Qg=="]),
  some(...Object.keys(CARRIED)).chain(nothingThere),
);
const boundaryLine: fc.Arbitrary<Line> = fc.oneof(
  line(
    "aws:SourceIp",
    ["IpAddress", "NotIpAddress"],
    ["10.0.0.0/8", "0.0.0.0/0", "::/0", "203.0.113.9", "2001:db8::/32"],
  ),
  nothingThere("aws:SourceIp"),
);

function statement(lines: fc.Arbitrary<Line>): fc.Arbitrary<RawStatement> {
  return fc
    .record({
      effect: some("Allow" as const, "Allow" as const, "Deny" as const),
      actions,
      notAction: fc.integer({ min: 0, max: 9 }),
      resources,
      notResource: fc.integer({ min: 0, max: 9 }),
      lines: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Line[]>([]) },
        { weight: 2, arbitrary: fc.array(lines, { maxLength: 1 }) },
      ),
    })
    .map((it) => ({
      Effect: it.effect,
      ...(it.notAction === 0 ? { NotAction: it.actions } : { Action: it.actions }),
      ...(it.notResource === 0 ? { NotResource: it.resources } : { Resource: it.resources }),
      ...(it.lines.length === 0
        ? {}
        : {
            Condition: Object.fromEntries(
              it.lines.map(([operator, key, values]) => [operator, { [key]: values }]),
            ),
          }),
    }));
}

function document(lines: fc.Arbitrary<Line>): fc.Arbitrary<RawDocument> {
  return fc.record(
    {
      Version: some("2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"),
      Statement: fc.array(statement(lines), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ["Statement"] },
  );
}

/** Policies of one identity, some with a boundary. */
export const policyCases: fc.Arbitrary<PolicyCase> = fc.record({
  policies: fc.array(document(policyLine), { minLength: 1, maxLength: 3 }),
  boundary: fc.option(fc.array(document(boundaryLine), { minLength: 1, maxLength: 1 }), {
    nil: undefined,
    freq: 3,
  }),
});

const sourced = (documents: readonly RawDocument[]): SourcedStatement[] =>
  documents.flatMap((raw, index) => {
    const { statements, version } = parseDocument(JSON.stringify(raw), "policy");
    return statements.map((read) => ({ statement: read(), document: `policy ${index}`, version }));
  });

/** Where the judge and the reference do not agree about a case; empty where they do. */
export function disagreements({ policies, boundary }: PolicyCase): string[] {
  const permissions = new Permissions({
    policies: sourced(policies),
    boundary: boundary === undefined ? undefined : sourced(boundary),
  });
  const found: string[] = [];
  // The list of all that is allowed takes thousands of questions where a document names everything.
  const listed = JSON.stringify(policies).length % 64 === 0;
  const published = new Set(listed ? permissions.actions().map(({ name }) => name) : ACTIONS);
  for (const action of ACTIONS) {
    let somewhere = false;
    for (const resource of RESOURCES) {
      const expected = mayBeAllowed(policies, boundary, action, resource, CONTEXTS);
      const actual = permissions.allowsOn(action, resource);
      somewhere ||= expected;
      if (actual !== expected) {
        found.push(`${action} on ${resource}: the judge says ${actual}, the reference ${expected}`);
      }
    }
    if (somewhere && !published.has(action)) found.push(`${action} is not among what is allowed`);
  }
  return [...found, ...[...policies, ...(boundary ?? [])].flatMap(conditionDisagreements)];
}

/** What the judge says of each condition against what the reference finds over all contexts. */
function conditionDisagreements(raw: RawDocument): string[] {
  const { statements } = parseDocument(JSON.stringify(raw), "policy");
  return statements
    .flatMap((read) => read().conditions)
    .flatMap((condition) => {
      const name = `${condition.quantifier === undefined ? "" : `${condition.quantifier}:`}${condition.operator}${condition.ifExists ? "ifexists" : ""}`;
      const where = (wanted: (context: Context) => boolean): boolean[] =>
        CONTEXTS.filter(wanted).map((context) =>
          conditionHolds(name, condition.key, condition.values, context),
        );
      const effect = effectOf(condition);
      const present = where((context) => (context[condition.key]?.length ?? 0) > 0);
      const every = where(() => true);
      const text = `${name} on ${condition.key}, which the judge calls ${effect},`;
      const found: string[] = [];
      if (effect === "always" && every.includes(false)) found.push(`${text} does not always hold`);
      if (effect === "never" && every.includes(true)) found.push(`${text} holds once`);
      if (effect === "when-present" && present.includes(false)) {
        found.push(`${text} does not hold with the key`);
      }
      if (restrictsCaller(condition) && !every.includes(false)) {
        found.push(`${text} restricts nobody, but the judge says so`);
      }
      return found;
    });
}
