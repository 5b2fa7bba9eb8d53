import type { Resource, Stack } from "./stack";
import { TYPES } from "./types";
import { isList, isMap, NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value } from "./values";

/** Calls that a rule of EventBridge, or a filter of a log group, reacts to. */
export interface WatchedCalls {
  /** `aws.kms`. */
  readonly source: string;
  /** Names of calls; undefined for every call of the source. */
  readonly names: readonly string[] | undefined;
}

/** What a rule watches of CloudTrail's events; empty where it has a schedule or looks for other events. */
export function watchedBy(rule: Resource): readonly WatchedCalls[] {
  const value = rule.view.raw("eventPattern");
  if (value === undefined) return [];
  if (value === UNKNOWN) throw new Undetermined("eventPattern", NOT_KNOWN_YET);
  const pattern = typeof value === "string" ? parsed(value) : value;
  if (!isMap(pattern)) throw new Undetermined("eventPattern", "is not an event pattern");
  const branches = isList(pattern["$or"]) ? pattern["$or"] : [pattern];
  return branches.flatMap((branch) => {
    if (!isMap(branch)) return [];
    const kinds = textsOf(branch["detail-type"]);
    if (kinds !== undefined && !kinds.some((kind) => kind.includes("CloudTrail"))) return [];
    const detail = branch["detail"];
    const names = isMap(detail) ? textsOf(detail["eventName"]) : undefined;
    return (textsOf(branch["source"]) ?? []).map((source) => ({ source, names }));
  });
}

/** The rules of a stack that are on. */
export function activeRulesOf(stack: Stack): readonly Resource[] {
  return stack
    .ofTypes(TYPES.eventRule)
    .filter(({ view }) => view.raw("state") !== "DISABLED" && view.raw("isEnabled") !== false);
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new Undetermined("eventPattern", "is not valid JSON");
  }
}

function textsOf(value: Value | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (value === UNKNOWN) throw new Undetermined("eventPattern", NOT_KNOWN_YET);
  const items = isList(value) ? value : [value];
  return items.filter((item) => typeof item === "string");
}
