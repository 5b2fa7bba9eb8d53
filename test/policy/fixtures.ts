import type { ResourceInput } from "../../policies/model/stack";
import { UNKNOWN, type ValueMap } from "../../policies/model/values";
import type { Rule } from "../../policies/rules";

export { UNKNOWN };

export const ACCOUNT = "111122223333";
export const OTHER_ACCOUNT = "444455556666";
export const ORGANIZATION = "o-abcdef1234";
export const KEY_ARN = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/strongroom/strongroom-backup`;

/** One table of a rule: what passes, what fails with which message, what cannot be decided, what is not its affair. */
export interface RuleCases {
  readonly rule: Rule;
  readonly passes: Readonly<Record<string, readonly ResourceInput[]>>;
  /** The expected messages, all of them and exactly. */
  readonly fails: Readonly<
    Record<string, { readonly given: readonly ResourceInput[]; readonly says: readonly string[] }>
  >;
  readonly undetermined: Readonly<
    Record<string, { readonly given: readonly ResourceInput[]; readonly property: string }>
  >;
  /** A resource of a type that the rule does not look at. */
  readonly notApplicable?: readonly ResourceInput[];
}

type Options = Omit<ResourceInput, "type" | "name" | "urn" | "props"> & {
  readonly name?: string;
  readonly stack?: string;
};

/** The URN of a resource of the test stack, a vault unless said otherwise. */
export function urnOf(type: string, name = "subject", stack = `vault-${ACCOUNT}`): string {
  return `urn:pulumi:${stack}::strongroom::${type}::${name}`;
}

/** A resource named "subject", unless said otherwise. */
export function resource(type: string, props: ValueMap, options: Options = {}): ResourceInput {
  const { name = "subject", stack, ...rest } = options;
  return { type, name, urn: urnOf(type, name, stack), props, ...rest };
}

/** The same resource with other properties; `undefined` takes one away. */
export function changed(
  original: ResourceInput,
  props: ValueMap,
  rest: Partial<ResourceInput> = {},
): ResourceInput {
  const merged = Object.entries({ ...original.props, ...props }).filter(([, v]) => v !== undefined);
  return { ...original, ...rest, props: Object.fromEntries(merged) };
}

/** A policy document as the text that @pulumi/aws takes. */
export function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** The same as data, as aws-native takes it. */
export function policyData(...statements: readonly ValueMap[]): ValueMap {
  return { Version: "2012-10-17", Statement: statements };
}

/** A resource that no rule looks at. */
export const TABLE = resource("aws:dynamodb/table:Table", { name: "orders" });

/** A table in short form: one compliant resource a provider, and what breaks it. */
interface Quick {
  readonly rule: Rule;
  /** Compliant, as @pulumi/aws and as aws-native make it. */
  readonly aws: ResourceInput;
  readonly native?: ResourceInput;
  /** Stand beside the resource in every case. */
  readonly beside?: readonly ResourceInput[];
  /** What breaks it: the changed properties, and what the message says is wrong (all of them). */
  readonly bad: Readonly<Record<string, Breach>>;
  /** The same for aws-native, where its properties differ; otherwise `bad` serves both. */
  readonly nativeBad?: Readonly<Record<string, Breach>>;
  /** By the property that is reported: what is changed to make it unknown; the property itself where nothing is said. */
  readonly unknown: Readonly<Record<string, ValueMap | undefined>>;
  /** More that passes: the changed properties. */
  readonly alsoGood?: Readonly<Record<string, ValueMap>>;
  /** Where the message does not end with the rule's own fix. */
  readonly set?: string;
  readonly notApplicable?: readonly ResourceInput[];
}
type Breach = readonly [changes: ValueMap, ...wrong: readonly string[]];

/** Makes the table: the messages are the resource's title, what is wrong, and the fix. */
export function quick(given: Quick): RuleCases {
  const { rule, aws, native, beside = [], bad, nativeBad = bad, unknown } = given;
  const broken = (subject: ResourceInput, suffix: string, breaches: Quick["bad"]) =>
    Object.entries(breaches).map(([name, [changes, ...wrong]]) => {
      const kind = subject.type.slice(subject.type.lastIndexOf(":") + 1);
      return [
        `${name}${suffix}`,
        {
          given: [changed(subject, changes), ...beside],
          says: wrong.map((what) => `${kind} "${subject.name}" ${what}. ${given.set ?? rule.fix}`),
        },
      ] as const;
    });
  return {
    rule,
    passes: {
      "what is as it should be": [aws, ...beside],
      ...(native === undefined
        ? {}
        : { "what is as it should be, in aws-native": [native, ...beside] }),
      ...Object.fromEntries(
        Object.entries(given.alsoGood ?? {}).map(([name, changes]) => [
          name,
          [changed(aws, changes), ...beside],
        ]),
      ),
    },
    fails: Object.fromEntries([
      ...broken(aws, "", bad),
      ...(native === undefined ? [] : broken(native, ", in aws-native", nativeBad)),
    ]),
    undetermined: Object.fromEntries(
      Object.entries(unknown).map(([property, changes]) => [
        `unknown ${property}`,
        { given: [changed(aws, changes ?? { [property]: UNKNOWN }), ...beside], property },
      ]),
    ),
    ...(given.notApplicable === undefined ? {} : { notApplicable: given.notApplicable }),
  };
}
