import { DATE, GLOBAL_KEYS, SERVICES, SOURCE } from "./action-table.generated";
import { globMatches } from "./patterns";

export type AccessLevel = "list" | "read" | "write" | "tagging" | "permissions";

/** The type of a condition key's values; `list` for keys with several values in one request. */
export interface KeyType {
  readonly type: "string" | "arn" | "bool" | "numeric" | "date" | "ip";
  readonly list: boolean;
}

/** A sort of resource that an action works on. */
export interface ResourceType {
  readonly name: string;
  /** ARN patterns with `*` in place of every part that is chosen per resource: `arn:*:kms:*:*:key/*`. */
  readonly arns: readonly string[];
  /** Whether a request always has such a resource. */
  readonly required: boolean;
}

/** What AWS publishes of one action. */
export interface Action {
  /** `kms:Decrypt`, as AWS spells it. */
  readonly name: string;
  /** The same in lower case: what documents are compared with. */
  readonly id: string;
  readonly service: string;
  readonly level: AccessLevel;
  /** Empty: AWS cannot narrow the action to resources, it must be allowed on `*`. */
  readonly resourceTypes: readonly ResourceType[];
  /** Condition keys, lower case, without the global ones; `aws:requesttag/${tagkey}` stands for a family. */
  readonly conditionKeys: readonly string[];
}

interface Service {
  readonly actions: ReadonlyMap<string, Action>;
  readonly keys: ReadonlyMap<string, KeyType>;
}

/** Where the table comes from, and the day of its data. */
export const TABLE_SOURCE = SOURCE;
export const TABLE_DATE = DATE;

const LEVELS: Readonly<Record<string, AccessLevel>> = {
  l: "list",
  r: "read",
  w: "write",
  t: "tagging",
  p: "permissions",
};
const KEY_TYPES: Readonly<Record<string, KeyType["type"]>> = {
  s: "string",
  a: "arn",
  b: "bool",
  n: "numeric",
  d: "date",
  i: "ip",
};

const services = new Map<string, Service>();

/** Every service prefix that IAM knows, lower case. */
export const SERVICE_PREFIXES: readonly string[] = Object.keys(SERVICES);

/** Reads a service's part of the table on first use: a policy names few of the 450. */
function serviceOf(prefix: string): Service | undefined {
  const known = services.get(prefix);
  if (known !== undefined) return known;
  const text = Object.hasOwn(SERVICES, prefix) ? SERVICES[prefix] : undefined;
  if (text === undefined) return undefined;
  const service = readService(prefix, text);
  services.set(prefix, service);
  return service;
}

const words = (line = ""): string[] => (line === "" ? [] : line.split(" "));
const place = (text: string): number => Number.parseInt(text, 36);

function readService(prefix: string, text: string): Service {
  const [keyLine, setLine, typeLine, actionLine] = text.split("\n");
  const keyNames: string[] = [];
  const keys = new Map<string, KeyType>();
  for (const word of words(keyLine)) {
    const [name = "", letter = ""] = word.split("!");
    keyNames.push(name.toLowerCase());
    if (letter !== "") keys.set(name.toLowerCase(), keyType(letter));
  }
  const sets = words(setLine).map((set) => set.split(".").map((key) => keyNames[place(key)] ?? ""));
  const types = words(typeLine).map((word): Omit<ResourceType, "required"> => {
    const [name = "", arns = ""] = word.split("!");
    return { name, arns: arns.split(",").map(arnPattern) };
  });
  const actions = new Map<string, Action>();
  for (const word of words(actionLine)) {
    const [name = "", level = "", on = "", set = ""] = word.split("!");
    const id = `${prefix}:${name.toLowerCase()}`;
    actions.set(id, {
      name: `${prefix}:${name}`,
      id,
      service: prefix,
      level: LEVELS[level] ?? "write",
      resourceTypes: (on === "" ? [] : on.split(".")).flatMap((item) => {
        const type = types[place(item.replace("?", ""))];
        return type === undefined ? [] : [{ ...type, required: !item.endsWith("?") }];
      }),
      conditionKeys: set === "" ? [] : (sets[place(set)] ?? []),
    });
  }
  return { actions, keys };
}

function keyType(letter: string): KeyType {
  const lower = letter.toLowerCase();
  return { type: KEY_TYPES[lower] ?? "string", list: lower !== letter };
}

/** `:kms:${Region}:${Account}:key/${KeyId}` as a pattern. */
function arnPattern(format: string): string {
  const arn = format.startsWith(":") ? `arn:*${format}` : format;
  return arn.replace(/\$\{[^}]*\}/g, "*");
}

const kinds = new Map<string, readonly string[]>();

