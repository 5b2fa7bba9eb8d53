import { bucketName, NAMES } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument, type Statement } from "./document";
import { trustService } from "./trust";

/** Every byte travels encrypted, by TLS 1.2 or later. */
function tlsOnly(bucket: string): Statement[] {
  const everything = [bucket, `${bucket}/*`];
  return [
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: "s3:*",
      Resource: everything,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "ModernTlsOnly",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: "s3:*",
      Resource: everything,
      Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
    },
  ];
}

/** No statement that is added later can open the bucket to another organization. */
function onlyThisOrganization(bucket: string, organizationId: string): Statement {
  return {
    Sid: "NobodyOutsideTheOrganization",
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: "s3:*",
    Resource: [bucket, `${bucket}/*`],
    Condition: {
      StringNotEquals: { "aws:PrincipalOrgID": organizationId },
      Bool: { "aws:PrincipalIsAWSService": "false" },
    },
  };
}

/**
 * Nobody names a key: the bucket's default key then encrypts each object. So the document needs no key ARN, which is not
 * known before the key exists, and a stranger's key (an alias is looked up in the caller's account) has no way in.
 */
function bucketKeyOnly(bucket: string): Statement[] {
  const deny = (sid: string, condition: Statement["Condition"]): Statement => ({
    Sid: sid,
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: "s3:PutObject",
    Resource: `${bucket}/*`,
    ...(condition === undefined ? {} : { Condition: condition }),
  });
  return [
    deny("NoOtherKey", {
      Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
    }),
    // Where nothing is asked for, the key is absent. A negated operator, with IfExists or without, would match that too.
    deny("NoOtherEncryption", {
      Null: { "s3:x-amz-server-side-encryption": "false" },
      StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
    }),
    deny("NoCustomerProvidedKey", {
      Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
    }),
  ];
}

/** What removes a backup, weakens its lock, or turns off what protects it. */
export const BACKUP_TAMPERING_ACTIONS = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutBucketOwnershipControls",
  "s3:PutBucketPolicy",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketVersioning",
  "s3:PutEncryptionConfiguration",
  "s3:PutLifecycleConfiguration",
  "s3:PutReplicationConfiguration",
];

/**
 * The policy of a backup bucket. Once it is in place nobody deletes, unlocks or re-configures the bucket, Strongroom's own
 * stamper included, except the break-glass role, which Strongroom never makes: an administrator of the vault account
 * makes it when it is needed, and that is the second decision. Raising the retention needs it too, as AWS has no condition
 * that tells raising from shortening.
 */
export function backupBucketPolicy(spec: VaultSpec, place: Place, region: string): PolicyDocument {
  const bucket = arns.bucket(
    place,
    bucketName("backup", spec.accountId, region, spec.organizationId),
  );
  return policy(
    ...tlsOnly(bucket),
    onlyThisOrganization(bucket, spec.organizationId),
    ...bucketKeyOnly(bucket),
    {
      Sid: "NoDeletionNoUnlocking",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: BACKUP_TAMPERING_ACTIONS,
      Resource: [bucket, `${bucket}/*`],
      Condition: {
        ArnNotEquals: { "aws:PrincipalArn": arns.role(place, NAMES.breakGlassRole) },
      },
    },
  );
}

/** The policy of the bucket with the access logs of a Region's backup bucket: S3 writes, for that bucket only. */
export function logBucketPolicy(spec: VaultSpec, place: Place, region: string): PolicyDocument {
  const name = (purpose: "backup" | "logs") =>
    arns.bucket(place, bucketName(purpose, spec.accountId, region, spec.organizationId));
  const bucket = name("logs");
  return policy(
    {
      Sid: "AccessLogs",
      Effect: "Allow",
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: `${bucket}/${ACCESS_LOG_PREFIX}*`,
      Condition: {
        StringEquals: { "aws:SourceAccount": spec.accountId },
        ArnLike: { "aws:SourceArn": name("backup") },
      },
    },
    ...tlsOnly(bucket),
    onlyThisOrganization(bucket, spec.organizationId),
    {
      Sid: "NoDeletion",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: ["s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion"],
      Resource: [bucket, `${bucket}/*`],
      Condition: {
        ArnNotEquals: { "aws:PrincipalArn": arns.role(place, NAMES.breakGlassRole) },
      },
    },
  );
}

/** Where the access logs of a backup bucket lie in the log bucket. */
export const ACCESS_LOG_PREFIX = "access/";

/** S3 assumes the replication role, for the primary backup bucket only. */
export function replicationTrust(spec: VaultSpec, place: Place): PolicyDocument {
  const source = arns.bucket(
    place,
    bucketName("backup", spec.accountId, spec.primaryRegion, spec.organizationId),
  );
  return trustService("s3", {
    StringEquals: { "aws:SourceAccount": spec.accountId },
    ArnLike: { "aws:SourceArn": source },
  });
}

/** Copies versions and locks to the recovery Region; cannot copy a deletion. No backup has tags. */
export function replicationPolicy(spec: VaultSpec, place: Place): PolicyDocument {
  const bucket = (region: string) =>
    arns.bucket(place, bucketName("backup", spec.accountId, region, spec.organizationId));
  const source = bucket(spec.primaryRegion);
  const copy = bucket(spec.recoveryRegion);
  const key = (sid: string, region: string, of: string, actions: readonly string[]): Statement => ({
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: arns.key(place, region),
    Condition: {
      StringEquals: {
        [`aws:ResourceTag/${NAMES.purposeTag}`]: "backup",
        "aws:ResourceAccount": place.accountId,
        "kms:ViaService": `s3.${region}.amazonaws.com`,
      },
      // With a bucket key S3 gives the bucket as the context, without one the object.
      ArnLike: { "kms:EncryptionContext:aws:s3:arn": [of, `${of}/*`] },
    },
  });
  const ours = { StringEquals: { "aws:ResourceAccount": place.accountId } };
  return policy(
    {
      Sid: "Source",
      Effect: "Allow",
      Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      Resource: source,
      Condition: ours,
    },
    {
      Sid: "ReadVersions",
      Effect: "Allow",
      Action: [
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionForReplication",
      ],
      Resource: `${source}/*`,
      Condition: ours,
    },
    {
      Sid: "WriteCopies",
      Effect: "Allow",
      Action: "s3:ReplicateObject",
      Resource: `${copy}/*`,
      Condition: ours,
    },
    key("ReadKey", spec.primaryRegion, source, ["kms:Decrypt"]),
    key("CopyKey", spec.recoveryRegion, copy, ["kms:Encrypt", "kms:GenerateDataKey"]),
  );
}
