import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";

import type { LogBucket } from "./log-bucket";
import { createPrivateBucket, type PrivateBucket } from "./private-bucket";

export interface BackupBucketArgs {
  readonly bucketName: string;
  readonly region: string;
  /** The backup key of this Region. */
  readonly keyArn: pulumi.Input<string>;
  readonly lockMode: "GOVERNANCE" | "COMPLIANCE";
  /** Default time that a version is locked, days. */
  readonly retentionDays: number;
  /** Age at which a backup moves to Glacier Instant Retrieval, days: as quick to read, cheaper to keep. */
  readonly coldStorageAfterDays: number;
  /** Receives the access logs; a locked bucket cannot. */
  readonly logBucket: LogBucket;
  readonly logPrefix: string;
  readonly policy: PolicyDocument;
}

/**
 * A locked bucket for backups. Nothing of it goes away with the stack: not the bucket, and not what protects it, for AWS
 * would otherwise keep the backups and drop the policy, the versions and the block on public access.
 */
export class BackupBucket extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /** The raw resources that replication needs. */
  readonly nodes: { readonly versioned: readonly pulumi.Resource[] };
  private readonly name: string;
  private readonly args: BackupBucketArgs;

  constructor(name: string, args: BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:storage:BackupBucket", name, {}, opts);
    this.name = name;
    this.args = args;
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const store = createPrivateBucket(
      name,
      { ...args, objectLockEnabled: true, lifecycle: lifecycleOf(args) },
      kept,
    );
    const lock = createLock(name, args, store, kept);
    const logging = createLogging(name, args, store, kept);
    this.bucketName = store.bucket.bucket;
    this.arn = store.bucket.arn;
    this.nodes = { versioned: [...store.parts, lock, logging] };
    this.registerOutputs({ bucketName: this.bucketName, arn: this.arn });
  }

  /**
   * Puts the policy that forbids all further changes. It comes last, after the bucket's own parts and after `others`, such as
   * replication: once it is there the stamper is refused them.
   */
  seal(others: readonly pulumi.Resource[]): void {
    const { name, args } = this;
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      {
        bucket: this.bucketName,
        region: args.region,
        policy: documentText("bucket", args.policy),
      },
      {
        parent: this,
        protect: true,
        retainOnDelete: true,
        dependsOn: [...this.nodes.versioned, ...others],
      },
    );
  }
}

/** Replaced versions go when their lock has ended, current ones stay; S3 itself keeps what is locked. */
const lifecycleOf = (args: BackupBucketArgs) => ({
  id: "keep-backups-cheaply",
  transitions: [{ days: args.coldStorageAfterDays, storageClass: "GLACIER_IR" }],
  noncurrentVersionExpiration: { days: args.retentionDays + 1 },
});

function createLock(
  name: string,
  args: BackupBucketArgs,
  store: PrivateBucket,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new aws.s3.BucketObjectLockConfiguration(
    `${name}-lock`,
    {
      bucket: store.bucket.bucket,
      region: args.region,
      objectLockEnabled: "Enabled",
      rule: { defaultRetention: { mode: args.lockMode, days: args.retentionDays } },
    },
    { ...opts, dependsOn: [...store.parts] },
  );
}

function createLogging(
  name: string,
  args: BackupBucketArgs,
  store: PrivateBucket,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new aws.s3.BucketLogging(
    `${name}-logging`,
    {
      bucket: store.bucket.bucket,
      region: args.region,
      targetBucket: args.logBucket.bucketName,
      targetPrefix: args.logPrefix,
    },
    { ...opts, dependsOn: [args.logBucket.nodes.policy] },
  );
}
