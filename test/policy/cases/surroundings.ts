import * as vaults from "../../../policies/rules/backup-vaults";
import * as keys from "../../../policies/rules/messaging-keys";
import * as trails from "../../../policies/rules/trail-surroundings";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import { documents } from "../document-cases";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  type RuleCases,
  UNKNOWN,
} from "../fixtures";

const trail = resource("aws:cloudtrail/trail:Trail", { s3BucketName: "logs" });
const nativeTrail = resource("aws-native:cloudtrail:Trail", { s3BucketName: "logs" });
const named = (type: string, props: ValueMap, name: string) => resource(type, props, { name });
const flags = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};
const bucket = named("aws:s3/bucket:Bucket", { bucket: "logs" }, "logs");
const privacy = named(
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  { bucket: "logs", ...flags },
  "privacy",
);
const logging = named(
  "aws:s3/bucketLogging:BucketLogging",
  { bucket: "logs", targetBucket: "access" },
  "logging",
);
const says = (rule: RuleCases["rule"], title: string, ...wrong: readonly string[]) =>
  wrong.map((one) => `${title} "subject" ${one}. ${rule.fix}`);
const CLOSED = trails.trailBucketClosed;
const WATCHED = trails.trailWatched;

const filter = (pattern: string, index: number): ResourceInput[] => [
  named(
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    { pattern, metricTransformation: { name: `m${index}`, namespace: "n", value: "1" } },
    `filter-${index}`,
  ),
  named("aws:cloudwatch/metricAlarm:MetricAlarm", { metricName: `m${index}` }, `alarm-${index}`),
];
const PATTERNS = [
  '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
  '{ $.userIdentity.type = "Root" }',
  "{ ($.eventName = PutRolePolicy) || ($.eventName = AttachRolePolicy) }",
  "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }",
  "{ ($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion) }",
  "{ ($.eventName = PutBucketPolicy) || ($.eventName = DeleteBucketPolicy) }",
  "{ $.eventSource = organizations.amazonaws.com }",
];
const all = PATTERNS.flatMap(filter);
const route = named(
  "aws:cloudwatch/eventRule:EventRule",
  {
    eventPattern: JSON.stringify({
      source: ["aws.kms"],
      "detail-type": ["AWS API Call via CloudTrail"],
      detail: { eventName: ["ScheduleKeyDeletion"] },
    }),
  },
  "route",
);
const NOBODY = "is made where nobody hears of";

const topic = resource("aws:sns/topic:Topic", { kmsMasterKeyId: KEY_ARN, arn: "arn:topic" });
const nativeTopic = resource("aws-native:sns:Topic", {
  kmsMasterKeyId: KEY_ARN,
  topicArn: "arn:topic",
});
const use = (service: string): ValueMap => ({
  Effect: "Allow",
  Principal: { Service: `${service}.amazonaws.com` },
  Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
  Resource: "*",
});
const key = (...statements: readonly ValueMap[]) =>
  named("aws:kms/key:Key", { arn: KEY_ARN, policy: policy(...statements) }, "key");
const nativeKey = (...statements: readonly ValueMap[]) =>
  named("aws-native:kms:Key", { arn: KEY_ARN, keyPolicy: policyData(...statements) }, "key");
const alarm = named(
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  { alarmActions: ["arn:topic"] },
  "alarm",
);
const target = named("aws:cloudwatch/eventTarget:EventTarget", { arn: "arn:topic" }, "target");
const LETS = keys.messagingKeyLetsServicesIn;
const SHUT = (service: string) => `has a key that ${service}.amazonaws.com may not use`;

const rotator = resource("aws:lambda/function:Function", { name: "rotator", timeout: 60 });
const nativeRotator = resource("aws-native:lambda:Function", {
  functionName: "rotator",
  timeout: 60,
});
const permission = named(
  "aws:lambda/permission:Permission",
  { principal: "secretsmanager.amazonaws.com", function: "rotator" },
  "permission",
);
const SLOW = (title: string) => [
  `${title} "subject" may run longer than 300 seconds. Set timeout to 300 seconds or less.`,
];

const plan = resource("aws:backup/plan:Plan", { rules: [] });
const nativePlan = resource("aws-native:backup:BackupPlan", { backupPlan: {} });
const test = (props: ValueMap = {}) =>
  named("aws:backup/restoreTestingPlan:RestoreTestingPlan", props, "test");
const copyInto = (principal: ValueMap[string], Condition?: ValueMap): ValueMap => ({
  Effect: "Allow",
  Principal: principal,
  Action: "backup:CopyIntoBackupVault",
  Resource: "*",
  ...(Condition === undefined ? {} : { Condition }),
});
const organized = { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } };
const WITHOUT = "lets other accounts in without the organization";

