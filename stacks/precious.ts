/**
 * What cannot be made again: keys, secrets, and what holds backups. A replacement makes a new one and takes the old one
 * away, so it counts like a deletion.
 */
const PRECIOUS_TYPES: ReadonlySet<string> = new Set([
  "aws:kms/key:Key",
  "aws:kms/replicaKey:ReplicaKey",
  "aws:kms/externalKey:ExternalKey",
  "aws:kms/replicaExternalKey:ReplicaExternalKey",
  "aws:secretsmanager/secret:Secret",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketV2:BucketV2",
  "aws:backup/vault:Vault",
  "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault",
  "aws-native:kms:Key",
  "aws-native:kms:ReplicaKey",
  "aws-native:secretsmanager:Secret",
  "aws-native:s3:Bucket",
  "aws-native:backup:BackupVault",
  "aws-native:backup:LogicallyAirGappedBackupVault",
]);

/** Whether a change deletes or replaces a key, a secret or a bucket. */
export function isPrecious(change: { readonly type: string; readonly operation: string }): boolean {
  return (
    (change.operation === "delete" || change.operation === "replace") &&
    PRECIOUS_TYPES.has(change.type)
  );
}
