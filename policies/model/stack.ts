import { isList, isMap, Undetermined, View, type Value, type ValueMap } from "./values";

/** A resource as it comes in: from the engine, from a file or from a deployed state. Plain data. */
export interface ResourceInput {
  /** Pulumi type token, `aws:kms/key:Key` or `aws-native:kms:Key`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: ValueMap;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  /**
   * Properties whose values came marked as secret. Absent where that is not told: the engine hands values to a pack without
   * the mark.
   */
  readonly markedSecret?: readonly string[];
  /** False where the resource's options (`protect`) are not known, as in a file that says nothing of them. */
  readonly optionsKnown?: boolean;
  /** For each property, the URNs of the resources whose outputs it was made from. Absent where that is not known. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  /** The account that the resource's provider may work in (`allowedAccountIds`), where there is exactly one. */
  readonly accountId?: string;
  /** Region of the resource's provider. */
  readonly providerRegion?: string;
  /** Tags that the provider puts on every resource. */
  readonly defaultTags?: ValueMap;
}

/** A resource with typed access to its properties. */
export class Resource {
  readonly view: View;

  constructor(readonly input: ResourceInput) {
    this.view = new View(input.props);
  }

  get type(): string {
    return this.input.type;
  }

  get name(): string {
    return this.input.name;
  }

  get urn(): string {
    return this.input.urn;
  }

  /** Whether the program or an option keeps the resource from deletion; throws where the options are not known. */
  get isProtected(): boolean {
    const { protect, optionsKnown } = this.input;
    if (optionsKnown === false) throw new Undetermined("protect", "is not said");
    return protect === true;
  }

  /** Like {@link isProtected}; leaving the resource behind counts too. */
  get isKept(): boolean {
    return this.isProtected || this.input.retainOnDelete === true;
  }

  get isNative(): boolean {
    return this.type.startsWith("aws-native:");
  }

  /** URNs that a property was made from; empty for a literal, undefined where the engine did not say. */
  dependenciesOf(property: string): readonly string[] | undefined {
    const all = this.input.propertyDependencies;
    return all === undefined ? undefined : (all[property] ?? []);
  }

  /** The Region that the resource is in: its own argument, else its provider's. */
  get region(): Value | undefined {
    return this.view.raw("region") ?? this.input.providerRegion;
  }

  /** The account that the resource is in: its provider's, else the one that the stack's name ends with. */
  get accountId(): string | undefined {
    return this.input.accountId ?? /^urn:pulumi:[^:]*-(\d{12})::/.exec(this.urn)?.[1];
  }
}

/**
 * A resource's tag, in both spellings of tags, or its provider's. Only texts count: a tag that is not known yet cannot
 * make a rule milder.
 */
export function tagOf(resource: Resource, name: string): string | undefined {
  const sources = [
    asMap(resource.view.raw("tags")),
    asMap(resource.view.raw("tagsAll")),
    resource.input.defaultTags ?? {},
  ];
  for (const source of sources) {
    const found = Object.entries(source).find(([key]) => key.toLowerCase() === name);
    if (typeof found?.[1] === "string") return found[1];
  }
  return undefined;
}

/** Tags as a map: @pulumi/aws has one, aws-native a list of keys and values. */
function asMap(tags: Value | undefined): ValueMap {
  if (isMap(tags)) return tags;
  const map: Record<string, Value | undefined> = {};
  for (const tag of isList(tags) ? tags.filter(isMap) : []) {
    if (typeof tag["key"] === "string") map[tag["key"]] = tag["value"];
  }
  return map;
}

/** The resources that are judged together, by type and by URN. Families of resources are read once and kept. */
export class Stack {
  readonly resources: readonly Resource[];
  private readonly byType = new Map<string, Resource[]>();
  private readonly byUrn = new Map<string, Resource>();
  private readonly families = new Map<unknown, unknown>();

  constructor(inputs: Iterable<ResourceInput>) {
    this.resources = [...inputs].map((input) => new Resource(input));
    for (const resource of this.resources) {
      this.byUrn.set(resource.urn, resource);
      const sameType = this.byType.get(resource.type);
      if (sameType === undefined) this.byType.set(resource.type, [resource]);
      else sameType.push(resource);
    }
  }

  ofTypes(types: Iterable<string>): Resource[] {
    return [...types].flatMap((type) => this.byType.get(type) ?? []);
  }

  get(urn: string): Resource | undefined {
    return this.byUrn.get(urn);
  }

  /** What `read` makes of this stack, made once: many rules look at the same family. */
  family<T>(read: (stack: Stack) => T): T {
    if (!this.families.has(read)) this.families.set(read, read(this));
    return this.families.get(read) as T;
  }
}
