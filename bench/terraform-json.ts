/**
 * Turns the state of a Pulumi stack into a Terraform JSON configuration of the same resources, so that the benchmark can
 * let Terraform do the same work. Pure; the state and the provider's schema come in as parsed JSON.
 */
import {
  CLOUD_CONTROL,
  cloudControlArguments,
  snake,
  terraformArguments,
  terraformType,
} from "./terraform-names";

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  /** `<urn>::<id>` of its provider. */
  readonly provider?: string;
}

interface Block {
  readonly attributes?: Readonly<
    Record<
      string,
      { readonly computed?: boolean; readonly optional?: boolean; readonly required?: boolean }
    >
  >;
  readonly block_types?: Readonly<Record<string, { readonly block: Block }>>;
}

/** `resource_schemas` of `terraform providers schema -json` for the aws provider. */
export type TerraformSchemas = Readonly<Record<string, { readonly block: Block }>>;

/** A file that the configuration names and somebody must make: a zip of a folder. */
export interface Archive {
  /** Name beside the configuration. */
  readonly file: string;
  readonly folder: string;
}

export interface TerraformConfiguration {
  readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Regions for which a provider alias is needed. */
  readonly regions: readonly string[];
  readonly archives: readonly Archive[];
  /** Resources with no counterpart, by URN; a comparison must name them. */
  readonly left: readonly string[];
}

function singulars(name: string): string[] {
  return [name, name.replace(/ies$/, "y"), name.replace(/es$/, ""), name.replace(/s$/, "")];
}

/** Writes one object in the words of a Terraform block; drops what the schema does not know or only computes. */
function toBlock(value: Readonly<Record<string, unknown>>, block: Block): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith("__") || item === null || item === undefined) continue;
    const names = singulars(snake(key));
    const attribute = names.find((name) => block.attributes?.[name]);
    const nested = names.find((name) => block.block_types?.[name]);
    if (attribute !== undefined) {
      const known = block.attributes?.[attribute];
      if (known?.optional === true || known?.required === true) out[attribute] = item;
    } else if (nested !== undefined) {
      const inner = block.block_types?.[nested]?.block ?? {};
      const items: unknown[] = Array.isArray(item) ? item : [item];
      out[nested] = items.map((entry) => toBlock(entry as Record<string, unknown>, inner));
    }
  }
  return out;
}

interface Named {
  readonly resource: StateResource;
  readonly type: string;
  readonly label: string;
}

/** What AWS makes up and other resources name: by Terraform type, the output in Pulumi's state and in Terraform's words. */
const MADE_UP: Readonly<Record<string, readonly [string, string]>> = {
  aws_kms_key: ["keyId", "key_id"],
  aws_sqs_queue: ["url", "url"],
};

/** Each made-up text becomes a reference, wherever it stands in a text; the longest first, as one may hold another. */
function references(named: readonly Named[]): [string, string][] {
  return named
    .flatMap(({ resource, type, label }): [string, string][] => {
      const [output = "", attribute = ""] = MADE_UP[type] ?? [];
      const text = resource.outputs?.[output];
      return typeof text === "string" ? [[text, `\${${type}.${label}.${attribute}}`]] : [];
    })
    .sort(([a], [b]) => b.length - a.length);
}

function substitute(value: unknown, known: readonly [string, string][]): unknown {
  if (typeof value === "string") {
    // Terraform reads "${" as the start of an expression; in IAM it is a policy variable.
    // A function, because "$$" in a replacement text means one "$".
    const escaped = value.replaceAll("${", () => "$${");
    return known.reduce((text, [id, expression]) => text.replaceAll(id, () => expression), escaped);
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, known));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, known)]),
    );
  }
  return value;
}

/** The folder of a Pulumi archive, as the state has it. */
function folderOf(code: unknown): string | undefined {
  const folder =
    code !== null && typeof code === "object" ? (code as { path?: unknown }).path : undefined;
  return typeof folder === "string" ? folder : undefined;
}

/** Region of a resource: its own, its provider's, or the stack's. */
function regionOf(
  resource: StateResource,
  providers: ReadonlyMap<string, unknown>,
  defaultRegion: string,
): string {
  const own = resource.inputs?.["region"];
  if (typeof own === "string") return own;
  const urn = resource.provider?.split("::").slice(0, -1).join("::") ?? "";
  const region = providers.get(urn);
  return typeof region === "string" ? region : defaultRegion;
}

/**
 * The same resources as Terraform JSON.
 * @param defaultRegion Region of the provider without an alias
 */
export function terraformConfiguration(
  resources: readonly StateResource[],
  schemas: TerraformSchemas,
  defaultRegion: string,
): TerraformConfiguration {
  const left: string[] = [];
  const named: Named[] = [];
  const providers = new Map<string, unknown>();
  for (const resource of resources) {
    if (resource.type.startsWith("pulumi:providers:"))
      providers.set(resource.urn, resource.inputs?.["region"]);
    if (!resource.custom || resource.type.startsWith("pulumi:")) continue;
    const type = terraformType(resource.type);
    if (type === undefined || !schemas[type]) left.push(resource.urn);
    else
      named.push({
        resource,
        type,
        label: (resource.urn.split("::")[3] ?? "").replace(/[^\w-]/g, "_"),
      });
  }
  const known = references(named);
  const address = new Map(
    named.map(({ resource, type, label }) => [resource.urn, `${type}.${label}`]),
  );
  const regions = new Set<string>();
  const archives: Archive[] = [];
  const out: Record<string, Record<string, unknown>> = {};
  for (const { resource, type, label } of named) {
    const region = regionOf(resource, providers, defaultRegion);
    const inputs = { ...resource.inputs };
    delete inputs["region"];
    const folder = folderOf(inputs["code"]);
    if (folder !== undefined) {
      archives.push({ file: `${label}.zip`, folder });
      inputs["filename"] = `${label}.zip`;
    }
    const args =
      type === CLOUD_CONTROL
        ? cloudControlArguments(resource.type, inputs)
        : terraformArguments(type, inputs);
    const body = substitute(toBlock(args, schemas[type]?.block ?? {}), known) as Record<
      string,
      unknown
    >;
    const needs = (resource.dependencies ?? []).flatMap((urn) => address.get(urn) ?? []);
    if (needs.length > 0) body["depends_on"] = needs;
    if (region !== defaultRegion) {
      regions.add(region);
      body["provider"] = `aws.${region}`;
    }
    const all = (out[type] ??= {});
    if (label in all) throw new Error(`Two resources would be ${type}.${label} in Terraform`);
    all[label] = body;
  }
  return { resource: out, regions: [...regions].sort(), archives, left };
}
