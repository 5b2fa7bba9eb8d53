/**
 * The meaning of conditions, written a second time for the slow reading of policies; nothing of the judge is used here.
 */

/** What a request carries beside action and resource: keys in lower case; a list for keys with several values. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

export const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;

/** Wildcards as a regular expression; each is made once. */
export function like(pattern: string, text: string, ignoreCase = false): boolean {
  const key = `${ignoreCase ? "i" : ""} ${pattern}`;
  const known = expressions.get(key);
  if (known !== undefined) return known.test(text);
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replace(/\*+/g, "[^]*")
    .replace(/\?/g, "[^]");
  const made = new RegExp(`^${source}$`, ignoreCase ? "i" : "");
  if (expressions.size > 20_000) expressions.clear();
  expressions.set(key, made);
  return made.test(text);
}
const expressions = new Map<string, RegExp>();

/** One operator for one value that the request carries. */
function compares(operator: string, carried: string, wanted: string): boolean {
  switch (operator) {
    case "stringequals":
      return carried === wanted;
    case "stringequalsignorecase":
      return carried.toLowerCase() === wanted.toLowerCase();
    case "stringlike":
      return like(wanted, carried);
    case "arnlike":
    case "arnequals": {
      if (/^\*+$/.test(wanted)) return true;
      const [have, want] = [carried.split(":"), wanted.split(":")];
      const rest = (parts: readonly string[]): string => parts.slice(5).join(":");
      return (
        have.length >= 6 &&
        want.length >= 6 &&
        [0, 1, 2, 3, 4].every((place) => like(want[place] ?? "", have[place] ?? "")) &&
        like(rest(want), rest(have))
      );
    }
    case "bool":
      return carried.toLowerCase() === wanted.toLowerCase();
    case "numericequals":
      return Number(carried) === Number(wanted);
    case "numericlessthan":
      return Number(carried) < Number(wanted);
    case "numericlessthanequals":
      return Number(carried) <= Number(wanted);
    case "numericgreaterthan":
      return Number(carried) > Number(wanted);
    case "numericgreaterthanequals":
      return Number(carried) >= Number(wanted);
    case "dateequals":
      return seconds(carried) === seconds(wanted);
    case "datelessthan":
      return seconds(carried) < seconds(wanted);
    case "datelessthanequals":
      return seconds(carried) <= seconds(wanted);
    case "dategreaterthan":
      return seconds(carried) > seconds(wanted);
    case "dategreaterthanequals":
      return seconds(carried) >= seconds(wanted);
    case "binaryequals":
      return Buffer.from(carried, "base64").equals(Buffer.from(wanted, "base64"));
    case "ipaddress":
      return inRange(carried, wanted);
    default:
      throw new Error(`The reference does not know ${operator}.`);
  }
}

/** A day, a time, or seconds since 1970. */
const seconds = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000;

/** An address in a range; those of one version are in none of the other. */
function inRange(address: string, range: string): boolean {
  const six = address.includes(":");
  const [base = "", bits = six ? "128" : "32"] = range.split("/");
  if (six !== base.includes(":")) return false;
  const length = Number(bits);
  return bitsOf(address).slice(0, length) === bitsOf(base).slice(0, length);
}

/** An address as a text of zeros and ones. */
function bitsOf(address: string): string {
  if (!address.includes(":")) {
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  }
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}

const NEGATED: Readonly<Record<string, string>> = {
  stringnotequals: "stringequals",
  stringnotequalsignorecase: "stringequalsignorecase",
  stringnotlike: "stringlike",
  arnnotlike: "arnlike",
  arnnotequals: "arnequals",
  numericnotequals: "numericequals",
  datenotequals: "dateequals",
  notipaddress: "ipaddress",
};

/** One line of a Condition block: `ForAllValues:StringLikeIfExists`, a key and its values. */
export function conditionHolds(
  name: string,
  key: string,
  wanted: string | readonly string[],
  context: Context,
): boolean {
  let operator = name.toLowerCase();
  const values = listOf(wanted);
  const given = context[key.toLowerCase()];
  // A list without members is no value at all.
  const carried = given?.length === 0 && typeof given !== "string" ? undefined : given;
  if (operator === "null") {
    return values.some((it) => it.toLowerCase() === String(carried === undefined));
  }
  const all = operator.startsWith("forallvalues:");
  const any = operator.startsWith("foranyvalue:");
  if (all || any) operator = operator.slice(operator.indexOf(":") + 1);
  const ifExists = operator.endsWith("ifexists");
  if (ifExists) operator = operator.slice(0, -"ifexists".length);
  const positive = NEGATED[operator];
  if (carried === undefined) {
    if (ifExists || all) return true;
    return positive !== undefined && !any;
  }
  const fits = (one: string): boolean =>
    positive === undefined
      ? values.some((it) => compares(operator, one, it))
      : !values.some((it) => compares(positive, one, it));
  const have = listOf(carried);
  return all ? have.every(fits) : have.some(fits);
}
