/**
 * The meaning of IAM policies, written a second time: as slow and as plain as can be, straight over the JSON of the
 * documents, so that the judge of policies/iam can be held against it. Nothing of the judge is used here.
 */

/** What a request carries beside action and resource: keys in lower case; a list for keys with several values. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

export interface RawStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

export interface RawDocument {
  readonly Version?: string;
  readonly Statement: readonly RawStatement[];
}

const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;

/** Wildcards as a regular expression; each is made once. */
function like(pattern: string, text: string, ignoreCase = false): boolean {
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

/** A resource text against a resource. `widest`: what a variable may stand for counts; else only what needs none. */
function covers(
  text: string,
  resource: string,
  version: string | undefined,
  widest: boolean,
): boolean {
  // AWS: "If you specify an incomplete ARN (one with fewer than the standard six fields), AWS automatically completes
  // the ARN by adding wildcard characters (*) to all missing fields." (IAM JSON policy elements: Resource)
  if (text.startsWith("arn:")) {
    const fields = text.split(":");
    while (fields.length < 6) fields.push("*");
    text = fields.join(":");
  }
  const variable = /\$\{[^}]*\}/;
  if (version !== "2012-10-17" || !variable.test(text)) return like(text, resource);
  return widest && like(text.replace(new RegExp(variable, "g"), "*"), resource);
}

function speaksOf(
  { Action, NotAction, Resource, NotResource, Effect }: RawStatement,
  action: string,
  resource: string,
  version: string | undefined,
): boolean {
  const named =
    NotAction === undefined
      ? listOf(Action ?? []).some((it) => like(it, action, true))
      : !listOf(NotAction).some((it) => like(it, action, true));
  if (!named) return false;
  // A variable may stand for anything in Allow, and cannot be relied on in Deny; in NotResource it is the other way.
  const allow = Effect === "Allow";
  return NotResource === undefined
    ? listOf(Resource ?? []).some((it) => covers(it, resource, version, allow))
    : !listOf(NotResource).some((it) => covers(it, resource, version, !allow));
}

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
    case "ipaddress":
      return inRange(carried, wanted);
    default:
      throw new Error(`The reference does not know ${operator}.`);
  }
}

/** IPv4 in a range, and IPv6 in `::/0` alone: what the tests carry. */
function inRange(address: string, range: string): boolean {
  const [base = "", bits = "32"] = range.split("/");
  if (address.includes(":") !== base.includes(":")) return false;
  if (address.includes(":")) return bits === "0";
  const number = (text: string): number =>
    text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}

const NEGATED: Readonly<Record<string, string>> = {
  stringnotequals: "stringequals",
  stringnotequalsignorecase: "stringequalsignorecase",
  stringnotlike: "stringlike",
  arnnotlike: "arnlike",
  arnnotequals: "arnequals",
  numericnotequals: "numericequals",
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

function holds(statement: RawStatement, contexts: readonly Context[]): readonly boolean[] {
  const known = held.get(statement);
  if (known !== undefined && known.contexts === contexts) return known.answers;
  const answers = contexts.map((context) => holdsIn(statement, context));
  held.set(statement, { contexts, answers });
  return answers;
}
/** The same statement is asked about for many actions and resources. */
const held = new WeakMap<
  RawStatement,
  { readonly contexts: readonly Context[]; readonly answers: readonly boolean[] }
>();

function holdsIn({ Condition = {} }: RawStatement, context: Context): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => conditionHolds(operator, key, values, context)),
  );
}

/**
 * Whether an action may be allowed on a resource in some of the contexts: by a statement of the policies, within the
 * boundary, and not denied by a statement that holds in every context.
 */
export function mayBeAllowed(
  policies: readonly RawDocument[],
  boundary: readonly RawDocument[] | undefined,
  action: string,
  resource: string,
  contexts: readonly Context[],
): boolean {
  const matching = (documents: readonly RawDocument[], effect: RawStatement["Effect"]) =>
    documents.flatMap(({ Version, Statement }) =>
      Statement.filter((it) => it.Effect === effect && speaksOf(it, action, resource, Version)),
    );
  const denies = matching([...policies, ...(boundary ?? [])], "Deny");
  if (denies.some((deny) => holds(deny, contexts).every(Boolean))) return false;
  const allows = matching(policies, "Allow").map((it) => holds(it, contexts));
  const bounds =
    boundary === undefined
      ? undefined
      : matching(boundary, "Allow").map((it) => holds(it, contexts));
  return contexts.some(
    (_context, at) =>
      allows.some((allow) => allow[at]) && (bounds === undefined || bounds.some((it) => it[at])),
  );
}
