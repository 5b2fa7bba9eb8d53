import { customerKeyProblems, resourcesOf } from "../model/customer-key";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import type { View } from "../model/values";
import { defineRule } from "./rule";

const trailsOf = resourcesOf(TYPES.trail);

export const trailEverywhere = defineRule<Subject>({
  id: "trail-everywhere",
  catalogue: [82],
  objective: "audit-trail",
  severity: "high",
  checks: "Every trail is on, in all Regions, with the events of global services.",
  why: "Whoever wants not to be seen works in the Region that nobody records.",
  fix: "Set isMultiRegionTrail to true, and leave enableLogging (aws-native: isLogging) and includeGlobalServiceEvents true.",
  corresponds: [
    "CloudTrail.1",
    "CKV_AWS_67",
    "CKV_AWS_251",
    "AWS-0014",
    "cloudtrail_multi_region_enabled",
  ],
  frameworks: { "CIS AWS Foundations": ["4.1"] },
  subjects: trailsOf,
  *check({ resource: { view } }) {
    if (view.boolean("isMultiRegionTrail") !== true) yield { wrong: "records one Region only" };
    if (view.boolean("enableLogging", "isLogging") === false) yield { wrong: "is switched off" };
    if (view.boolean("includeGlobalServiceEvents") === false) {
      yield { wrong: "leaves out global services" };
    }
  },
});

export const trailValidated = defineRule<Subject>({
  id: "trail-validated",
  catalogue: [83],
  objective: "audit-trail",
  severity: "medium",
  checks: "Every trail signs its log files.",
  why: "A changed or removed log file could not be told.",
  fix: "Set enableLogFileValidation to true.",
  corresponds: ["CloudTrail.4", "CKV_AWS_36", "AWS-0016", "cloudtrail_log_file_validation_enabled"],
  frameworks: { "CIS AWS Foundations": ["4.2"] },
  subjects: trailsOf,
  *check({ resource: { view } }) {
    if (view.boolean("enableLogFileValidation") !== true) {
      yield { wrong: "does not sign its log files" };
    }
  },
});

export const trailEncrypted = defineRule<Subject>({
  id: "trail-encrypted",
  catalogue: [84],
  objective: "encryption-at-rest",
  severity: "medium",
  scope: "stack",
  checks: "Every trail encrypts its log files with a customer managed key.",
  why: "Everybody who may read the bucket would read who did what.",
  fix: "Set kmsKeyId to the ARN of a customer managed key.",
  corresponds: ["CloudTrail.2", "CKV_AWS_35", "AWS-0015", "cloudtrail_kms_encryption_enabled"],
  frameworks: { "CIS AWS Foundations": ["4.5"] },
  subjects: trailsOf,
  check: ({ resource }, _settings, stack) => customerKeyProblems(stack, resource, ["kmsKeyId"]),
});

export const trailReachesLogs = defineRule<Subject>({
  id: "trail-reaches-logs",
  catalogue: [85],
  objective: "audit-trail",
  severity: "low",
  checks: "Every trail delivers to CloudWatch Logs.",
  why: "Alarms on calls look there; the files in the bucket come minutes later and wake nobody.",
  fix: "Set cloudWatchLogsGroupArn (aws-native: cloudWatchLogsLogGroupArn) and cloudWatchLogsRoleArn.",
  corresponds: ["CloudTrail.5", "CKV2_AWS_10", "AWS-0162", "cloudtrail_cloudwatch_logging_enabled"],
  subjects: trailsOf,
  *check({ resource: { view } }) {
    if (view.raw("cloudWatchLogsGroupArn", "cloudWatchLogsLogGroupArn") === undefined) {
      yield { wrong: "does not deliver to CloudWatch Logs" };
    }
  },
});

export const trailTellsTopic = defineRule<Subject>({
  id: "trail-tells-topic",
  catalogue: [85],
  objective: "alerting",
  severity: "low",
  level: "advisory",
  checks: "Every trail tells a topic of each new log file.",
  why: "A trail that stopped delivering goes unnoticed.",
  fix: "Set snsTopicName.",
  corresponds: ["CKV_AWS_252"],
  subjects: trailsOf,
  *check({ resource: { view } }) {
    if (view.raw("snsTopicName") === undefined) yield { wrong: "tells no topic" };
  },
});

export const trailRecordsObjects = defineRule<Subject>({
  id: "trail-records-objects",
  catalogue: [87],
  objective: "audit-trail",
  severity: "medium",
  checks: "Every trail records who reads and who writes objects of S3.",
  why: "Who read or overwrote a backup could not be told.",
  fix: "Add an event selector with readWriteType All for AWS::S3::Object.",
  corresponds: [
    "AWS-0171",
    "AWS-0172",
    "CLOUDTRAIL_S3_DATAEVENTS_ENABLED",
    "cloudtrail_s3_dataevents_read_enabled",
    "cloudtrail_s3_dataevents_write_enabled",
  ],
  frameworks: { "CIS AWS Foundations": ["4.8", "4.9"] },
  subjects: trailsOf,
  *check({ resource: { view } }) {
    const recorded = new Set<string>();
    for (const selector of view.objects("eventSelectors")) {
      const objects = selector
        .objects("dataResources")
        .some((one) => one.string("type") === "AWS::S3::Object");
      if (objects) recorded.add((selector.string("readWriteType") ?? "All").toLowerCase());
    }
    for (const selector of view.objects("advancedEventSelectors")) {
      const kind = objectsRecordedBy(selector);
      if (kind !== undefined) recorded.add(kind);
    }
    const all = recorded.has("all") || (recorded.has("readonly") && recorded.has("writeonly"));
    if (!all) yield { wrong: "does not record reads and writes of objects" };
  },
});

/** Whether an advanced selector records all calls on objects, reads only or writes only. */
function objectsRecordedBy(selector: View): "all" | "readonly" | "writeonly" | undefined {
  let objects = false;
  let kind: "all" | "readonly" | "writeonly" = "all";
  for (const field of selector.objects("fieldSelectors")) {
    const equals = field.raw("equals");
    const values = Array.isArray(equals) ? (equals as readonly unknown[]) : [];
    const name = field.string("field");
    if (name === "resources.type") objects = values.includes("AWS::S3::Object");
    if (name === "readOnly") kind = values.includes("true") ? "readonly" : "writeonly";
  }
  return objects ? kind : undefined;
}
