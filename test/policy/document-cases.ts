import type { ResourceInput } from "../../policies/model/stack";
import type { ValueMap } from "../../policies/model/values";
import type { Rule } from "../../policies/rules";
import { policy, policyData, resource, UNKNOWN, type RuleCases } from "./fixtures";

/** Where a policy document stands: a resource of one type, and the property that holds the document. */
export interface Place {
  readonly type: string;
  readonly property: string;
  readonly rest?: ValueMap;
}

export const IDENTITY: Place = {
  type: "aws:iam/rolePolicy:RolePolicy",
  property: "policy",
  rest: { role: "r" },
};
export const NATIVE_IDENTITY: Place = {
  type: "aws-native:iam:ManagedPolicy",
  property: "policyDocument",
};
export const BUCKET_POLICY: Place = {
  type: "aws:s3/bucketPolicy:BucketPolicy",
  property: "policy",
  rest: { bucket: "b" },
};
export const NATIVE_BUCKET_POLICY: Place = {
  type: "aws-native:s3:BucketPolicy",
  property: "policyDocument",
  rest: { bucket: "b" },
};

/** A table about one document: statements that pass, and that fail with what is wrong. */
interface Documents {
  readonly rule: Rule;
  readonly at: Place;
  readonly native: Place;
  readonly good: Readonly<Record<string, ValueMap>>;
  readonly bad: Readonly<Record<string, readonly [statement: ValueMap, wrong: string]>>;
  readonly notApplicable?: readonly ResourceInput[];
}

/** Puts every statement, as the second of a document, into @pulumi/aws (a text) and into aws-native (data). */
export function documents({ rule, at, native, good, bad, ...rest }: Documents): RuleCases {
  const [first = { Effect: "Deny", Action: "s3:GetObject", Resource: "*" }] = Object.values(good);
  const make = ({ type, property, rest: others = {} }: Place, statement: ValueMap): ResourceInput =>
    resource(type, {
      ...others,
      [property]: type.startsWith("aws-native:")
        ? policyData(first, statement)
        : policy(first, statement),
    });
  const failing = (place: Place, suffix: string) =>
    Object.entries(bad).map(([name, [statement, wrong]]) => {
      const kind = place.type.slice(place.type.lastIndexOf(":") + 1);
      const message = `${kind} "subject" ${wrong} (${place.property}, statement 2). ${rule.fix}`;
      return [`${name}${suffix}`, { given: [make(place, statement)], says: [message] }] as const;
    });
  return {
    rule,
    passes: Object.fromEntries(
      Object.entries(good).flatMap(([name, statement]) => [
        [name, [make(at, statement)]] as const,
        [`${name}, in aws-native`, [make(native, statement)]] as const,
      ]),
    ),
    fails: Object.fromEntries([...failing(at, ""), ...failing(native, ", in aws-native")]),
    undetermined: {
      "an unknown document": {
        given: [resource(at.type, { ...at.rest, [at.property]: UNKNOWN })],
        property: at.property,
      },
      "an unknown action": {
        given: [make(native, { ...first, Action: [UNKNOWN] })],
        property: `${native.property}.Statement[1].Action`,
      },
    },
    ...rest,
  };
}
