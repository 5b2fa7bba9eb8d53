import { isKeyArn } from "../iam/arn";
import type { Resource, Stack } from "./stack";
import { TYPES } from "./types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value } from "./values";

const KEY_TYPES: ReadonlySet<string> = new Set([
  ...TYPES.kmsKey,
  ...TYPES.kmsReplicaKey,
  ...TYPES.kmsExternalKey,
]);

/** What is wrong with the way a property names a KMS key, as a clause; undefined where nothing is. */
export type KeyFault = "missing" | "aws-managed" | "not-an-arn";

/**
 * Judges how a resource names a KMS key: it must be a customer's key, by its full ARN. An alias or an id means another
 * key in another account, and AWS's own keys cannot be used from one.
 *
 * A value that is not known yet is accepted where the engine says that the property was made from nothing but keys of
 * this stack; its form is judged once it is known. `property` is the top-level property, `path` the place of the value,
 * `besides` the types that the rest of the property may have been made from.
 */
export function keyFault(
  stack: Stack,
  resource: Resource,
  value: Value | undefined,
  property: string,
  path: string,
  besides: readonly string[] = [],
): KeyFault | undefined {
  if (value === undefined || value === null || value === "") return "missing";
  if (value === UNKNOWN) {
    const origins = (resource.dependenciesOf(property) ?? []).map((urn) => stack.get(urn)?.type);
    const others = origins.filter((type) => type === undefined || !KEY_TYPES.has(type));
    const expected = others.every((type) => type !== undefined && besides.includes(type));
    if (others.length < origins.length && expected) return undefined;
    throw new Undetermined(path, NOT_KNOWN_YET);
  }
  if (typeof value !== "string") throw new Undetermined(path, "is not a text");
  if (/(^|[:/])alias\/aws\//.test(value) || value.startsWith("aws/")) return "aws-managed";
  return isKeyArn(value) ? undefined : "not-an-arn";
}

/** The clause that says a fault, for a message. */
export function keyFaultText(fault: KeyFault, path: string): string {
  if (fault === "missing") return `has no customer key (${path} is not set)`;
  if (fault === "aws-managed") return `uses a key that AWS manages (${path})`;
  return `names its key by something else than the full key ARN (${path})`;
}
