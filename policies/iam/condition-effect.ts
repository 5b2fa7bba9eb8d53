import { TABLE_DATE } from "./action-table";
import type { Condition, Statement } from "./document";
import { isStarLike } from "./patterns";

/**
 * What a condition leaves of a statement, whoever asks:
 * - `always`: it holds in every request.
 * - `when-present`: it holds in every request that carries the key, whatever the key's value.
 * - `never`: it holds in no request.
 * - `sometimes`: it depends on the request.
 */
export type ConditionEffect = "always" | "when-present" | "never" | "sometimes";

/** Keys that every signed request of an IAM identity carries, so `when-present` means always for them. */
const ALWAYS_PRESENT = new Set([
  "aws:principalarn",
  "aws:principalaccount",
  "aws:principaltype",
  "aws:userid",
  "aws:currenttime",
  "aws:epochtime",
  "aws:securetransport",
  "aws:requestedregion",
  "aws:principalisawsservice",
  "aws:viaawsservice",
]);

/** The effect of one condition. Where in doubt it is `sometimes`. */
export function effectOf(condition: Condition): ConditionEffect {
  const { operator, quantifier, ifExists } = condition;
  if (operator === "null") return effectOfNull(condition);
  const open = takesEveryValue(condition);
  const closed = takesNoValue(condition);
  // Without the key: `IfExists` holds, ForAllValues holds, ForAnyValue does not, a negated operator holds.
  const negated = operator.includes("not");
  const withoutKey =
    ifExists || quantifier === "forallvalues" || (negated && quantifier === undefined);
  if (open) return withoutKey ? "always" : "when-present";
  if (closed) return withoutKey ? "sometimes" : "never";
  return "sometimes";
}

/** `Null` with `true`: the key is missing; with `false`: it is there. Both: always. */
function effectOfNull({ values, ifExists, quantifier }: Condition): ConditionEffect {
  const wanted = new Set(values.map((value) => value.toLowerCase()));
  if (wanted.has("true") && wanted.has("false")) return "always";
  if (ifExists || quantifier !== undefined) return "sometimes";
  if (wanted.size === 0) return "never";
  return wanted.has("false") ? "when-present" : "sometimes";
}

/** Tells whether an operator with these values takes any value that the key may have. */
function takesEveryValue({ operator, key, values }: Condition): boolean {
  switch (operator) {
    case "stringlike":
      return values.some((value) => isOpenText(key, value));
    case "arnlike":
    case "arnequals":
      return values.some(isOpenArn);
    case "bool":
      return (
        values.some((value) => value.toLowerCase() === "true") &&
        values.some((value) => value.toLowerCase() === "false")
      );
    case "ipaddress":
      return coversEveryAddress(values);
    case "numericlessthan":
    case "numericlessthanequals":
      return values.some((value) => Number(value) >= Number.MAX_SAFE_INTEGER);
    case "numericgreaterthan":
    case "numericgreaterthanequals":
      return values.some((value) => value !== "" && Number(value) <= -Number.MAX_SAFE_INTEGER);
    case "stringnotequals":
    case "stringnotequalsignorecase":
    case "stringnotlike":
    case "arnnotequals":
    case "arnnotlike":
    case "notipaddress":
    case "numericnotequals":
    case "datenotequals":
      return values.length === 0;
    default:
      return false;
  }
}

/** Tells whether an operator with these values takes no value at all. */
function takesNoValue({ operator, key, values }: Condition): boolean {
  if (operator === "stringnotlike") return values.some((value) => isOpenText(key, value));
  if (operator === "arnnotlike" || operator === "arnnotequals") return values.some(isOpenArn);
  if (operator === "notipaddress") return coversEveryAddress(values);
  return !operator.includes("not") && values.length === 0;
}

/** Keys whose values are ARNs in every request that carries them. */
const ARNS = new Set(["aws:principalarn", "aws:sourcearn"]);

/** A pattern that takes every text which a key may have: a star, or an ARN of stars where only ARNs come. */
const isOpenText = (key: string, value: string): boolean =>
  /^\*+$/.test(value) || (ARNS.has(key) && isOpenArn(value));

/** Every part of the ARN is a star, or the whole is one. */
function isOpenArn(value: string): boolean {
  if (/^\*+$/.test(value)) return true;
  const parts = value.split(":");
  return (
    parts.length === 6 && parts[0] === "arn" && parts.slice(1).every((part) => /^\*+$/.test(part))
  );
}

/** All of IPv4 and of IPv6; halves together count too. */
function coversEveryAddress(values: readonly string[]): boolean {
  const has = (...ranges: string[]): boolean => ranges.every((range) => values.includes(range));
  const four =
    values.some((value) => value.endsWith(".0/0") && value.startsWith("0.")) ||
    has("0.0.0.0/1", "128.0.0.0/1");
  const six = values.some((value) => /^[0:]+\/0$/.test(value)) || has("::/1", "8000::/1");
  return four && six;
}

/** Holds for every request that can reach the statement, as far as the texts alone can tell. */
export function alwaysHolds(condition: Condition): boolean {
  return effectOf(condition) === "always";
}

/**
 * Tells whether a condition looks like a restriction and is none: it holds always, or it holds whenever its key is
 * there and the key is always there, or its limit is so wide that nothing is beyond it.
 */
export function restrictsNothing(condition: Condition): boolean {
  const effect = effectOf(condition);
  if (effect === "always") return true;
  const present = ALWAYS_PRESENT.has(condition.key) || condition.ifExists;
  if (effect === "when-present" && present) return true;
  if (condition.quantifier === "foranyvalue") return false;
  return present
    ? isBeyondEveryValue(condition)
    : condition.key === "aws:sourceip" && isBeyondEveryValue(condition);
}

/** Limits that leave nothing out in practice: times long past or far away, huge numbers, all addresses of IPv4. */
function isBeyondEveryValue({ operator, values }: Condition): boolean {
  switch (operator) {
    case "dategreaterthan":
    case "dategreaterthanequals":
      return values.some((value) => timeOf(value) < Date.parse(TABLE_DATE));
    case "datelessthan":
    case "datelessthanequals":
      return values.some((value) => timeOf(value) > Date.parse("2090-01-01"));
    case "numericlessthan":
    case "numericlessthanequals":
      return values.some((value) => Number(value) >= 1e9);
    case "ipaddress":
      return values.some((value) => value === "0.0.0.0/0" || value === "::/0");
    case "stringlike":
    case "arnlike":
      return values.some(
        (value) => isStarLike(value) || (/^(arn:)?\*/.test(value) && /^[arn:*?]+$/.test(value)),
      );
    default:
      return false;
  }
}

/** A date as ISO text or as seconds since 1970; NaN for anything else, which no comparison takes. */
function timeOf(value: string): number {
  return /^\d+$/.test(value) && value.length > 4 ? Number(value) * 1000 : Date.parse(value);
}

/** The effect of all conditions of a statement together; without any it is `always`. */
export function effectOfAll(statement: Statement): ConditionEffect {
  const effects = statement.conditions.map(effectOf);
  if (effects.includes("never")) return "never";
  if (effects.every((effect) => effect === "always")) return "always";
  return effects.includes("sometimes") ? "sometimes" : "when-present";
}
