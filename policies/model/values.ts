/** Stands for a value that the engine does not know yet (an output of a resource that does not exist). */
export const UNKNOWN: unique symbol = Symbol("unknown");
export type Unknown = typeof UNKNOWN;

/** A property's value as rules see it: plain data, with {@link UNKNOWN} in place of what is not known yet. */
export type Value = Unknown | null | boolean | number | string | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value | undefined;
}

/**
 * Thrown while a rule reads a value that cannot be known or understood; becomes the verdict "undetermined".
 * Carries the place only, never the value, which could be a secret.
 */
export class Undetermined extends Error {
  override readonly name = "Undetermined";

  constructor(
    readonly property: string,
    readonly reason: string,
  ) {
    super(`${property} ${reason}`);
  }
}

/** Why a value could not be used; the wording of every "undetermined" verdict about unknown values. */
export const NOT_KNOWN_YET = "is not known yet";

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Tells whether an unknown value hides anywhere in a value. */
export function holdsUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (isList(value)) return value.some(holdsUnknown);
  return isMap(value) && Object.values(value).some(holdsUnknown);
}

/**
 * Reads properties by name, with the types that rules expect. Reading an unknown value, or one of another type, throws
 * {@link Undetermined} with the property's path; a missing one (or null) is `undefined`.
 *
 * Several names may be given where the same property has several spellings; the first that is set counts.
 */
export class View {
  constructor(
    private readonly properties: ValueMap,
    private readonly path = "",
  ) {}

  /** The property as it is, {@link UNKNOWN} included. */
  raw(...names: readonly string[]): Value | undefined {
    return this.find(names)?.value;
  }

  /** The property's path, for messages and for {@link Undetermined}. */
  pathOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  boolean(...names: readonly string[]): boolean | undefined {
    return this.read(names, "true or false", (value) => {
      if (typeof value === "boolean") return value;
      if (value === "true") return true;
      return value === "false" ? false : undefined;
    });
  }

  number(...names: readonly string[]): number | undefined {
    return this.read(names, "a number", (value) => {
      if (typeof value === "number") return value;
      return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
    });
  }

  string(...names: readonly string[]): string | undefined {
    return this.read(names, "a text", (value) => (typeof value === "string" ? value : undefined));
  }

  /** A nested object. A list of one object counts as the object: providers spell single blocks either way. */
  object(...names: readonly string[]): View | undefined {
    return this.objects(...names)[0];
  }

  /** A list of nested objects; a single object counts as a list of one, a missing property as an empty list. */
  objects(...names: readonly string[]): View[] {
    const found = this.find(names);
    if (found === undefined) return [];
    const path = this.pathOf(found.name);
    const known = this.known(found.value, path);
    const items = isList(known) ? known : [known];
    return items.map((item, index) => {
      const place = isList(known) ? `${path}[${index}]` : path;
      const value = this.known(item, place);
      if (!isMap(value)) throw new Undetermined(place, "is not an object");
      return new View(value, place);
    });
  }

  private read<T>(
    names: readonly string[],
    kind: string,
    convert: (value: Value) => T | undefined,
  ): T | undefined {
    const found = this.find(names);
    if (found === undefined) return undefined;
    const path = this.pathOf(found.name);
    const converted = convert(this.known(found.value, path));
    if (converted === undefined) throw new Undetermined(path, `is not ${kind}`);
    return converted;
  }

  private find(names: readonly string[]): { name: string; value: Value } | undefined {
    for (const name of names) {
      const value = this.properties[name];
      if (value !== undefined && value !== null) return { name, value };
    }
    return undefined;
  }

  private known(value: Value, path: string): Exclude<Value, Unknown> {
    if (value === UNKNOWN) throw new Undetermined(path, NOT_KNOWN_YET);
    return value;
  }
}
