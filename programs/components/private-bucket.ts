import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface PrivateBucketArgs {
  readonly bucketName: string;
  readonly region: string;
  /** Fixed when the bucket is made: AWS cannot take it back. */
  readonly objectLockEnabled: boolean;
  /** Key for SSE-KMS; undefined for SSE-S3, which is what S3 asks of a bucket that receives access logs. */
  readonly keyArn: pulumi.Input<string> | undefined;
  /** What becomes of old versions. */
  readonly lifecycle: Omit<aws.types.input.s3.BucketLifecycleRule, "enabled">;
}

/** The parts of a bucket that each of Strongroom's buckets has: versions, default encryption, one owner, nothing public. */
export interface PrivateBucket {
  readonly bucket: aws.s3.Bucket;
  /** Everything that must be in place before the bucket's policy, which forbids to change it. */
  readonly parts: readonly pulumi.Resource[];
}

/** Makes a private bucket below a component; `opts` carries the parent, protection and retention of all its parts. */
export function createPrivateBucket(
  name: string,
  args: PrivateBucketArgs,
  opts: pulumi.CustomResourceOptions,
): PrivateBucket {
  const { region, keyArn } = args;
  const bucket = new aws.s3.Bucket(
    `${name}-bucket`,
    {
      bucket: args.bucketName,
      region,
      objectLockEnabled: args.objectLockEnabled,
      forceDestroy: false,
      // The provider marks this argument as deprecated for a resource of its own, which makes it wait 55 s after each
      // creation (measured) until S3 has shown the rules eleven times. Nothing here needs them at once, and the policy
      // that seals a backup bucket must not come before them.
      lifecycleRules: [{ ...args.lifecycle, enabled: true, abortIncompleteMultipartUploadDays: 7 }],
    },
    opts,
  );
  const at = { bucket: bucket.bucket, region };
  const versioning = new aws.s3.BucketVersioning(
    `${name}-versioning`,
    { ...at, versioningConfiguration: { status: "Enabled" } },
    opts,
  );
  const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-encryption`,
    {
      ...at,
      rules: [
        keyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : {
              applyServerSideEncryptionByDefault: {
                sseAlgorithm: "aws:kms",
                kmsMasterKeyId: keyArn,
              },
              // One data key for many objects: a hundredth of the calls, and the same key policy.
              bucketKeyEnabled: true,
            },
      ],
    },
    opts,
  );
  const ownership = new aws.s3.BucketOwnershipControls(
    `${name}-ownership`,
    { ...at, rule: { objectOwnership: "BucketOwnerEnforced" } },
    opts,
  );
  const privacy = new aws.s3.BucketPublicAccessBlock(
    `${name}-privacy`,
    {
      ...at,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  return { bucket, parts: [versioning, encryption, ownership, privacy] };
}
