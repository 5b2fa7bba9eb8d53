/** An EventBridge pattern, as data. */
export type EventPattern = Readonly<Record<string, unknown>>;

const calls = (source: string, eventSource: string, eventNames: readonly string[]) => ({
  source: [source],
  "detail-type": ["AWS API Call via CloudTrail"],
  detail: { eventSource: [eventSource], eventName: eventNames },
});

/** Whatever changes a secret: its value, its stages, its life, who may use it. CloudTrail leaves the value out. */
export const SECRET_CHANGES: EventPattern = {
  source: ["aws.secretsmanager"],
  "detail-type": ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"],
  detail: {
    eventSource: ["secretsmanager.amazonaws.com"],
    eventName: [
      "CancelRotateSecret",
      "CreateSecret",
      "DeleteResourcePolicy",
      "DeleteSecret",
      "EndSecretVersionDelete",
      "PutResourcePolicy",
      "PutSecretValue",
      "RemoveRegionsFromReplication",
      "ReplicateSecretToRegions",
      "RestoreSecret",
      "RotateSecret",
      "RotationFailed",
      "RotationSucceeded",
      "StopReplicationToReplica",
      "TagResource",
      "UntagResource",
      "UpdateSecret",
      "UpdateSecretVersionStage",
    ],
  },
};

/** Who reads which secret: read-only management events, which only a rule in a state of its own receives. */
export const SECRET_READS: EventPattern = calls(
  "aws.secretsmanager",
  "secretsmanager.amazonaws.com",
  ["BatchGetSecretValue", "GetSecretValue"],
);

const KEY_TAMPERING = [
  "DeleteAlias",
  "DisableKey",
  "DisableKeyRotation",
  "PutKeyPolicy",
  "ScheduleKeyDeletion",
  "TagResource",
  "UntagResource",
  "UpdateAlias",
];

/** What weakens a key of the account, and every alarm of Strongroom that goes off. */
export const MEMBER_SIGNALS: EventPattern = {
  $or: [
    calls("aws.kms", "kms.amazonaws.com", KEY_TAMPERING),
    {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { alarmName: [{ prefix: "strongroom-" }], state: { value: ["ALARM"] } },
    },
  ],
};

/** What weakens the vault's keys, buckets or event paths. Deletions of objects are data events: the bucket's log has them. */
export const VAULT_SIGNALS: EventPattern = {
  $or: [
    calls("aws.kms", "kms.amazonaws.com", KEY_TAMPERING),
    calls("aws.s3", "s3.amazonaws.com", [
      "DeleteBucket",
      "DeleteBucketEncryption",
      "DeleteBucketLifecycle",
      "DeleteBucketPolicy",
      "DeleteBucketPublicAccessBlock",
      "DeleteBucketReplication",
      "PutBucketEncryption",
      "PutBucketLifecycle",
      "PutBucketLogging",
      "PutBucketObjectLockConfiguration",
      "PutBucketOwnershipControls",
      "PutBucketPolicy",
      "PutBucketPublicAccessBlock",
      "PutBucketReplication",
      "PutBucketVersioning",
    ]),
    calls("aws.events", "events.amazonaws.com", [
      "DeleteEventBus",
      "DeleteRule",
      "DisableRule",
      "PutPermission",
      "RemovePermission",
      "RemoveTargets",
    ]),
  ],
};

/** Events on the vault's bus that ask for a backup. */
export const BUS_CHANGES = SECRET_CHANGES;

/** Events on the vault's bus that a person should see. */
export const BUS_SIGNALS = MEMBER_SIGNALS;
