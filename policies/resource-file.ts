import { markedSecret, plainProperties } from "./engine-values";
import type { ResourceInput } from "./model/stack";
import { isList, isMap, UNKNOWN, type Value, type ValueMap } from "./model/values";

/** A mistake in a file of resources; `pointer` is a JSON pointer (RFC 6901) into it. */
export interface FileProblem {
  readonly pointer: string;
  readonly message: string;
}

/** A file of resources as rules take it, or every mistake in it. */
export interface ResourceFile {
  readonly resources: readonly ResourceInput[];
  readonly problems: readonly FileProblem[];
}

const FIELDS = new Set([
  "type",
  "name",
  "props",
  "urn",
  "protect",
  "retainOnDelete",
  "account",
  "region",
  "propertyDependencies",
]);

/** `aws:s3/bucket:Bucket`, `aws-native:s3:Bucket`, `pulumi:providers:aws`, `command:local:Command`. */
const TYPE = /^[a-z][\w-]*:[\w./-]*:[\w./-]+$/i;
/** A reference to another resource of the file, as Pulumi's YAML spells it: `${logs}`, `${logs.arn}`. */
const REFERENCE = /^\$\{([\w-]+)(?:\.([A-Za-z]\w*))?\}$/;

/**
 * Reads resources from JSON data: `[{"type", "name", "props"}]`. Optional in each: `protect`, `retainOnDelete`, `urn`,
 * `account`, `region` (of the provider) and `propertyDependencies` (property to names or URNs of resources).
 *
 * A value that is not known yet is Pulumi's own mark for it (`04da6b54-80e4-46f7-96ec-b56ff0331ba9`); a text that is
 * exactly `${name}` or `${name.property}` stands for another resource of the file. A resource without an id of its own
 * has its name as id, so that parts can name their whole by it. All mistakes are found at once.
 */
export function readResources(data: unknown): ResourceFile {
  if (!Array.isArray(data)) {
    const problem = { pointer: "", message: "must be a list of resources: [{type, name, props}]" };
    return { resources: [], problems: [problem] };
  }
  const problems = data.flatMap((entry: unknown, index) => mistakesIn(entry, `/${index}`));
  if (problems.length > 0) return { resources: [], problems };
  return { resources: linked(data as readonly Entry[]), problems: [] };
}

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly urn?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly account?: string;
  readonly region?: string;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

function mistakesIn(entry: unknown, place: string): FileProblem[] {
  if (!isObject(entry)) return [{ pointer: place, message: "must be an object" }];
  const problems: FileProblem[] = [];
  const wrong = (field: string, message: string): unknown =>
    problems.push({ pointer: `${place}/${field}`, message });
  const { type, name, props, account } = entry;
  if (typeof type !== "string" || !TYPE.test(type)) {
    wrong("type", "must be a Pulumi type, like aws:s3/bucket:Bucket or aws-native:s3:Bucket");
  }
  if (typeof name !== "string" || name === "") wrong("name", "must be a text that is not empty");
  if (props !== undefined && !isObject(props)) wrong("props", "must be an object");
  for (const field of ["urn", "region"]) {
    if (entry[field] !== undefined && typeof entry[field] !== "string") {
      wrong(field, "must be a text");
    }
  }
  for (const field of ["protect", "retainOnDelete"]) {
    if (entry[field] !== undefined && typeof entry[field] !== "boolean") {
      wrong(field, "must be true or false");
    }
  }
  if (account !== undefined && !(typeof account === "string" && /^\d{12}$/.test(account))) {
    wrong("account", "must be an account id of 12 digits, as a text");
  }
  const dependencies = entry["propertyDependencies"];
  if (dependencies !== undefined && !isTextLists(dependencies)) {
    wrong("propertyDependencies", "must give each property a list of names or URNs");
  }
  for (const field of Object.keys(entry)) {
    if (!FIELDS.has(field)) wrong(field, "is not a field of a resource");
  }
  return problems;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextLists(value: unknown): boolean {
  const isTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  return isObject(value) && Object.values(value).every(isTexts);
}

/** Gives each resource its URN, and puts what references mean in their place. */
function linked(entries: readonly Entry[]): ResourceInput[] {
  const plain = entries.map((entry) => ({
    ...entry,
    urn: entry.urn ?? `urn:pulumi:file::file::${entry.type}::${entry.name}`,
    props: plainProperties(entry.props ?? {}),
    markedSecret: markedSecret(entry.props ?? {}),
  }));
  const byName = new Map(plain.map((entry) => [entry.name, entry]));
  return plain.map((entry) => {
    const found = new Map<string, Set<string>>();
    const props: Record<string, Value | undefined> = { id: entry.name };
    for (const [property, value] of Object.entries(entry.props)) {
      const origins = new Set<string>();
      props[property] = resolved(value, (name, of) => {
        const target = byName.get(name);
        if (target === undefined) return undefined;
        origins.add(target.urn);
        const known = of === undefined ? undefined : target.props[of];
        return typeof known === "string" ? known : UNKNOWN;
      });
      if (origins.size > 0) found.set(property, origins);
    }
    for (const [property, names] of Object.entries(entry.propertyDependencies ?? {})) {
      const origins = found.get(property) ?? new Set();
      for (const name of names) origins.add(byName.get(name)?.urn ?? name);
      found.set(property, origins);
    }
    return {
      type: entry.type,
      name: entry.name,
      urn: entry.urn,
      props,
      markedSecret: entry.markedSecret,
      propertyDependencies: Object.fromEntries([...found].map(([key, urns]) => [key, [...urns]])),
      optionsKnown: entry.protect !== undefined || entry.retainOnDelete !== undefined,
      ...(entry.protect === undefined ? {} : { protect: entry.protect }),
      ...(entry.retainOnDelete === undefined ? {} : { retainOnDelete: entry.retainOnDelete }),
      ...(entry.account === undefined ? {} : { accountId: entry.account }),
      ...(entry.region === undefined ? {} : { providerRegion: entry.region }),
    };
  });
}

type Lookup = (name: string, property: string | undefined) => Value | undefined;

function resolved(value: Value | undefined, lookup: Lookup): Value | undefined {
  if (typeof value === "string") {
    const [, name, property] = REFERENCE.exec(value) ?? [];
    return (name === undefined ? undefined : lookup(name, property)) ?? value;
  }
  if (isList(value)) return value.map((item) => resolved(item, lookup) ?? null);
  if (!isMap(value)) return value;
  const copy: ValueMap = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolved(item, lookup)]),
  );
  return copy;
}
