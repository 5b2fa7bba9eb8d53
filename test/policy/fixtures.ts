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
export const TOPIC = resource("aws:sns/topic:Topic", { name: "alarms" });
