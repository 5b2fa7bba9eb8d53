import * as backup from "../../../policies/rules/backup-vaults";
import * as messaging from "../../../policies/rules/messaging";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  policyData,
  quick,
  resource,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";

const topic = resource("aws:sns/topic:Topic", { kmsMasterKeyId: "alias/messages" });
const nativeTopic = resource("aws-native:sns:Topic", { kmsMasterKeyId: KEY_ARN });
const queue = resource("aws:sqs/queue:Queue", { kmsMasterKeyId: KEY_ARN });
const nativeQueue = resource("aws-native:sqs:Queue", { kmsMasterKeyId: KEY_ARN });
const keys = (own: string) =>
  ({
    "no key": [{ kmsMasterKeyId: undefined }, "has no customer key (kmsMasterKeyId is not set)"],
    "AWS's own key": [{ kmsMasterKeyId: own }, "uses a key that AWS manages (kmsMasterKeyId)"],
  }) as const;

const publish = { Effect: "Allow", Action: "sns:Publish", Resource: "*" };
const inAccount = { StringEquals: { "aws:SourceAccount": ACCOUNT } };
const inOrganization = { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } };
const topicPolicy = resource("aws:sns/topicPolicy:TopicPolicy", {
  policy: policy({ ...publish, Principal: "*", Condition: inAccount }),
});
const nativeTopicPolicy = resource("aws-native:sns:TopicPolicy", {
  policyDocument: policyData({ ...publish, Principal: "*", Condition: inAccount }),
});
const OPEN = messaging.messagingPolicyNotOpen;
const ORGANIZED = messaging.messagingPolicyOwnOrganization;
const other = { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` };

const says = (rule: RuleCases["rule"], title: string, wrong: string, property: string) => [
  `${title} "subject" ${wrong} (${property}, statement 1). ${rule.fix}`,
];

const vault = resource("aws:backup/vault:Vault", { name: "backups", kmsKeyArn: KEY_ARN });
const nativeVault = resource("aws-native:backup:BackupVault", {
  backupVaultName: "backups",
  encryptionKeyArn: KEY_ARN,
  lockConfiguration: { minRetentionDays: 30 },
});
const lock = resource(
  "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
  { backupVaultName: "backups", minRetentionDays: 30 },
  { name: "lock" },
);
const keep = {
  Effect: "Deny",
  Principal: "*",
  Action: ["backup:DeleteRecoveryPoint", "backup:Update*"],
  Resource: "*",
};
const vaultPolicy = (statement: object) =>
  resource(
    "aws:backup/vaultPolicy:VaultPolicy",
    { backupVaultName: "backups", policy: policy(statement) },
    { name: "policy" },
  );
const COMPLIANCE =
  "Set the rule's setting complianceAcknowledged to true, or remove changeableForDays.";
const LOCKED = backup.backupVaultLocked;
const DENIES = backup.backupVaultDeniesDeletion;
const plan = { copyActions: [{ destinationVaultArn: "v" }], lifecycle: { deleteAfter: 35 } };

export const MESSAGING_CASES: readonly RuleCases[] = [
  quick({
    rule: messaging.topicEncrypted,
    aws: topic,
    native: nativeTopic,
    bad: keys("alias/aws/sns"),
    unknown: { kmsMasterKeyId: undefined },
    notApplicable: [resource("aws:sqs/queue:Queue", {})],
  }),
  quick({
    rule: messaging.queueEncrypted,
    aws: queue,
    native: nativeQueue,
    bad: keys("alias/aws/sqs"),
    unknown: { kmsMasterKeyId: undefined },
  }),
  {
    rule: OPEN,
    passes: {
      "everybody for one account": [topicPolicy],
      "everybody for one account, in aws-native": [nativeTopicPolicy],
      "a service in a queue's own policy": [
        resource("aws:sqs/queue:Queue", {
          policy: policy({ ...publish, Action: "sqs:SendMessage", Principal: { Service: "x" } }),
        }),
      ],
      "the organization on a bus": [
        resource("aws:cloudwatch/eventBusPolicy:EventBusPolicy", {
          policy: policy({
            ...publish,
            Action: "events:PutEvents",
            Principal: "*",
            Condition: inOrganization,
          }),
        }),
      ],
    },
    fails: {
      everybody: {
        given: [changed(topicPolicy, { policy: policy({ ...publish, Principal: "*" }) })],
        says: says(OPEN, "TopicPolicy", "lets everybody in", "policy"),
      },
      "every action, in aws-native": {
        given: [
          changed(nativeTopicPolicy, {
            policyDocument: policyData({ ...publish, Action: "sns:*", Principal: other }),
          }),
        ],
        says: says(OPEN, "TopicPolicy", "allows every action", "policyDocument"),
      },
      exclusion: {
        given: [
          changed(topicPolicy, {
            policy: policy({ ...publish, NotPrincipal: other }),
          }),
        ],
        says: says(OPEN, "TopicPolicy", "allows by exclusion", "policy"),
      },
      "everybody in a queue's own policy": {
        given: [
          resource("aws:sqs/queue:Queue", {
            policy: policy({ ...publish, Action: "sqs:SendMessage", Principal: { AWS: ["*"] } }),
          }),
        ],
        says: says(OPEN, "Queue", "lets everybody in", "policy"),
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(topicPolicy, { policy: UNKNOWN })], property: "policy" },
    },
  },
  {
    rule: ORGANIZED,
    passes: {
      "another account of the organization": [
        changed(topicPolicy, {
          policy: policy({ ...publish, Principal: other, Condition: inOrganization }),
        }),
      ],
      "the own account, in aws-native": [
        changed(nativeTopicPolicy, {
          policyDocument: policyData({ ...publish, Principal: { AWS: ACCOUNT } }),
        }),
      ],
    },
    fails: {
      "another account": {
        given: [changed(topicPolicy, { policy: policy({ ...publish, Principal: other }) })],
        says: says(
          ORGANIZED,
          "TopicPolicy",
          "lets another account in without the organization",
          "policy",
        ),
      },
      "another account, in aws-native": {
        given: [
          changed(nativeTopicPolicy, {
            policyDocument: policyData({ ...publish, Principal: other }),
          }),
        ],
        says: says(
          ORGANIZED,
          "TopicPolicy",
          "lets another account in without the organization",
          "policyDocument",
        ),
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(topicPolicy, { policy: UNKNOWN })], property: "policy" },
    },
  },
  quick({
    rule: messaging.topicSubscriptionsEncrypted,
    aws: resource("aws:sns/topicSubscription:TopicSubscription", { protocol: "https" }),
    native: resource("aws-native:sns:Subscription", { protocol: "https" }),
    bad: { "plain HTTP": [{ protocol: "http" }, "delivers over HTTP"] },
    unknown: { protocol: undefined },
  }),
  quick({
    rule: messaging.eventBusGrantsNamed,
    aws: resource("aws:cloudwatch/eventPermission:EventPermission", { principal: OTHER_ACCOUNT }),
    native: resource("aws-native:events:EventBusPolicy", { principal: OTHER_ACCOUNT }),
    alsoGood: {
      "the organization": {
        principal: "*",
        condition: { key: "aws:PrincipalOrgID", type: "StringEquals", value: ORGANIZATION },
      },
    },
    bad: { everybody: [{ principal: "*" }, "lets everybody send events"] },
    nativeBad: {
      everybody: [{ principal: "*" }, "lets everybody send events"],
      "everybody in a statement": [
        { statement: { Effect: "Allow", Principal: { AWS: "*" } } },
        "lets everybody send events",
      ],
    },
    unknown: { principal: undefined },
  }),
  quick({
    rule: backup.backupVaultEncrypted,
    aws: vault,
    native: nativeVault,
    bad: {
      "no key": [{ kmsKeyArn: undefined }, "has no customer key (kmsKeyArn is not set)"],
    },
    nativeBad: {
      "no key": [
        { encryptionKeyArn: undefined },
        "has no customer key (encryptionKeyArn is not set)",
      ],
    },
    unknown: { kmsKeyArn: undefined },
  }),
  {
    rule: LOCKED,
    passes: { "a lock": [vault, lock], "a lock, in aws-native": [nativeVault] },
    fails: {
      "no lock": { given: [vault], says: [`Vault "subject" is not locked. ${LOCKED.fix}`] },
      "no lock, in aws-native": {
        given: [changed(nativeVault, { lockConfiguration: undefined })],
        says: [`BackupVault "subject" is not locked. ${LOCKED.fix}`],
      },
      "no shortest retention": {
        given: [vault, changed(lock, { minRetentionDays: undefined })],
        says: [`Vault "subject" is locked for less than 1 days. ${LOCKED.fix}`],
      },
      "a lock that nobody can undo, too soon": {
        given: [vault, changed(lock, { changeableForDays: 2 })],
        says: [
          `Vault "subject" has a lock that cannot be undone within three days. ${LOCKED.fix}`,
          `Vault "subject" has a lock that nobody can undo, and no setting says that this is wanted. ${COMPLIANCE}`,
        ],
      },
    },
    undetermined: {
      "a lock of an unknown vault": {
        given: [vault, changed(lock, { backupVaultName: UNKNOWN })],
        property: 'vault of "lock"',
      },
      "an unknown retention": {
        given: [vault, changed(lock, { minRetentionDays: UNKNOWN })],
        property: "minRetentionDays",
      },
    },
  },
  {
    rule: DENIES,
    passes: {
      "a Deny": [vault, vaultPolicy(keep)],
      "a Deny for all but one role": [
        vault,
        vaultPolicy({
          ...keep,
          Condition: { ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/x` } },
        }),
      ],
      "a Deny, in aws-native": [changed(nativeVault, { accessPolicy: policyData(keep) })],
    },
    fails: {
      "no policy": {
        given: [vault],
        says: [`Vault "subject" lets recovery points be deleted. ${DENIES.fix}`],
      },
      "a Deny of deletion alone": {
        given: [vault, vaultPolicy({ ...keep, Action: "backup:DeleteRecoveryPoint" })],
        says: [`Vault "subject" lets recovery points be deleted. ${DENIES.fix}`],
      },
      "a Deny for some, in aws-native": {
        given: [changed(nativeVault, { accessPolicy: policyData({ ...keep, Principal: other }) })],
        says: [`BackupVault "subject" lets recovery points be deleted. ${DENIES.fix}`],
      },
    },
    undetermined: {
      "an unknown policy": {
        given: [vault, changed(vaultPolicy(keep), { policy: UNKNOWN })],
        property: "policy",
      },
    },
  },
  quick({
    rule: backup.backupPlanCopies,
    aws: resource("aws:backup/plan:Plan", { rules: [plan] }),
    native: resource("aws-native:backup:BackupPlan", {
      backupPlan: { backupPlanRule: [{ ...plan, lifecycle: { deleteAfterDays: 35 } }] },
    }),
    bad: {
      "no copy": [
        { rules: [{ lifecycle: { deleteAfter: 35 } }] },
        "has a rule that copies nothing",
      ],
      "a week": [
        { rules: [{ ...plan, lifecycle: { deleteAfter: 7 } }] },
        "keeps backups for less than 35 days",
      ],
    },
    nativeBad: {
      "no copy": [{ backupPlan: { backupPlanRule: [{}] } }, "has a rule that copies nothing"],
    },
    unknown: { rules: undefined },
  }),
];
