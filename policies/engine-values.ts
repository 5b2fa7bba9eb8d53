import { isEscapeHatch } from "./model/escape-hatches";
import { isList, isMap, UNKNOWN, type Value, type ValueMap } from "./model/values";

/**
 * What @pulumi/pulumi writes in place of values that are not known yet, one mark for each kind
 * (sdk/nodejs/runtime/rpc.ts); they stand in files made by `pulumi preview --json` too.
 */
const UNKNOWN_MARKS: ReadonlySet<string> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Properties that are nothing but a secret's value: rules may see that they are set, and no more. */
export const SECRET_VALUES: ReadonlySet<string> = new Set([
  "secretString",
  "secretBinary",
  "secretStringWo",
  "password",
  "secretKey",
  "plaintext",
]);
const HIDDEN = "(hidden)";

/** How states and `pulumi preview --json` wrap a value that is marked as secret (sdk/nodejs/runtime/rpc.ts). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Names of the properties whose whole value is marked as secret. */
export function markedSecret(properties: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(properties).filter((key) => isMarked(properties[key]));
}

function isMarked(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Readonly<Record<string, unknown>>)[SIGNATURE] === SECRET
  );
}

export const STACK = "pulumi:pulumi:Stack";

/** Other types are no rule's affair; reading them would cost time and serve nothing. */
export function isJudged(type: string): boolean {
  return (
    /^(pulumi:providers:)?aws(-native)?(:|$)/.test(type) || type === STACK || isEscapeHatch(type)
  );
}

/** What identifies a resource and may be known only as an output. */
export const IDENTIFIERS: readonly string[] = [
  "id",
  "arn",
  "bucket",
  "bucketName",
  "keyId",
  "name",
  "roleName",
];

/**
 * Copies properties, as the engine or a file gives them, into plain values. The engine's are behind a proxy that throws
 * when an unknown value is read; here that becomes {@link UNKNOWN}. Values of secrets do not come along.
 */
export function plainProperties(
  properties: Readonly<Record<string, unknown>>,
  depth = 0,
): ValueMap {
  const plain: Record<string, Value> = {};
  for (const key of Object.keys(properties)) {
    // Set by the engine to tell defaults from given values; no property of the resource.
    if (key === "__defaults") continue;
    const value = plainAt(properties, key, depth);
    if (value === undefined) continue;
    const hidden = SECRET_VALUES.has(key) && value !== UNKNOWN && value !== "" && value !== null;
    plain[key] = hidden ? HIDDEN : value;
  }
  return plain;
}

/** No resource is nested deeper; what is, was made to break its reader, and counts as not known. */
const DEEPEST = 100;

function plainAt(
  container: Readonly<Record<string, unknown>>,
  key: string,
  depth: number,
): Value | undefined {
  let value: unknown;
  try {
    value = container[key];
  } catch {
    return UNKNOWN;
  }
  if (value === null || typeof value === "boolean" || typeof value === "number") return value;
  if (typeof value === "string") return UNKNOWN_MARKS.has(value) ? UNKNOWN : value;
  // Neither the text nor its cipher is any rule's affair.
  if (isMarked(value)) return HIDDEN;
  if (depth >= DEEPEST) return UNKNOWN;
  if (Array.isArray(value)) {
    const list = value as unknown as Readonly<Record<string, unknown>>;
    return Array.from(
      { length: value.length },
      (_, index) => plainAt(list, String(index), depth + 1) ?? null,
    );
  }
  if (typeof value === "object") {
    return plainProperties(value as Record<string, unknown>, depth + 1);
  }
  return undefined;
}

/**
 * Takes out what is not known yet. For the outputs of a resource that the program did not make from other outputs:
 * what is unknown there is what the provider will compute, not what the program sets.
 */
export function withoutUnknown(value: Value): Value | undefined {
  if (value === UNKNOWN) return undefined;
  if (isList(value)) return value.map((item) => withoutUnknown(item) ?? null);
  if (!isMap(value)) return value;
  const known: Record<string, Value> = {};
  for (const [key, item] of Object.entries(value)) {
    const kept = item === undefined ? undefined : withoutUnknown(item);
    if (kept !== undefined) known[key] = kept;
  }
  return known;
}
