import { conditionHolds, like, listOf, type Context } from "./iam-reference-conditions";

/**
 * The meaning of IAM policies, written a second time: as slow and as plain as can be, straight over the JSON of the
 * documents, so that the judge of policies/iam can be held against it. Nothing of the judge is used here.
 */

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

/** Whether a statement speaks of an action on a resource. */
export function speaksOf(
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
