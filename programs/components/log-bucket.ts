import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";

import { createPrivateBucket } from "./private-bucket";

/** How long access logs are kept, days: a year and the time to look at it. */
const LOG_DAYS = 400;

export interface LogBucketArgs {
  readonly bucketName: string;
  readonly region: string;
  readonly policy: PolicyDocument;
}

/** The bucket with the access logs of a Region's backup bucket. The logs are evidence: they outlive the stack. */
export class LogBucket extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  /** S3 may deliver logs once the policy is there. */
  readonly nodes: { readonly policy: pulumi.Resource };

  constructor(name: string, args: LogBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:storage:LogBucket", name, {}, opts);
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const { bucket, parts } = createPrivateBucket(
      name,
      {
        ...args,
        objectLockEnabled: false,
        keyArn: undefined,
        lifecycle: {
          id: "expire-logs",
          expiration: { days: LOG_DAYS },
          noncurrentVersionExpiration: { days: 30 },
        },
      },
      kept,
    );
    const policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      {
        bucket: bucket.bucket,
        region: args.region,
        policy: documentText("bucket", args.policy),
      },
      { ...kept, dependsOn: [...parts] },
    );
    this.bucketName = bucket.bucket;
    this.nodes = { policy };
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
