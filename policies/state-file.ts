import { IDENTIFIERS, isJudged, plainProperties, SECRET_VALUES } from "./engine-values";
import type { ResourceInput } from "./model/stack";
import type { ValueMap } from "./model/values";
import { providerSettings } from "./provider-settings";
import type { FileProblem, ResourceFile } from "./resource-file";

/** Pulumi's mark of a special value in a state, and what it says when the value is a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** Pulumi's mark of a text that is not known: what is encrypted cannot be read either. */
const SEALED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Any text: it stands for what is encrypted in a property that holds nothing but a secret's value. */
const ENCRYPTED = "(encrypted)";

/** One resource of a state, as far as rules look at it. */
interface StateEntry {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  /** Read by the program and made by somebody else. */
  readonly external?: boolean;
  /** Replaced already, and only waiting to be deleted. */
  readonly delete?: boolean;
  readonly id?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/**
 * Reads a stack's state as `pulumi stack export` prints it, or as a file backend keeps it. Nothing is decrypted, and
 * what an export with `--show-secrets` holds in the clear is not kept either. All mistakes are found at once.
 */
export function readStateFile(data: unknown): ResourceFile {
  const resources = resourceList(data);
  if (resources === undefined) {
    const message = "must be a stack's state, as `pulumi stack export` prints it";
    return { resources: [], problems: [{ pointer: "", message }] };
  }
  const problems = resources.flatMap((entry, index) => mistakesIn(entry, `/resources/${index}`));
  if (problems.length > 0) return { resources: [], problems };
  return { resources: resourcesOfState(resources as readonly StateEntry[]), problems: [] };
}

function resourceList(data: unknown): readonly unknown[] | undefined {
  const checkpoint = field(field(data, "checkpoint"), "latest");
  const deployment = field(data, "deployment") ?? checkpoint;
  if (!isObject(deployment)) return undefined;
  const list = deployment["resources"] ?? [];
  return Array.isArray(list) ? list : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const field = (value: unknown, name: string): unknown =>
  isObject(value) ? value[name] : undefined;

function mistakesIn(entry: unknown, pointer: string): FileProblem[] {
  if (!isObject(entry)) return [{ pointer, message: "must be a resource" }];
  return ["urn", "type"].flatMap((name) =>
    typeof entry[name] === "string"
      ? []
      : [{ pointer: `${pointer}/${name}`, message: "must be a text" }],
  );
}

/**
 * The AWS resources of a state as the packs would see them: their inputs, what identifies them, their provider's
 * settings. Left out is what the stack only reads and what is waiting to be deleted. A value that the state keeps
 * encrypted is not known; where a property holds nothing but a secret's value, it is only known to be set.
 */
export function resourcesOfState(entries: readonly StateEntry[]): ResourceInput[] {
  const providers = new Map(
    entries
      .filter(({ type }) => type.startsWith("pulumi:providers:"))
      .map(({ urn, id, inputs }) => [`${urn}::${id ?? ""}`, providerSettings(masked(inputs))]),
  );
  return entries
    .filter((entry) => entry.custom === true && isJudged(entry.type))
    .filter((entry) => entry.external !== true && entry.delete !== true)
    .map((entry) => {
      const { urn, type, id, protect, retainOnDelete, provider } = entry;
      const identifiers = Object.entries({ id, ...known(entry.outputs) }).filter(
        ([name, value]) => IDENTIFIERS.includes(name) && value !== undefined,
      );
      const props = { ...Object.fromEntries(identifiers), ...known(entry.inputs) };
      return {
        urn,
        type,
        name: urn.slice(urn.lastIndexOf("::") + 2),
        props,
        propertyDependencies: Object.fromEntries(
          Object.entries(entry.propertyDependencies ?? {}).map(([key, urns]) => [key, urns ?? []]),
        ),
        protect: protect === true,
        retainOnDelete: retainOnDelete === true,
        ...(provider === undefined ? {} : providers.get(provider)),
      };
    });
}

type Properties = Readonly<Record<string, unknown>>;

const known = (properties: Properties = {}): ValueMap => plainProperties(masked(properties));

function masked(properties: Properties = {}): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, maskedValue(key, value)]),
  );
}

function maskedValue(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => maskedValue(key, item));
  if (!isObject(value)) return value;
  if (value[SIGNATURE] === SECRET) return SECRET_VALUES.has(key) ? ENCRYPTED : SEALED;
  return masked(value);
}
