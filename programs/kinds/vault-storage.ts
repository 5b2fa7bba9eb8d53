import { boundaryArn, bucketName, NAMES } from "../../stacks/naming";
import { BackupBucket } from "../components/backup-bucket";
import { BoundedRole } from "../components/bounded-role";
import { BucketReplication } from "../components/bucket-replication";
import { LogBucket } from "../components/log-bucket";
import type { MultiRegionKey } from "../components/multi-region-key";
import {
  ACCESS_LOG_PREFIX,
  backupBucketPolicy,
  logBucketPolicy,
  replicationPolicy,
  replicationTrust,
} from "../iam/buckets";
import type { VaultOutputs } from "../outputs";

import type { Vault } from "./vault-context";

/** The locked bucket with its copy in the recovery Region, each with a bucket for its access logs. */
export function createStorage(
  { spec, place, opts }: Vault,
  key: MultiRegionKey,
): Pick<VaultOutputs, "backupBuckets" | "logBucketNames" | "replicationRoleArn"> {
  const logs = (name: string, region: string) =>
    new LogBucket(
      name,
      {
        bucketName: bucketName("logs", spec.accountId, region, spec.organizationId),
        region,
        policy: logBucketPolicy(spec, place, region),
      },
      opts,
    );
  const backups = (name: string, region: string, logBucket: LogBucket) =>
    new BackupBucket(
      name,
      {
        bucketName: bucketName("backup", spec.accountId, region, spec.organizationId),
        region,
        keyArn: key.arnIn(region),
        lockMode: spec.lockMode,
        retentionDays: spec.retentionDays,
        coldStorageAfterDays: spec.coldStorageAfterDays,
        logBucket,
        logPrefix: ACCESS_LOG_PREFIX,
        policy: backupBucketPolicy(spec, place, region),
      },
      opts,
    );
  const primaryLogs = logs("logs", spec.primaryRegion);
  const recoveryLogs = logs("recovery-logs", spec.recoveryRegion);
  const primary = backups("backups", spec.primaryRegion, primaryLogs);
  const recovery = backups("recovery-backups", spec.recoveryRegion, recoveryLogs);
  const role = new BoundedRole(
    "replication",
    {
      roleName: NAMES.replicationRole,
      description: "Lets S3 copy backups to the recovery Region",
      trust: replicationTrust(spec, place),
      permissions: replicationPolicy(spec, place),
      boundary: boundaryArn(spec.accountId, place.partition),
    },
    opts,
  );
  const replication = new BucketReplication(
    "replication-to-recovery",
    {
      source: primary,
      sourceRegion: spec.primaryRegion,
      copy: recovery,
      copyKeyArn: key.arnIn(spec.recoveryRegion),
      roleArn: role.arn,
    },
    opts,
  );
  primary.seal([replication.nodes.configuration]);
  recovery.seal([]);
  const output = (bucket: BackupBucket, region: string) => ({
    name: bucket.bucketName,
    arn: bucket.arn,
    region,
  });
  return {
    backupBuckets: {
      primary: output(primary, spec.primaryRegion),
      recovery: output(recovery, spec.recoveryRegion),
    },
    logBucketNames: {
      [spec.primaryRegion]: primaryLogs.bucketName,
      [spec.recoveryRegion]: recoveryLogs.bucketName,
    },
    replicationRoleArn: role.arn,
  };
}
