import { expandAction, type Action } from "./action-table";

/** Of a family of actions that only look, a small part that could be narrowed does not forbid `*` for the whole. */
const SMALL_PART = 0.2;

/** Sorts of resources that few requests have: a metric outside a dataset has no ARN, and nearly all are. */
const RARE_TYPES = new Set(["cloudwatch dataset"]);

/**
 * What is known of an action pattern: must it be allowed on `*` (AWS lets nobody narrow it to resources), can it be
 * narrowed, or does AWS publish no such action? A family is held to the stricter one (`kms:List*` names actions of
 * both sorts), unless nearly all of it cannot be narrowed and the rest only reads (`ec2:Describe*`).
 */
export function narrowing(pattern: string): "impossible" | "possible" | "unlisted" {
  const actions = expandAction(pattern);
  if (actions.length === 0) return "unlisted";
  const narrow = actions.filter(canNarrow);
  if (narrow.length === 0) return "impossible";
  const few = narrow.length <= actions.length * SMALL_PART && narrow.every(onlyLooks);
  return few ? "impossible" : "possible";
}

const onlyLooks = ({ level }: Action): boolean => level === "list" || level === "read";

/** Tells whether AWS lets an action be narrowed to resources that its requests commonly have. */
export function canNarrow({ service, resourceTypes }: Action): boolean {
  return resourceTypes.some(({ name }) => !RARE_TYPES.has(`${service} ${name}`));
}
