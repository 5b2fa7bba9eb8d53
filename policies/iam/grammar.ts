import { Undetermined } from "../model/values";

/**
 * What a document must have by what it hangs on (IAM JSON policy grammar, AWS's user guide of IAM): an identity's policy
 * names no principals, a trust policy no resources, and one that hangs on a resource names both.
 */
export type Grammar = "identity" | "trust" | "resource";

/**
 * Thrown for what IAM refuses. Nobody can say what such a document allows, so it is undetermined to every rule; the one
 * about well-formed documents calls it wrong.
 */
export class Refused extends Undetermined {}

const DOCUMENT_ELEMENTS = new Set(["version", "id", "statement"]);
const STATEMENT_ELEMENTS = new Set([
  "sid",
  "effect",
  "principal",
  "notprincipal",
  "action",
  "notaction",
  "resource",
  "notresource",
  "condition",
]);
const PRINCIPAL_KINDS = new Set(["aws", "service", "federated", "canonicaluser", "*"]);

/** Refuses a document with elements that IAM does not know. Names are in lower case. */
export function checkDocument(names: Iterable<string>, path: string): void {
  if (!isWithin(names, DOCUMENT_ELEMENTS)) {
    throw new Refused(path, "has an element that is none of Version, Id and Statement");
  }
}

/** What a statement says, as far as it decides whether IAM takes it. */
export interface Shape {
  /** Its elements, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly effect: unknown;
  readonly sid: unknown;
}

/** Refuses a statement of a shape that IAM refuses; tells all that is wrong with it at once. */
export function checkStatement(shape: Shape, path: string, grammar: Grammar | undefined): void {
  const faults = [...faultsOf(shape), ...(grammar === undefined ? [] : misfits(shape, grammar))];
  if (faults.length > 0) throw new Refused(path, faults.join(", "));
}

function* faultsOf({ names, effect, sid }: Shape): Generator<string> {
  if (!isWithin(names, STATEMENT_ELEMENTS)) yield "has an element that IAM does not know";
  if (!names.has("effect")) yield "has no Effect";
  else if (effect !== "Allow" && effect !== "Deny")
    yield "has an Effect that is neither Allow nor Deny";
  if (!names.has("action") && !names.has("notaction")) yield "has no Action";
  for (const [one, other] of [
    ["Action", "NotAction"],
    ["Resource", "NotResource"],
    ["Principal", "NotPrincipal"],
  ] as const) {
    if (names.has(one.toLowerCase()) && names.has(other.toLowerCase())) {
      yield `has both ${one} and ${other}`;
    }
  }
  if (names.has("sid") && typeof sid !== "string") yield "has a Sid that is not a text";
}

function* misfits({ names, sid }: Shape, grammar: Grammar): Generator<string> {
  const principals = names.has("principal") || names.has("notprincipal");
  const resources = names.has("resource") || names.has("notresource");
  if (grammar === "identity" && principals) yield "has a Principal, as no identity's policy may";
  if (grammar !== "identity" && !principals) yield "has no Principal";
  if (grammar === "trust" && resources) yield "has a Resource, as no trust policy may";
  if (grammar !== "trust" && !resources) yield "has no Resource";
  // Policies of resources may have other characters in it, those that IAM keeps may not.
  if (grammar !== "resource" && typeof sid === "string" && !/^[A-Za-z0-9]*$/.test(sid)) {
    yield "has a Sid with other characters than letters and digits";
  }
}

/** Refuses a `Principal` object of kinds that IAM does not know. */
export function checkPrincipalKinds(kinds: Iterable<string>, path: string): void {
  if (!isWithin(kinds, PRINCIPAL_KINDS)) {
    throw new Refused(path, "has a kind that is none of AWS, Service, Federated and CanonicalUser");
  }
}

/** Refuses a `Principal` that is a text and not a star: whoever it names has to be said to be of AWS, or a service. */
export function checkPrincipalTexts(texts: readonly string[], path: string): void {
  if (!texts.every((text) => /^[*?]+$/.test(text)))
    throw new Refused(path, "is a text, and not a star");
}

const isWithin = (names: Iterable<string>, known: ReadonlySet<string>): boolean =>
  [...names].every((name) => known.has(name));

const isFlag = (text: string): boolean => /^(true|false)$/i.test(text);
const isNumber = (text: string): boolean => /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
/** ISO 8601 as W3C narrows it, or seconds since 1970. */
const isDate = (text: string): boolean =>
  /^-?\d+$/.test(text) ||
  (/^\d{4}-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?$/.test(text) &&
    !Number.isNaN(Date.parse(text)));
const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/]*={0,2}$/.test(text);

/** `203.0.113.9`, `10.0.0.0/8`, `2001:db8::/32`. */
function isAddress(text: string): boolean {
  const [base = "", bits, ...more] = text.split("/");
  const four = isIPv4(base);
  if (more.length > 0 || !(four || isIPv6(base))) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (four ? 32 : 128));
}

const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) < 256);

/** Eight groups, or fewer around one `::`; the last two may be written as IPv4. */
function isIPv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const length = groups.length + (isIPv4(last) ? 1 : 0);
  const sound = groups.every(
    (group, at) => /^[0-9a-f]{1,4}$/i.test(group) || (at === groups.length - 1 && isIPv4(group)),
  );
  return sound && (halves.length === 2 ? length < 8 : length === 8);
}

type Values = readonly [test: (text: string) => boolean, mustBe: string];

const family = (type: string, names: readonly string[], values: Values): [string, Values][] =>
  names.map((name) => [`${type}${name}`, values]);

const EQUAL = ["equals", "notequals"];
const LIKE = [...EQUAL, "like", "notlike"];
const ORDER = [...EQUAL, "lessthan", "lessthanequals", "greaterthan", "greaterthanequals"];
const ANY_TEXT: Values = [() => true, "a text"];
const FLAG: Values = [isFlag, "true or false"];
const ADDRESS: Values = [isAddress, "an IP address or a range of them"];

/** Every operator of conditions, without quantifier and `IfExists`, and what its values must be. */
const OPERATORS: ReadonlyMap<string, Values> = new Map([
  ...family("string", [...LIKE, "equalsignorecase", "notequalsignorecase"], ANY_TEXT),
  ...family("arn", LIKE, ANY_TEXT),
  ...family("numeric", ORDER, [isNumber, "a number"]),
  ...family("date", ORDER, [isDate, "a date"]),
  ...family("binary", ["equals"], [isBase64, "in Base64"]),
  ...family("", ["bool", "null"], FLAG),
  ...family("", ["ipaddress", "notipaddress"], ADDRESS),
]);

/** Refuses an operator (lower case) that IAM does not know; `Null` takes no `IfExists`. */
export function checkOperator(operator: string, ifExists: boolean, path: string): void {
  if (!OPERATORS.has(operator) || (operator === "null" && ifExists)) {
    throw new Refused(path, "is an operator that IAM does not know");
  }
}

/** Refuses a condition key without service, and values that the operator cannot compare. */
export function checkCondition(
  operator: string,
  key: string,
  values: readonly string[],
  path: string,
): void {
  if (!/^[^:]+:./.test(key)) throw new Refused(path, "is a key without its service");
  const [test, mustBe] = OPERATORS.get(operator) ?? ANY_TEXT;
  if (!values.every(test)) throw new Refused(path, `has a value that is not ${mustBe}`);
}
