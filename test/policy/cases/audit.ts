import * as events from "../../../policies/rules/events";
import * as logs from "../../../policies/rules/logs";
import * as trails from "../../../policies/rules/trails";
import { ACCOUNT, KEY_ARN, policy, quick, resource, UNKNOWN, type RuleCases } from "../fixtures";

const objects = (readWriteType: string) => [
  { readWriteType, dataResources: [{ type: "AWS::S3::Object", values: ["arn:aws:s3"] }] },
];
const trail = resource("aws:cloudtrail/trail:Trail", {
  isMultiRegionTrail: true,
  enableLogFileValidation: true,
  kmsKeyId: KEY_ARN,
  cloudWatchLogsGroupArn: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:trail:*`,
  snsTopicName: "trail",
  eventSelectors: objects("All"),
});
const nativeTrail = resource("aws-native:cloudtrail:Trail", {
  isMultiRegionTrail: true,
  isLogging: true,
  enableLogFileValidation: true,
  kmsKeyId: KEY_ARN,
  cloudWatchLogsLogGroupArn: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:trail:*`,
  snsTopicName: "trail",
  eventSelectors: objects("All"),
});
const advanced = (...fields: readonly object[]) => ({
  eventSelectors: undefined,
  advancedEventSelectors: [{ fieldSelectors: fields as never }],
});
const OF_OBJECTS = { field: "resources.type", equals: ["AWS::S3::Object"] };
const READS_AND_WRITES = "does not record reads and writes of objects";

const group = resource("aws:cloudwatch/logGroup:LogGroup", {
  name: "audit",
  kmsKeyId: KEY_ARN,
  retentionInDays: 400,
});
const nativeGroup = resource("aws-native:logs:LogGroup", {
  logGroupName: "audit",
  kmsKeyId: KEY_ARN,
  retentionInDays: 400,
});
const ALIAS = "names its key by something else than the full key ARN (kmsKeyId)";
const alarm = resource("aws:cloudwatch/metricAlarm:MetricAlarm", { alarmActions: ["topic"] });
const nativeAlarm = resource("aws-native:cloudwatch:Alarm", { alarmActions: ["topic"] });
const logLine = {
  Effect: "Allow",
  Principal: "*",
  Action: "logs:PutLogEvents",
  Resource: "*",
};
const open = policy(logLine);
const bounded = policy({
  ...logLine,
  Condition: { StringEquals: { "aws:SourceAccount": ACCOUNT } },
});

const RULE = "aws:cloudwatch/eventRule:EventRule";
const NATIVE_RULE = "aws-native:events:Rule";
const pattern = (source: string, ...eventName: readonly string[]) => ({
  source: [source],
  "detail-type": ["AWS API Call via CloudTrail"],
  ...(eventName.length === 0 ? {} : { detail: { eventName } }),
});
const ON_KEYS = ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"];
const eventRule = resource(RULE, { eventPattern: JSON.stringify(pattern("aws.kms", ...ON_KEYS)) });
const nativeRule = resource(NATIVE_RULE, { eventPattern: pattern("aws.kms", ...ON_KEYS) });
const reads = pattern("aws.secretsmanager", "GetSecretValue");
const ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
const delivery = { deadLetterConfig: { arn: "queue" }, retryPolicy: { maximumRetryAttempts: 9 } };
const target = resource("aws:cloudwatch/eventTarget:EventTarget", { rule: "r", ...delivery });
const nativeTarget = resource(NATIVE_RULE, { targets: [{ id: "t", ...delivery }] });