export const SURROUNDING_CASES: readonly RuleCases[] = [
  {
    rule: CLOSED,
    passes: {
      "a private bucket that is logged": [trail, bucket, privacy, logging],
      "a private bucket that is logged, in aws-native": [
        nativeTrail,
        named(
          "aws-native:s3:Bucket",
          {
            bucketName: "logs",
            publicAccessBlockConfiguration: flags,
            loggingConfiguration: { destinationBucketName: "access" },
          },
          "logs",
        ),
      ],
      "a bucket of another account": [trail],
    },
    fails: {
      "a bare bucket": {
        given: [trail, bucket],
        says: says(
          CLOSED,
          "Trail",
          "writes to a bucket that may be public",
          "writes to a bucket whose use is not logged",
        ),
      },
      "one flag off": {
        given: [trail, bucket, changed(privacy, { blockPublicAcls: false }), logging],
        says: says(CLOSED, "Trail", "writes to a bucket that may be public"),
      },
      "not logged, in aws-native": {
        given: [nativeTrail, bucket, privacy],
        says: says(CLOSED, "Trail", "writes to a bucket whose use is not logged"),
      },
    },
    undetermined: {
      "an unknown bucket": {
        given: [changed(trail, { s3BucketName: UNKNOWN })],
        property: "s3BucketName",
      },
      "an unknown flag": {
        given: [trail, bucket, changed(privacy, { blockPublicAcls: UNKNOWN }), logging],
        property: "blockPublicAcls",
      },
    },
  },
  {
    rule: WATCHED,
    passes: {
      "a filter and an alarm for each": [trail, ...all],
      "a filter and an alarm for each, in aws-native": [nativeTrail, ...all],
      "an event rule in place of a filter": [
        trail,
        ...PATTERNS.filter((pattern) => !pattern.includes("ScheduleKeyDeletion")).flatMap(filter),
        route,
      ],
    },
    fails: {
      "one filter missing": {
        given: [trail, ...PATTERNS.slice(1).flatMap(filter)],
        says: says(WATCHED, "Trail", `${NOBODY} unauthorized calls`),
      },
      "a filter without an alarm": {
        given: [nativeTrail, ...all.filter(({ name }) => name !== "alarm-1")],
        says: says(WATCHED, "Trail", `${NOBODY} use of the root user`),
      },
      "a filter for half of it": {
        given: [
          trail,
          ...all.filter(({ name }) => name !== "filter-3"),
          ...filter("{ $.eventName = StopLogging }", 3).slice(0, 1),
        ],
        says: says(WATCHED, "Trail", `${NOBODY} changes of trails`),
      },
    },
    undetermined: {
      "an unknown pattern": {
        given: [
          trail,
          ...all.map((one) => (one.name === "filter-0" ? changed(one, { pattern: UNKNOWN }) : one)),
        ],
        property: "pattern",
      },
    },
  },
  {
    rule: LETS,
    passes: {
      "a key that both services may use": [
        topic,
        key(use("cloudwatch"), use("events")),
        alarm,
        target,
      ],
      "the same in aws-native": [nativeTopic, nativeKey(use("cloudwatch")), alarm],
      "a topic that no service sends to": [topic, key()],
      "a key of another stack": [topic, alarm],
    },
    fails: {
      "alarms shut out": {
        given: [topic, key(use("events")), alarm],
        says: says(LETS, "Topic", SHUT("cloudwatch")),
      },
      "events shut out, in aws-native": {
        given: [nativeTopic, nativeKey(use("cloudwatch")), target],
        says: says(LETS, "Topic", SHUT("events")),
      },
      "decryption alone": {
        given: [topic, key({ ...use("cloudwatch"), Action: "kms:Decrypt" }), alarm],
        says: says(LETS, "Topic", SHUT("cloudwatch")),
      },
    },
    undetermined: {
      "an unknown key policy": {
        given: [topic, changed(key(), { policy: UNKNOWN }), alarm],
        property: "policy",
      },
    },
  },
  {
    rule: keys.lambdaRotationEndsInTime,
    passes: {
      "a minute": [rotator, permission],
      "a minute, in aws-native": [nativeRotator, { ...permission }],
      "nothing said: three seconds": [changed(rotator, { timeout: undefined }), permission],
    },
    fails: {
      "a quarter of an hour": {
        given: [changed(rotator, { timeout: 900 }), permission],
        says: SLOW("Function"),
      },
      "a quarter of an hour, in aws-native": {
        given: [changed(nativeRotator, { timeout: 900 }), permission],
        says: SLOW("Function"),
      },
    },
    undetermined: {
      "an unknown time": {
        given: [changed(rotator, { timeout: UNKNOWN }), permission],
        property: "timeout",
      },
    },
    notApplicable: [rotator],
  },
  documents({
    rule: vaults.backupVaultCopiesWithin,
    at: {
      type: "aws:backup/vaultPolicy:VaultPolicy",
      property: "policy",
      rest: { backupVaultName: "v" },
    },
    native: { type: "aws-native:backup:BackupVault", property: "accessPolicy" },
    good: {
      "everybody of the organization": copyInto("*", organized),
      "a role of the account": copyInto({ AWS: ROLE_ARN }),
      "a Deny for everybody": { ...copyInto("*"), Effect: "Deny" },
    },
    bad: {
      everybody: [copyInto("*"), WITHOUT],
      "another account": [copyInto({ AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }), WITHOUT],
      "any organization": [copyInto("*", { StringLike: { "aws:PrincipalOrgID": "o-*" } }), WITHOUT],
      "one account's principals": [
        copyInto("*", { StringEquals: { "aws:PrincipalAccount": ACCOUNT } }),
        WITHOUT,
      ],
    },
  }),
  {
    rule: vaults.backupRestoreTested,
    passes: { "a test": [plan, test()], "a test, in aws-native": [nativePlan, test()] },
    fails: {
      "no test": {
        given: [plan],
        says: says(vaults.backupRestoreTested, "Plan", "makes backups that nobody tests"),
      },
      "no test, in aws-native": {
        given: [nativePlan],
        says: says(vaults.backupRestoreTested, "BackupPlan", "makes backups that nobody tests"),
      },
    },
    undetermined: {
      "a test of an unknown schedule": {
        given: [plan, test({ scheduleExpression: UNKNOWN })],
        property: "scheduleExpression",
      },
    },
  },
];
