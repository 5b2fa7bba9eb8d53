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
  kmsGrant: aws("kms", "Grant"),
  kmsAlias: [...aws("kms", "Alias"), ...native("kms", "Alias")],

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
  groupMembership: [
    ...aws("iam", "GroupMembership", "UserGroupMembership"),
    ...native("iam", "UserToGroupAddition"),
  ],
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
  bucketLifecycle: aws("s3", "BucketLifecycleConfiguration", "BucketLifecycleConfigurationV2"),
  bucketNotification: aws("s3", "BucketNotification"),
  bucketAcl: aws("s3", "BucketAcl", "BucketAclV2"),
  bucketObject: aws("s3", "BucketObject", "BucketObjectv2", "ObjectCopy"),

  analyzer: [...aws("accessanalyzer", "Analyzer"), ...native("accessanalyzer", "Analyzer")],

  topic: [...aws("sns", "Topic"), ...native("sns", "Topic")],
  topicPolicy: [...aws("sns", "TopicPolicy"), ...native("sns", "TopicPolicy", "TopicInlinePolicy")],
  topicSubscription: [...aws("sns", "TopicSubscription"), ...native("sns", "Subscription")],
  queue: [...aws("sqs", "Queue"), ...native("sqs", "Queue")],
  queuePolicy: [...aws("sqs", "QueuePolicy"), ...native("sqs", "QueuePolicy", "QueueInlinePolicy")],

  eventBus: [...aws("cloudwatch", "EventBus"), ...native("events", "EventBus")],
  eventBusPolicy: aws("cloudwatch", "EventBusPolicy"),
  eventRule: [...aws("cloudwatch", "EventRule"), ...native("events", "Rule")],
  eventTarget: aws("cloudwatch", "EventTarget"),
  logGroup: [...aws("cloudwatch", "LogGroup"), ...native("logs", "LogGroup")],
  metricAlarm: [...aws("cloudwatch", "MetricAlarm"), ...native("cloudwatch", "Alarm")],
  logMetricFilter: [...aws("cloudwatch", "LogMetricFilter"), ...native("logs", "MetricFilter")],
  trail: [...aws("cloudtrail", "Trail"), ...native("cloudtrail", "Trail")],

  function: [...aws("lambda", "Function"), ...native("lambda", "Function")],
  functionPermission: [...aws("lambda", "Permission"), ...native("lambda", "Permission")],
  functionUrl: [...aws("lambda", "FunctionUrl"), ...native("lambda", "Url")],
  functionDestination: [
    ...aws("lambda", "FunctionEventInvokeConfig"),
    ...native("lambda", "EventInvokeConfig"),
  ],
  stateMachine: [...aws("sfn", "StateMachine"), ...native("stepfunctions", "StateMachine")],
  buildProject: [...aws("codebuild", "Project"), ...native("codebuild", "Project")],
  glueEndpoint: [...aws("glue", "DevEndpoint"), ...native("glue", "DevEndpoint")],
  cloudFormationStack: [...aws("cloudformation", "Stack"), ...native("cloudformation", "Stack")],
  notebook: [...aws("sagemaker", "NotebookInstance"), ...native("sagemaker", "NotebookInstance")],
  eventSourceMapping: [
    ...aws("lambda", "EventSourceMapping"),
    ...native("lambda", "EventSourceMapping"),
  ],

  backupVault: [
    ...aws("backup", "Vault", "LogicallyAirGappedVault"),
    ...native("backup", "BackupVault", "LogicallyAirGappedBackupVault"),
  ],
  backupVaultLock: aws("backup", "VaultLockConfiguration"),
  backupVaultPolicy: aws("backup", "VaultPolicy"),
  restoreTestingPlan: [
    ...aws("backup", "RestoreTestingPlan"),
    ...native("backup", "RestoreTestingPlan"),
  ],
  backupPlan: [...aws("backup", "Plan"), ...native("backup", "BackupPlan")],
} as const satisfies Record<string, readonly string[]>;
