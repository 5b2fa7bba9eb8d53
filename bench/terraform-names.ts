/** How Terraform calls what Pulumi's state names. Pure. */

/** Cloud Control, under which Terraform's aws provider makes what aws-native makes. */
export const CLOUD_CONTROL = "aws_cloudcontrolapi_resource";

/** Types whose Terraform name does not follow from the token. */
const SPECIAL: Readonly<Record<string, string>> = {
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig":
    "aws_s3_bucket_replication_configuration",
  "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
};

/** Arguments whose Terraform name does not follow from Pulumi's, by Terraform type. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_cloudwatch_metric_alarm: { name: "alarm_name" },
  aws_lambda_function: { name: "functionName" },
  aws_lambda_permission: { function: "functionName" },
};

export const snake = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `aws:kms/replicaKey:ReplicaKey` is `aws_kms_replica_key`; undefined for what is not an AWS resource. */
export function terraformType(token: string): string | undefined {
  if (token.startsWith("aws-native:")) return CLOUD_CONTROL;
  const special = SPECIAL[token];
  if (special !== undefined) return special;
  const match = /^aws:(\w+)\/(\w+):\w+$/.exec(token);
  if (!match) return undefined;
  const [, module = "", name = ""] = match;
  return module === "index" ? `aws_${snake(name)}` : `aws_${module}_${snake(name)}`;
}

type Inputs = Readonly<Record<string, unknown>>;

/** A resource's inputs with the arguments renamed that have another name in Terraform. */
export function terraformArguments(type: string, inputs: Inputs): Record<string, unknown> {
  const renamed = RENAMED[type] ?? {};
  return Object.fromEntries(
    Object.entries(inputs).map(([key, item]) => [renamed[key] ?? key, item]),
  );
}

const pascal = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function inPascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inPascal);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith("__"))
      .map(([key, item]) => [pascal(key), inPascal(item)]),
  );
}

/**
 * `aws-native:accessanalyzer:Analyzer` as an argument of Cloud Control. The schema given is just large enough to be taken:
 * without one the provider would ask CloudFormation for it, which the stamper may not, and Pulumi does not do either.
 */
export function cloudControlArguments(token: string, inputs: Inputs): Record<string, unknown> {
  const [, module = "", name = ""] = token.split(":");
  const typeName = `AWS::${CLOUD_CONTROL_MODULES[module] ?? pascal(module)}::${name}`;
  const desired = inPascal(inputs) as Record<string, unknown>;
  const properties = Object.fromEntries(Object.keys(desired).map((key) => [key, {}]));
  return {
    type_name: typeName,
    desired_state: JSON.stringify(desired),
    schema: JSON.stringify({
      typeName,
      description: typeName,
      additionalProperties: false,
      properties: { ...properties, Arn: { type: "string" } },
      readOnlyProperties: ["/properties/Arn"],
      primaryIdentifier: ["/properties/Arn"],
    }),
  };
}

/** Modules of aws-native whose CloudFormation name is not the same with a capital. */
const CLOUD_CONTROL_MODULES: Readonly<Record<string, string>> = {
  accessanalyzer: "AccessAnalyzer",
};
