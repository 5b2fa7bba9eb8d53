import type { BridgeSchema, SchemaProperties, SchemaType } from "./bridge-schema";
import { EXCEPTIONS, type TypeException } from "./exceptions";
import type { SdkProperty, Side, Typings } from "./typings";

/** How one property of the SDK is known to the bridge; what is the same on both sides is left out. */
export interface FieldTranslation {
  readonly to?: string;
  /** "list": the bridge wants a list of the SDK's one object; "single": the other way round; "archive": a file's name. */
  readonly shape?: "list" | "single" | "archive";
  readonly fields?: Fields;
}
export type Fields = Readonly<Record<string, FieldTranslation>>;

/** One entry of names.json; see `entry` in engine/go/aws-plugin/table.go. */
export interface TypeTranslation {
  readonly global?: true;
  readonly autoName?: { readonly field: string; readonly prefix?: string; readonly max: number };
  readonly missing?: readonly string[];
  readonly fields?: Fields;
}

/** types.json: the SDK's tokens and Terraform's names for them. */
export interface TypeTable {
  readonly resources: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, string>>;
}

export const PROVIDER_TOKEN = "pulumi:providers:aws";

/** Works out every difference of names and shapes between the SDK's typings and the bridge's schema. */
export function compareNames(
  table: TypeTable,
  typings: Typings,
  schema: BridgeSchema,
): Record<string, TypeTranslation> {
  const comparer = new Comparer(typings, schema);
  const result: Record<string, TypeTranslation> = {
    [PROVIDER_TOKEN]: comparer.translation(
      PROVIDER_TOKEN,
      typings.providerArguments(),
      [],
      schema.config,
      {},
      false,
    ),
  };
  for (const [token, terraform] of Object.entries(table.resources)) {
    const known = schema.resources[bridgeToken(terraform, false)];
    if (known === undefined) throw new Error(`the bridge has no resource for ${token}`);
    const [inputs, outputs] = [typings.arguments(token), typings.outputs(token)];
    result[token] = comparer.translation(token, inputs, outputs, known.inputs, known.outputs, true);
  }
  for (const [token, terraform] of Object.entries(table.functions)) {
    const known = schema.functions[bridgeToken(terraform, true)];
    if (known === undefined) throw new Error(`the bridge has no function for ${token}`);
    const [inputs, outputs] = [typings.functionArguments(token), typings.functionResults(token)];
    result[token] = comparer.translation(token, inputs, outputs, known.inputs, known.outputs, true);
  }
  return Object.fromEntries(
    Object.entries(result).filter(([, each]) => Object.keys(each).length > 0),
  );
}

/** The token that the bridge makes of a Terraform name; the same rule as `bridgeToken` in table.go. */
export function bridgeToken(terraform: string, isFunction: boolean): string {
  const pascal = terraform
    .replace(/^aws_/, "")
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
  if (isFunction) return `aws:index/get${pascal}:get${pascal}`;
  return `aws:index/${pascal.charAt(0).toLowerCase()}${pascal.slice(1)}:${pascal}`;
}

class Comparer {
  constructor(
    private readonly typings: Typings,
    private readonly schema: BridgeSchema,
  ) {}

  translation(
    token: string,
    inputs: readonly SdkProperty[],
    outputs: readonly SdkProperty[],
    bridgeInputs: SchemaProperties,
    bridgeOutputs: SchemaProperties,
    regional: boolean,
  ): TypeTranslation {
    const exception = EXCEPTIONS[token] ?? {};
    const hasRegion = inputs.some((each) => each.name === "region");
    const own = (each: SdkProperty): boolean => each.name !== "region" || !regional;
    const inputNames = new Set(inputs.map((each) => each.name));
    const fromInputs = this.fields("input", inputs.filter(own), bridgeInputs, exception);
    const onlyOutputs = outputs.filter((each) => !inputNames.has(each.name) && own(each));
    const fromOutputs = this.fields("output", onlyOutputs, bridgeOutputs, exception);
    const fields = { ...fromOutputs.fields, ...fromInputs.fields };
    return {
      ...(regional && !hasRegion ? { global: true as const } : {}),
      ...(exception.autoName === undefined ? {} : { autoName: exception.autoName }),
      ...(fromInputs.missing.length === 0 ? {} : { missing: fromInputs.missing }),
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    };
  }

  private fields(
    side: Side,
    sdk: readonly SdkProperty[],
    bridge: SchemaProperties,
    exception: TypeException,
  ): { fields: Fields; missing: string[] } {
    const fields: Record<string, FieldTranslation> = {};
    const missing: string[] = [];
    for (const property of sdk) {
      const name = bridgeName(property.name, sdk, bridge, exception.renamed ?? {});
      const type = name === undefined ? undefined : bridge[name];
      if (name === undefined || type === undefined) {
        missing.push(property.name);
        continue;
      }
      if (exception.alike?.includes(property.name) === true) continue;
      const { field: compared, lacks } = this.field(side, property, name, type);
      const isArchive = exception.archives?.includes(property.name) === true;
      const field = isArchive ? { ...compared, shape: "archive" as const } : compared;
      if (Object.keys(field).length > 0) fields[property.name] = field;
      missing.push(...lacks.map((each) => `${property.name}.${each}`));
    }
    return { fields, missing };
  }

  private field(
    side: Side,
    property: SdkProperty,
    name: string,
    type: SchemaType,
  ): { field: FieldTranslation; lacks: readonly string[] } {
    const isList = type.type === "array";
    const reference = (isList ? type.items : type)?.$ref?.replace("#/types/", "");
    const shape =
      property.isList === isList ? undefined : isList ? ("list" as const) : ("single" as const);
    const nested =
      property.interface === undefined || reference === undefined
        ? { fields: {}, missing: [] }
        : this.fields(
            side,
            this.typings.nested(side, property.interface),
            this.schema.types[reference] ?? {},
            {},
          );
    const field = {
      ...(name === property.name ? {} : { to: name }),
      ...(shape === undefined ? {} : { shape }),
      ...(Object.keys(nested.fields).length === 0 ? {} : { fields: nested.fields }),
    };
    return { field, lacks: nested.missing };
  }
}

/** The bridge's name of a property: given, the same, or the one that differs in singular and plural alone. */
function bridgeName(
  name: string,
  sdk: readonly SdkProperty[],
  bridge: SchemaProperties,
  renamed: Readonly<Record<string, string>>,
): string | undefined {
  const given = renamed[name];
  if (given !== undefined) return given;
  if (name in bridge) return name;
  const taken = new Set(sdk.map((each) => each.name));
  const same = Object.keys(bridge).filter(
    (each) => !taken.has(each) && singular(each) === singular(name),
  );
  return same.length === 1 ? same[0] : undefined;
}

/** Enough English to bring `policies`, `addresses` and `rules` together with their singular. */
function singular(name: string): string {
  return name
    .replace(/ies$/, "y")
    .replace(/(s|x|ch|sh)es$/, "$1")
    .replace(/(?<!s)s$/, "");
}