export const AUDIT_CASES: readonly RuleCases[] = [
  quick({
    rule: trails.trailEverywhere,
    aws: trail,
    native: nativeTrail,
    bad: {
      "one Region": [{ isMultiRegionTrail: undefined }, "records one Region only"],
      "switched off": [{ enableLogging: false, isLogging: false }, "is switched off"],
      "no global services": [{ includeGlobalServiceEvents: false }, "leaves out global services"],
    },
    unknown: { isMultiRegionTrail: undefined, enableLogging: undefined },
  }),
  quick({
    rule: trails.trailValidated,
    aws: trail,
    native: nativeTrail,
    bad: { "no signature": [{ enableLogFileValidation: false }, "does not sign its log files"] },
    unknown: { enableLogFileValidation: undefined },
  }),
  quick({
    rule: trails.trailEncrypted,
    aws: trail,
    native: nativeTrail,
    bad: {
      "no key": [{ kmsKeyId: undefined }, "has no customer key (kmsKeyId is not set)"],
      "an alias": [{ kmsKeyId: "alias/trail" }, ALIAS],
    },
    unknown: { kmsKeyId: undefined },
  }),
  quick({
    rule: trails.trailReachesLogs,
    aws: trail,
    native: nativeTrail,
    alsoGood: { "a group that is not made yet": { cloudWatchLogsGroupArn: UNKNOWN } },
    bad: {
      "no log group": [
        { cloudWatchLogsGroupArn: undefined, cloudWatchLogsLogGroupArn: undefined },
        "does not deliver to CloudWatch Logs",
      ],
    },
    unknown: {},
  }),
  quick({
    rule: trails.trailTellsTopic,
    aws: trail,
    native: nativeTrail,
    bad: { "no topic": [{ snsTopicName: undefined }, "tells no topic"] },
    unknown: {},
  }),
  quick({
    rule: trails.trailRecordsObjects,
    aws: trail,
    native: nativeTrail,
    alsoGood: {
      "an advanced selector": advanced(OF_OBJECTS),
      "reads and writes apart": {
        eventSelectors: [...objects("ReadOnly"), ...objects("WriteOnly")],
      },
    },
    bad: {
      "no selector": [{ eventSelectors: undefined }, READS_AND_WRITES],
      "writes alone": [{ eventSelectors: objects("WriteOnly") }, READS_AND_WRITES],
      "reads alone, advanced": [
        advanced(OF_OBJECTS, { field: "readOnly", equals: ["true"] }),
        READS_AND_WRITES,
      ],
      "functions alone, advanced": [
        advanced({ field: "resources.type", equals: ["AWS::Lambda::Function"] }),
        READS_AND_WRITES,
      ],
    },
    unknown: { eventSelectors: undefined },
  }),
  quick({
    rule: logs.logGroupEncrypted,
    aws: group,
    native: nativeGroup,
    bad: {
      "no key": [{ kmsKeyId: undefined }, "has no customer key (kmsKeyId is not set)"],
      "an alias": [{ kmsKeyId: "alias/logs" }, ALIAS],
    },
    unknown: { kmsKeyId: undefined },
  }),
  quick({
    rule: logs.logGroupKept,
    aws: group,
    native: nativeGroup,
    set: "Set retentionInDays to 365 or more (0 for ever).",
    alsoGood: { "for ever": { retentionInDays: 0 } },
    bad: {
      "nothing said": [{ retentionInDays: undefined }, "does not say how long it is kept"],
      "a month": [{ retentionInDays: 30 }, "is kept for less than 365 days"],
    },
    unknown: { retentionInDays: undefined },
  }),
  quick({
    rule: logs.logPolicyNotOpen,
    aws: resource("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", {
      policyDocument: bounded,
    }),
    native: resource("aws-native:logs:ResourcePolicy", { policyDocument: bounded }),
    bad: {
      everybody: [{ policyDocument: open }, "lets everybody in (policyDocument, statement 1)"],
    },
    unknown: { policyDocument: undefined },
  }),
  quick({
    rule: logs.alarmTellsSomebody,
    aws: alarm,
    native: nativeAlarm,
    alsoGood: { "a topic that is not made yet": { alarmActions: UNKNOWN } },
    bad: {
      "no action": [{ alarmActions: [] }, "tells nobody"],
      "actions switched off": [{ actionsEnabled: false }, "has its actions switched off"],
    },
    unknown: { actionsEnabled: undefined },
  }),
  quick({
    rule: events.tamperingWatched,
    aws: eventRule,
    native: nativeRule,
    alsoGood: {
      "every call": { eventPattern: JSON.stringify(pattern("aws.kms")) },
      "reads alone": { eventPattern: JSON.stringify(reads) },
      "other events": {
        eventPattern: JSON.stringify({ source: ["aws.kms"], "detail-type": ["KMS CMK Rotation"] }),
      },
    },
    bad: {
      "a call left out": [
        { eventPattern: JSON.stringify(pattern("aws.kms", "PutKeyPolicy", "DisableKey")) },
        "does not watch ScheduleKeyDeletion of aws.kms",
      ],
    },
    nativeBad: {
      "two calls left out": [
        { eventPattern: pattern("aws.kms", "PutKeyPolicy") },
        "does not watch DisableKey, ScheduleKeyDeletion of aws.kms",
      ],
    },
    unknown: { eventPattern: undefined },
  }),
  quick({
    rule: events.eventRuleSeesReads,
    aws: resource(RULE, { eventPattern: JSON.stringify(reads), state: ALL }),
    native: resource(NATIVE_RULE, { eventPattern: reads, state: ALL }),
    alsoGood: {
      "changes alone": {
        eventPattern: JSON.stringify(pattern("aws.kms", "DisableKey")),
        state: "ENABLED",
      },
      "a bus of one's own": { eventBusName: "strongroom", state: "ENABLED" },
    },
    bad: {
      "the usual state": [{ state: "ENABLED" }, "waits for calls that it does not receive"],
      "nothing said": [{ state: undefined }, "waits for calls that it does not receive"],
    },
    unknown: { eventPattern: undefined, state: undefined },
  }),
  quick({
    rule: events.eventTargetKeepsFailures,
    aws: target,
    native: nativeTarget,
    bad: {
      "no queue": [{ deadLetterConfig: undefined }, "loses events that it cannot deliver"],
      "no policy": [{ retryPolicy: undefined }, "does not say how often it tries"],
    },
    nativeBad: {
      "no queue": [
        { targets: [{ id: "t", retryPolicy: {} }] },
        "loses events that it cannot deliver",
      ],
      "no policy in the second": [
        { targets: [{ ...delivery }, { deadLetterConfig: { arn: "q" } }] },
        "does not say how often it tries",
      ],
    },
    unknown: { deadLetterConfig: undefined, retryPolicy: undefined },
  }),
];