/** The ARN patterns of all sorts of resources that a service has; of all services that a pattern (`i*`) covers. */
export function resourceKinds(service: string): readonly string[] {
  const known = kinds.get(service);
  if (known !== undefined) return known;
  const found = servicesOf(service, false).flatMap((prefix) =>
    [...(serviceOf(prefix)?.actions.values() ?? [])].flatMap(({ resourceTypes }) =>
      resourceTypes.flatMap(({ arns }) => arns),
    ),
  );
  const unique = [...new Set(found)];
  if (kinds.size >= MOST_EXPANSIONS) kinds.clear();
  kinds.set(service, unique);
  return unique;
}

/** An action by its name in any case; undefined for one that AWS does not publish. */
export function findAction(name: string): Action | undefined {
  const id = name.toLowerCase();
  return serviceOf(id.slice(0, id.indexOf(":")))?.actions.get(id);
}

/** Tells whether IAM knows a service prefix (any case). */
export function isService(prefix: string): boolean {
  return Object.hasOwn(SERVICES, prefix.toLowerCase());
}

/** Patterns repeat from policy to policy; the cache is emptied, not grown, by texts made to fill it. */
const expansions = new Map<string, readonly Action[]>();
const MOST_EXPANSIONS = 2000;

/**
 * The published actions that an action pattern covers (`kms:De*`, `*:Get*`, `*`), in any case. Empty where nothing is
 * covered: the service or the action is unknown.
 */
export function expandAction(pattern: string): readonly Action[] {
  const lower = pattern.toLowerCase();
  const known = expansions.get(lower);
  if (known !== undefined) return known;
  const found = expand(lower);
  if (expansions.size >= MOST_EXPANSIONS) expansions.clear();
  expansions.set(lower, found);
  return found;
}

function expand(pattern: string): readonly Action[] {
  if (!/[*?]/.test(pattern)) {
    const action = findAction(pattern);
    return action === undefined ? [] : [action];
  }
  const colon = pattern.indexOf(":");
  const prefix = colon < 0 ? pattern : pattern.slice(0, colon);
  const all = /^\*+$/.test(colon < 0 ? pattern : pattern.slice(colon + 1));
  return servicesOf(prefix, colon < 0).flatMap((name) => {
    const actions = [...(serviceOf(name)?.actions.values() ?? [])];
    return all ? actions : actions.filter(({ id }) => globMatches(pattern, id));
  });
}

/** Services that the part before the colon covers. Without a colon a wildcard may swallow it (`k*decrypt`). */
function servicesOf(prefix: string, whole: boolean): readonly string[] {
  if (whole) {
    const fixed = /^[^*?]*/.exec(prefix)?.[0] ?? "";
    return SERVICE_PREFIXES.filter(
      (name) => `${name}:`.startsWith(fixed) || fixed.startsWith(`${name}:`),
    );
  }
  if (!/[*?]/.test(prefix)) return Object.hasOwn(SERVICES, prefix) ? [prefix] : [];
  // The wildcard before the colon may swallow the colon of an action too, but no action's name has one.
  return SERVICE_PREFIXES.filter((name) => globMatches(prefix, name));
}

const globalKeys = new Map(
  GLOBAL_KEYS.split(" ").map((word): [string, KeyType] => {
    const [name = "", letter = ""] = word.split("!");
    return [name.toLowerCase(), keyType(letter)];
  }),
);

/** The type of a condition key (any case): global, or of the service that its prefix names; undefined if unknown. */
export function findConditionKey(name: string): KeyType | undefined {
  const key = name.toLowerCase();
  const direct = globalKeys.get(key);
  if (direct !== undefined) return direct;
  const family = [...globalKeys].find(([global]) => belongsTo(key, global));
  if (family !== undefined) return family[1];
  const service = serviceOf(key.slice(0, Math.max(0, key.indexOf(":"))));
  if (service === undefined) return undefined;
  return service.keys.get(key) ?? [...service.keys].find(([known]) => belongsTo(key, known))?.[1];
}

/** Tells whether a key is of the family that the table writes with a variable: `aws:requesttag/${tagkey}`. */
export function belongsTo(key: string, family: string): boolean {
  if (!family.includes("${")) return key === family;
  return globMatches(family.replace(/\$\{[^}]*\}/g, "?*"), key);
}

/** Tells whether an action's requests carry a condition key: one of its own, or a global one. */
export function supportsKey(action: Action, name: string): boolean {
  const key = name.toLowerCase();
  if (action.conditionKeys.some((family) => belongsTo(key, family))) return true;
  // Tags of the resource and of the request are carried only where the service says so.
  if (/^aws:(resourcetag|requesttag|tagkeys)/.test(key)) return false;
  return [...globalKeys.keys()].some((family) => belongsTo(key, family));
}
