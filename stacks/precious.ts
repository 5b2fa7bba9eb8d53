/**
 * What cannot be made again: keys, secrets, and what holds backups. A replacement makes a new one and takes the old one
 * away, so it counts like a deletion.
 */
const PRECIOUS = {
  key: [
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
    "aws-native:kms:Key",
    "aws-native:kms:ReplicaKey",
  ],
  secret: [
    "aws:secretsmanager/secret:Secret",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws-native:secretsmanager:Secret",
  ],
  bucket: ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws-native:s3:Bucket"],
  "backup vault": [
    "aws:backup/vault:Vault",
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault",
    "aws-native:backup:BackupVault",
    "aws-native:backup:LogicallyAirGappedBackupVault",
  ],
} as const;

export type PreciousKind = keyof typeof PRECIOUS;

const KINDS: ReadonlyMap<string, PreciousKind> = new Map(
  (Object.keys(PRECIOUS) as PreciousKind[]).flatMap((kind) =>
    PRECIOUS[kind].map((type) => [type, kind] as const),
  ),
);

/** What of value a change deletes or replaces; undefined where it does neither, or nothing of value. */
export function preciousKind(change: {
  readonly type: string;
  readonly operation: string;
}): PreciousKind | undefined {
  if (change.operation !== "delete" && change.operation !== "replace") return undefined;
  return KINDS.get(change.type);
}

/** Whether a change deletes or replaces a key, a secret or a bucket. */
export const isPrecious = (change: Parameters<typeof preciousKind>[0]): boolean =>
  preciousKind(change) !== undefined;
