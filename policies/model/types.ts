/** Type tokens, as texts: importing the SDK would cost a pack's process 100 MB and a second. */
const aws = (path: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `aws:${path}/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`);
const native = (service: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `aws-native:${service}:${name}`);

export const TYPES = {
  kmsKey: [...aws("kms", "Key"), ...native("kms", "Key")],
  kmsReplicaKey: [...aws("kms", "ReplicaKey"), ...native("kms", "ReplicaKey")],
  kmsExternalKey: aws("kms", "ExternalKey", "ReplicaExternalKey"),
  kmsKeyPolicy: aws("kms", "KeyPolicy"),

  secret: [...aws("secretsmanager", "Secret"), ...native("secretsmanager", "Secret")],
  secretPolicy: [
    ...aws("secretsmanager", "SecretPolicy"),
    ...native("secretsmanager", "ResourcePolicy"),
  ],
  secretVersion: aws("secretsmanager", "SecretVersion"),
  secretRotation: [
    ...aws("secretsmanager", "SecretRotation"),
    ...native("secretsmanager", "RotationSchedule"),
  ],

  role: [...aws("iam", "Role"), ...native("iam", "Role")],
  managedPolicy: [...aws("iam", "Policy"), ...native("iam", "ManagedPolicy")],
  inlinePolicy: [
    ...aws("iam", "RolePolicy", "UserPolicy", "GroupPolicy"),
    ...native("iam", "RolePolicy", "UserPolicy", "GroupPolicy"),
  ],
  policyAttachment: aws(
    "iam",
    "RolePolicyAttachment",
    "UserPolicyAttachment",
    "GroupPolicyAttachment",
    "PolicyAttachment",
    "RolePolicyAttachmentsExclusive",
    "UserPolicyAttachmentsExclusive",
    "GroupPolicyAttachmentsExclusive",
  ),
  group: [...aws("iam", "Group"), ...native("iam", "Group")],
  /** Identities and credentials that last: what roles are there to replace. */
  user: [...aws("iam", "User"), ...native("iam", "User")],
  userCredential: aws(
    "iam",
    "AccessKey",
    "UserLoginProfile",
    "ServiceSpecificCredential",
    "SshKey",
    "SigningCertificate",
  ),

  bucket: [...aws("s3", "Bucket", "BucketV2"), ...native("s3", "Bucket")],
  bucketVersioning: aws("s3", "BucketVersioning", "BucketVersioningV2"),
  bucketObjectLock: aws("s3", "BucketObjectLockConfiguration", "BucketObjectLockConfigurationV2"),
  bucketEncryption: aws(
    "s3",
    "BucketServerSideEncryptionConfiguration",
    "BucketServerSideEncryptionConfigurationV2",
  ),
  bucketPublicAccessBlock: aws("s3", "BucketPublicAccessBlock"),
  bucketOwnership: aws("s3", "BucketOwnershipControls"),
  bucketPolicy: [...aws("s3", "BucketPolicy"), ...native("s3", "BucketPolicy")],
  bucketReplication: aws("s3", "BucketReplicationConfig"),
  bucketLogging: aws("s3", "BucketLogging", "BucketLoggingV2"),
} as const satisfies Record<string, readonly string[]>;
