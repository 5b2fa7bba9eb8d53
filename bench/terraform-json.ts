/**
 * Turns the state of a Pulumi stack into a Terraform JSON configuration of the same resources, so that the benchmark can
 * let Terraform do the same work. Pure; the state and the provider's schema come in as parsed JSON.
 */

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
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

export interface TerraformConfiguration {
  readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Regions for which a provider alias is needed. */
  readonly regions: readonly string[];
  /** Resources with no counterpart, by URN; a comparison must name them. */
  readonly left: readonly string[];
}

/** Types whose Terraform name does not follow from the token. */
const SPECIAL: Readonly<Record<string, string>> = {
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig":
    "aws_s3_bucket_replication_configuration",
  "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
  "aws-native:accessanalyzer:Analyzer": "aws_accessanalyzer_analyzer",
};

/** Arguments whose Terraform name does not follow from Pulumi's, by Terraform type. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_cloudwatch_metric_alarm: { name: "alarm_name" },
};

const snake = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `aws:kms/replicaKey:ReplicaKey` is `aws_kms_replica_key`; undefined for what is not an AWS resource. */
export function terraformType(token: string): string | undefined {
  const special = SPECIAL[token];
  if (special !== undefined) return special;
  const match = /^aws:(\w+)\/(\w+):\w+$/.exec(token);
  if (!match) return undefined;
  const [, module, name] = match;
  // A function's code is an archive in Pulumi's state and a file in Terraform's words: left out with what belongs to it.
  if (module === "lambda") return undefined;
  return module === "index"
    ? `aws_${snake(name ?? "")}`
    : `aws_${module ?? ""}_${snake(name ?? "")}`;
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

/** Generated ids (a KMS key's) that other resources name: each becomes a reference, wherever it stands in a text. */
function references(named: readonly Named[]): [string, string][] {
  return named.flatMap(({ resource, type, label }): [string, string][] => {
    const keyId = resource.outputs?.["keyId"];
    return type === "aws_kms_key" && typeof keyId === "string"
      ? [[keyId, `\${${type}.${label}.key_id}`]]
      : [];
  });
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
  for (const resource of resources) {
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
  const out: Record<string, Record<string, unknown>> = {};
  for (const { resource, type, label } of named) {
    const renamed = RENAMED[type] ?? {};
    const inputs = Object.fromEntries(
      Object.entries(resource.inputs ?? {}).map(([key, item]) => [renamed[key] ?? key, item]),
    );
    const region = typeof inputs["region"] === "string" ? inputs["region"] : defaultRegion;
    const body = substitute(toBlock(inputs, schemas[type]?.block ?? {}), known) as Record<
      string,
      unknown
    >;
    delete body["region"];
    const needs = (resource.dependencies ?? []).flatMap((urn) => address.get(urn) ?? []);
    if (needs.length > 0) body["depends_on"] = needs;
    if (region !== defaultRegion) {
      regions.add(region);
      body["provider"] = `aws.${region}`;
    }
    (out[type] ??= {})[label] = body;
  }
  return { resource: out, regions: [...regions].sort(), left };
}
