import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { BackupBucket } from "./backup-bucket";

export interface BucketReplicationArgs {
  readonly source: BackupBucket;
  readonly sourceRegion: string;
  readonly copy: BackupBucket;
  /** The backup key in the copy's Region. */
  readonly copyKeyArn: pulumi.Input<string>;
  readonly roleArn: pulumi.Input<string>;
}

/** Copies every new version to the recovery Region within 15 minutes; deletions are not copied. */
export class BucketReplication extends pulumi.ComponentResource {
  readonly nodes: { readonly configuration: pulumi.Resource };

  constructor(name: string, args: BucketReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:storage:BucketReplication", name, {}, opts);
    const configuration = new aws.s3.BucketReplicationConfig(
      `${name}-rules`,
      {
        bucket: args.source.bucketName,
        region: args.sourceRegion,
        role: args.roleArn,
        rules: [
          {
            id: REPLICATION_RULE,
            priority: 0,
            status: "Enabled",
            filter: { prefix: "" },
            deleteMarkerReplication: { status: "Disabled" },
            sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
            destination: {
              bucket: args.copy.arn,
              storageClass: "STANDARD",
              encryptionConfiguration: { replicaKmsKeyId: args.copyKeyArn },
              replicationTime: { status: "Enabled", time: { minutes: 15 } },
              metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
            },
          },
        ],
      },
      // S3 refuses replication between buckets whose versions are not on yet. What guards the copies stays with them.
      {
        parent: this,
        protect: true,
        retainOnDelete: true,
        dependsOn: [...args.source.nodes.versioned, ...args.copy.nodes.versioned],
      },
    );
    this.nodes = { configuration };
    this.registerOutputs({});
  }
}

/** Name of the rule; metrics of failed copies carry it. */
export const REPLICATION_RULE = "to-recovery-region";
