import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";
import { NAMES } from "../../stacks/naming";

export interface MultiRegionKeyArgs {
  /** What the key is for, as people see it in the console. */
  readonly description: string;
  /**
   * Value of the purpose tag; permissions of roles hang on it. A key for digests makes and checks MACs and encrypts
   * nothing; KMS cannot rotate it.
   */
  readonly purpose: "backup" | "digest" | "service" | "secrets";
  /** `alias/…`, the same in every Region. */
  readonly alias: string;
  /** Holds the primary key. */
  readonly primaryRegion: string;
  /** Hold a replica each: the same key material, so what one Region encrypts the others decrypt. */
  readonly replicaRegions: readonly string[];
  readonly policy: PolicyDocument;
  /** Waiting time before a scheduled deletion happens, days. */
  readonly deletionDays: number;
  /** Whose secrets it encrypts. Rules ask more of production, and of a key that does not say. */
  readonly environment?: string;
}

/**
 * A customer key with the same material in several Regions and the same alias in each. Losing it loses all that it
 * encrypted: it is protected, and stays in the account when the stack is retired.
 *
 * The AWS provider waits about 4 s each for policy, tags and rotation of a key (12 s) and for policy and tags of a replica
 * (8 s). They are kept in the key's own creation on purpose: a key that gets its policy later has AWS's default one until
 * then, and the stamper's permission to touch it hangs on the tags.
 */
export class MultiRegionKey extends pulumi.ComponentResource {
  /** Key ARNs by Region, the primary among them. */
  readonly arns: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: MultiRegionKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:keys:MultiRegionKey", name, {}, opts);
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const primary = createPrimary(name, args, kept);
    const replicas = createReplicas(name, args, primary, kept);
    createAliases(name, args, { [args.primaryRegion]: primary, ...replicas }, kept);
    this.arns = Object.fromEntries(
      [[args.primaryRegion, primary] as const, ...Object.entries(replicas)].map(([region, key]) => [
        region,
        key.arn,
      ]),
    );
    this.registerOutputs({ arns: this.arns });
  }

  /** The key's ARN in a Region where it exists. */
  arnIn(region: string): pulumi.Output<string> {
    const arn = this.arns[region];
    if (arn === undefined) throw new pulumi.RunError(`There is no key in ${region}`);
    return arn;
  }
}

const common = (args: MultiRegionKeyArgs) => ({
  description: args.description,
  policy: documentText("key", args.policy),
  deletionWindowInDays: args.deletionDays,
  tags: {
    [NAMES.purposeTag]: args.purpose,
    ...(args.environment === undefined ? {} : { [NAMES.environmentTag]: args.environment }),
  },
});

function createPrimary(
  name: string,
  args: MultiRegionKeyArgs,
  opts: pulumi.CustomResourceOptions,
): aws.kms.Key {
  return new aws.kms.Key(
    `${name}-primary`,
    {
      ...common(args),
      region: args.primaryRegion,
      multiRegion: true,
      ...(args.purpose === "digest"
        ? { customerMasterKeySpec: "HMAC_256", keyUsage: "GENERATE_VERIFY_MAC" }
        : { enableKeyRotation: true }),
      isEnabled: true,
    },
    opts,
  );
}

function createReplicas(
  name: string,
  args: MultiRegionKeyArgs,
  primary: aws.kms.Key,
  opts: pulumi.CustomResourceOptions,
): Record<string, aws.kms.ReplicaKey> {
  return Object.fromEntries(
    args.replicaRegions.map((region) => [
      region,
      new aws.kms.ReplicaKey(
        `${name}-replica-${region}`,
        { ...common(args), region, primaryKeyArn: primary.arn, enabled: true },
        opts,
      ),
    ]),
  );
}

function createAliases(
  name: string,
  args: MultiRegionKeyArgs,
  keys: Readonly<Record<string, aws.kms.Key | aws.kms.ReplicaKey>>,
  opts: pulumi.CustomResourceOptions,
): void {
  for (const [region, key] of Object.entries(keys)) {
    new aws.kms.Alias(
      `${name}-alias-${region}`,
      { region, name: args.alias, targetKeyId: key.keyId },
      opts,
    );
  }
}
