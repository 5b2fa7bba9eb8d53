/** A type of a Pulumi schema, as far as names and shapes go. */
export interface SchemaType {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: SchemaType;
}

export type SchemaProperties = Readonly<Record<string, SchemaType>>;

/** What is kept of the bridge's schema: the names and shapes of the types in the table. */
export interface BridgeSchema {
  readonly config: SchemaProperties;
  readonly types: Readonly<Record<string, SchemaProperties>>;
  readonly resources: Readonly<
    Record<string, { readonly inputs: SchemaProperties; readonly outputs: SchemaProperties }>
  >;
  readonly functions: Readonly<
    Record<string, { readonly inputs: SchemaProperties; readonly outputs: SchemaProperties }>
  >;
}

interface FullObject {
  readonly properties?: Record<string, SchemaType>;
}

/** The whole document that `pulumi-resource-aws schema` prints. */
export interface FullSchema {
  readonly config: { readonly variables: Record<string, SchemaType> };
  readonly types: Record<string, FullObject>;
  readonly resources: Record<string, FullObject & { inputProperties?: Record<string, SchemaType> }>;
  readonly functions: Record<string, { inputs?: FullObject; outputs?: FullObject }>;
}

/** Leaves out descriptions and everything else that does not decide a translation. */
export function trimSchema(full: FullSchema): BridgeSchema {
  return {
    config: trimAll(full.config.variables),
    types: mapValues(full.types, (type) => trimAll(type.properties)),
    resources: mapValues(full.resources, (resource) => ({
      inputs: trimAll(resource.inputProperties),
      outputs: trimAll(resource.properties),
    })),
    functions: mapValues(full.functions, (function_) => ({
      inputs: trimAll(function_.inputs?.properties),
      outputs: trimAll(function_.outputs?.properties),
    })),
  };
}

const trimAll = (all: Record<string, SchemaType> = {}): SchemaProperties => mapValues(all, trim);

function trim({ type, $ref, items }: SchemaType): SchemaType {
  return {
    ...($ref === undefined ? { ...(type === undefined ? {} : { type }) } : { $ref }),
    ...(items === undefined ? {} : { items: trim(items) }),
  };
}

function mapValues<A, B>(
  from: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Record<string, B> {
  const sorted = Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, value]) => [key, change(value)]));
}
