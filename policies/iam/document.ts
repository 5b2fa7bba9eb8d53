import { Undetermined, isList, isMap, NOT_KNOWN_YET, UNKNOWN, type Value } from "../model/values";
import type { ValueMap } from "../model/values";
import {
  checkCondition,
  checkDocument,
  checkOperator,
  checkPrincipalKinds,
  checkPrincipalTexts,
  checkStatement,
  Refused,
  type Grammar,
} from "./grammar";
import { hasDuplicateKeys } from "./json";

/** Who a statement is about. Wildcards and variables are kept as they stand. */
export interface Principals {
  /** Everybody: `"*"`, `{"AWS": "*"}`, also within a list, in any spelling. */
  readonly everybody: boolean;
  /** ARNs, account ids and unique ids. */
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly federated: readonly string[];
  readonly canonicalUsers: readonly string[];
}

/** One line of a `Condition` block. Operator and key in lower case: IAM ignores their case. */
export interface Condition {
  /** Without quantifier and without `IfExists`. */
  readonly operator: string;
  readonly quantifier: "forallvalues" | "foranyvalue" | undefined;
  readonly ifExists: boolean;
  readonly key: string;
  readonly values: readonly string[];
}

/** A statement, the spellings made one: lists everywhere, actions in lower case. */
export interface Statement {
  /** Where it stands in the document, for messages. Not its Sid: messages never repeat a property's text. */
  readonly label: string;
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny";
  readonly principals: Principals | undefined;
  readonly notPrincipals: Principals | undefined;
  readonly actions: readonly string[];
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[];
  readonly notResources: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}

/** A policy document; its statements are read one by one, as some may hold unknown values. */
export interface Document {
  readonly version: string | undefined;
  /** Each call reads one statement; throws {@link Undetermined} for one that cannot be understood. */
  readonly statements: readonly (() => Statement)[];
}

/**
 * Reads a policy document from a JSON text or from data, accepting what IAM accepts: one statement or a list, texts or
 * lists, element names in any case. Throws {@link Undetermined} (with `path` in front) for what it cannot judge, and its
 * kind `Refused` for what IAM takes from nobody, or not in a document of this grammar.
 */
export function parseDocument(source: Value, path: string, grammar?: Grammar): Document {
  const data = typeof source === "string" ? parseJson(source, path) : source;
  if (data === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
  if (!isMap(data)) throw new Undetermined(path, "is not a policy document");
  const elements = elementsOf(data, path);
  checkDocument(elements.keys(), path);
  const statement = elements.get("statement");
  if (statement === undefined) throw new Refused(path, "has no Statement");
  if (statement === UNKNOWN) throw new Undetermined(`${path}.Statement`, NOT_KNOWN_YET);
  const list = isList(statement) ? statement : [statement];
  const version = elements.get("version");
  return {
    version: typeof version === "string" ? version : undefined,
    statements: list.map((item, index) => {
      const place = `${path}.Statement[${index}]`;
      return () => parseStatement(item, place, index, grammar);
    }),
  };
}

function parseJson(text: string, path: string): Value {
  let data: Value;
  try {
    data = JSON.parse(text) as Value;
  } catch {
    throw new Undetermined(path, "is not valid JSON");
  }
  if (hasDuplicateKeys(text)) throw new Undetermined(path, "has an object with the same key twice");
  return data;
}

/** An object's elements by lower-case name. Two that differ only in case would let one hide the other. */
function elementsOf(map: ValueMap, path: string): Map<string, Value> {
  const elements = new Map<string, Value>();
  for (const [name, value] of Object.entries(map)) {
    const key = name.toLowerCase();
    if (elements.has(key)) throw new Undetermined(path, `has ${name} twice, in different case`);
    if (value !== undefined) elements.set(key, value);
  }
  return elements;
}

function parseStatement(
  source: Value,
  path: string,
  index: number,
  grammar: Grammar | undefined,
): Statement {
  if (source === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
  if (!isMap(source)) throw new Refused(path, "is not a statement");
  const elements = elementsOf(source, path);
  const list = (name: string): string[] | undefined => {
    const value = elements.get(name.toLowerCase());
    return value === undefined ? undefined : textsOf(value, `${path}.${name}`);
  };
  const principals = (name: string): Principals | undefined => {
    const value = elements.get(name.toLowerCase());
    return value === undefined ? undefined : parsePrincipals(value, `${path}.${name}`);
  };
  const effect = elements.get("effect");
  if (effect === UNKNOWN) throw new Undetermined(`${path}.Effect`, NOT_KNOWN_YET);
  const sid = elements.get("sid");
  if (sid === UNKNOWN) throw new Undetermined(`${path}.Sid`, NOT_KNOWN_YET);
  checkStatement({ names: new Set(elements.keys()), effect, sid }, path, grammar);
  const named = typeof sid === "string" && sid !== "";
  return {
    label: `statement ${index + 1}`,
    sid: named ? sid : undefined,
    effect: effect === "Deny" ? "Deny" : "Allow",
    principals: principals("Principal"),
    notPrincipals: principals("NotPrincipal"),
    actions: (list("Action") ?? []).map((action) => action.toLowerCase()),
    notActions: list("NotAction")?.map((action) => action.toLowerCase()),
    resources: list("Resource") ?? [],
    notResources: list("NotResource"),
    conditions: parseConditions(elements.get("condition"), `${path}.Condition`),
  };
}

function textsOf(value: Value, path: string): string[] {
  const items = isList(value) ? value : [value];
  return items.map((item) => {
    if (item === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
    if (typeof item === "string") return item;
    if (typeof item === "boolean" || typeof item === "number") return String(item);
    throw new Undetermined(path, "is neither a text nor a list of texts");
  });
}

function parsePrincipals(value: Value, path: string): Principals {
  if (value === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
  const byKind = new Map<string, string[]>();
  if (isMap(value)) {
    const kinds = elementsOf(value, path);
    checkPrincipalKinds(kinds.keys(), path);
    for (const [kind, names] of kinds) byKind.set(kind, textsOf(names, path));
  } else {
    const names = textsOf(value, path);
    checkPrincipalTexts(names, path);
    byKind.set("aws", names);
  }
  const all = [...byKind.values()].flat();
  return {
    everybody: byKind.has("*") || all.some((name) => /^[*?]+$/.test(name)),
    aws: byKind.get("aws") ?? [],
    services: byKind.get("service") ?? [],
    federated: byKind.get("federated") ?? [],
    canonicalUsers: byKind.get("canonicaluser") ?? [],
  };
}

function parseConditions(value: Value | undefined, path: string): Condition[] {
  if (value === undefined || value === null) return [];
  if (value === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
  if (!isMap(value)) throw new Undetermined(path, "is not an object");
  return [...elementsOf(value, path)].flatMap(([name, keys]) => {
    if (keys === UNKNOWN) throw new Undetermined(`${path}.${name}`, NOT_KNOWN_YET);
    if (!isMap(keys)) throw new Undetermined(`${path}.${name}`, "is not an object");
    const [, quantifier, operator = "", ifExists] =
      /^(?:(forallvalues|foranyvalue):)?(.*?)(ifexists)?$/.exec(name) ?? [];
    checkOperator(operator, ifExists !== undefined, `${path}.${name}`);
    return [...elementsOf(keys, `${path}.${name}`)].map(([key, listed]) => {
      const place = `${path}.${name}.${key}`;
      const values = textsOf(listed, place);
      checkCondition(operator, key, values, place);
      return {
        operator,
        quantifier: quantifier as Condition["quantifier"],
        ifExists: ifExists !== undefined,
        key,
        values,
      };
    });
  });
}
