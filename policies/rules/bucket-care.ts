import { bucketNamed, bucketsOf, isLogBucket, type Bucket } from "../model/bucket";
import type { Stack } from "../model/stack";
import { each, type Subject } from "../model/subject";
import { Undetermined, UNKNOWN, NOT_KNOWN_YET, type View } from "../model/values";
import { defineRule } from "./rule";

const backupsOf = (stack: Stack): Bucket[] =>
  bucketsOf(stack).filter((bucket) => !isLogBucket(stack, bucket));

export const bucketCleansUp = defineRule<Bucket>({
  id: "bucket-cleans-up",
  catalogue: [72],
  objective: "retention",
  severity: "medium",
  scope: "stack",
  checks:
    "Every bucket ends uploads that were given up and removes old versions, these later than the lock ends.",
  why: "Parts of uploads and old versions are kept, and paid, for ever; and removed too early, a version cannot be restored.",
  fix: "Add a BucketLifecycleConfiguration with an enabled rule for the whole bucket that sets abortIncompleteMultipartUpload and noncurrentVersionExpiration, the latter above the default retention.",
  corresponds: ["S3.10", "S3.13", "CKV_AWS_300", "CKV2_AWS_61"],
  subjects: bucketsOf,
  *check(bucket) {
    const held = bucket.held("lifecycle", "lifecycleRules", "lifecycleConfiguration");
    const rules = held.flatMap(({ view }) => {
      const listed = view.objects("rules");
      return listed.length > 0 ? listed : [view];
    });
    const active = rules.filter(isEnabled);
    if (!active.some((rule) => isWhole(rule) && abortsUploads(rule))) {
      yield { wrong: "keeps uploads that were given up" };
    }
    const days = active.map(oldVersionDays).filter((value) => value !== undefined);
    if (days.length === 0) yield { wrong: "keeps old versions for ever" };
    const lock = retentionDays(bucket);
    if (days.some((value) => value <= lock)) {
      yield { wrong: "removes old versions before their lock ends" };
    }
  },
});

function isEnabled(rule: View): boolean {
  return rule.boolean("enabled") ?? rule.string("status")?.toLowerCase() === "enabled";
}

function isWhole(rule: View): boolean {
  const prefix = rule.string("prefix") ?? rule.object("filter")?.string("prefix") ?? "";
  return prefix === "";
}

function abortsUploads(rule: View): boolean {
  const days =
    rule.number("abortIncompleteMultipartUploadDays") ??
    rule.object("abortIncompleteMultipartUpload")?.number("daysAfterInitiation");
  return days !== undefined && days > 0;
}

function oldVersionDays(rule: View): number | undefined {
  return (
    rule.number("noncurrentVersionExpirationInDays") ??
    rule.object("noncurrentVersionExpiration")?.number("noncurrentDays", "days")
  );
}

/** Days of the default lock; 0 without one. */
function retentionDays(bucket: Bucket): number {
  const retentions = bucket
    .held("objectLock", "objectLockConfiguration", "objectLockConfigurations")
    .map(({ view }) =>
      view.object("rule", "rules")?.object("defaultRetention", "defaultRetentions"),
    );
  return Math.max(
    0,
    ...retentions.map((one) => one?.number("days") ?? (one?.number("years") ?? 0) * 365),
  );
}

export const bucketAccessLogged = defineRule<Bucket>({
  id: "bucket-access-logged",
  catalogue: [73],
  objective: "audit-trail",
  severity: "medium",
  scope: "stack",
  checks:
    "Access to every bucket is logged in another bucket, one without a lock, as S3 delivers to no locked one.",
  why: "Who read or deleted a backup could not be told.",
  fix: "Add a BucketLogging with targetBucket, another bucket without default retention.",
  corresponds: ["S3.9", "CKV_AWS_18", "AWS-0089", "S3_BUCKET_LOGGING_ENABLED"],
  frameworks: { "CIS AWS Foundations": ["4.4"] },
  subjects: backupsOf,
  *check(bucket, _settings, stack) {
    const held = bucket.held("logging", "logging", "loggings", "loggingConfiguration");
    if (held.length === 0) yield { wrong: "does not log who uses it" };
    yield* each(held, function* ({ holder, view }) {
      const value = view.raw("targetBucket", "destinationBucketName");
      if (value === undefined) {
        yield { wrong: "does not log who uses it" };
        return;
      }
      const property = holder === bucket.resource ? "logging" : "targetBucket";
      const target = bucketNamed(stack, holder, property, value);
      if (target === undefined) {
        if (value === UNKNOWN) throw new Undetermined(view.pathOf("targetBucket"), NOT_KNOWN_YET);
        return;
      }
      if (target === bucket) yield { wrong: "logs who uses it in itself" };
      else if (retentionDays(target) > 0)
        yield { wrong: "logs to a locked bucket, which gets nothing" };
    });
  },
});

export const bucketMfaDeleteOrLock = defineRule<Bucket>({
  id: "bucket-mfa-delete-or-lock",
  catalogue: [74],
  objective: "integrity",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks:
    "Every bucket that holds more than access logs has a lock that nobody can lift, or MFA delete in its place.",
  why: "A stolen session deletes versions. MFA delete needs the root user and stands in the way of lifecycle rules, so the lock is the better of the two.",
  fix: 'Set the default retention\'s mode to COMPLIANCE, or versioningConfiguration.mfaDelete to "Enabled".',
  corresponds: ["S3.20", "AWS-0170", "s3_bucket_no_mfa_delete"],
  frameworks: { "CIS AWS Foundations": ["3.1.2"] },
  subjects: backupsOf,
  *check(bucket) {
    const locks = bucket.held("objectLock", "objectLockConfiguration", "objectLockConfigurations");
    const final = locks.some(
      ({ view }) =>
        view
          .object("rule", "rules")
          ?.object("defaultRetention", "defaultRetentions")
          ?.string("mode") === "COMPLIANCE",
    );
    if (final) return;
    const versions = bucket.held(
      "versioning",
      "versioning",
      "versionings",
      "versioningConfiguration",
    );
    const guarded = versions
      .map(({ view }) => view.object("versioningConfiguration") ?? view)
      .some((view) => [true, "true", "Enabled"].includes(view.raw("mfaDelete") as string));
    if (!guarded) yield { wrong: "has neither a final lock nor MFA delete" };
  },
});

export const bucketTellsOfChanges = defineRule<Bucket>({
  id: "bucket-tells-of-changes",
  catalogue: [75],
  objective: "alerting",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks:
    "Every bucket that holds more than access logs sends notifications of what happens to its objects.",
  why: "An object that is overwritten or deleted goes unnoticed until it is needed.",
  fix: "Add a BucketNotification (aws-native: notificationConfiguration), for example with eventbridge true.",
  corresponds: ["S3.11", "CKV2_AWS_62", "s3_bucket_event_notifications_enabled"],
  subjects: backupsOf,
  *check(bucket) {
    const held = bucket.held("notification", "notificationConfiguration");
    const sends = held.some(({ view }) => TELLS.some((name) => isSet(view, name)));
    if (!sends) yield { wrong: "tells nobody of changes" };
  },
});

const TELLS = [
  "eventbridge",
  "queues",
  "topics",
  "lambdaFunctions",
  "eventBridgeConfiguration",
  "queueConfigurations",
  "topicConfigurations",
  "lambdaConfigurations",
];

function isSet(view: View, name: string): boolean {
  const value = view.raw(name);
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/**
 * Names that services of AWS give to buckets which they make for themselves, by account and Region alone: whoever takes the
 * name first in a Region that is not used yet receives what the service writes there.
 */
const SHADOW =
  /^(aws-glue-assets|aws-emr-studio|aws-athena-query-results|sagemaker|cf-templates|cdk-[a-z0-9]+-assets|cdktoolkit|codepipeline|elasticbeanstalk|config-bucket|aws-cloudtrail-logs|awsserverlessrepo-changesets)\b/;

export const bucketNameNotGuessable = defineRule<Subject>({
  id: "bucket-name-not-guessable",
  catalogue: [75],
  objective: "no-outsiders",
  severity: "medium",
  checks:
    "No bucket has a name that others expect: one of AWS's services, or nothing but a plain word and account or Region.",
  why: "Whoever takes the name first, in this Region or another, receives what is written there.",
  fix: "Put something into the name that strangers do not know, such as a part of a hash, or leave the name to AWS (bucketPrefix).",
  corresponds: ["s3_bucket_shadow_resource_vulnerability"],
  subjects: bucketsOf,
  *check({ resource: { view } }) {
    const name = view.string("bucket", "bucketName");
    if (name === undefined) return;
    const rest = name
      .replace(/\d{12}/g, "")
      .replace(/(us|eu|ap|ca|sa|me|af|il|mx)(-gov)?-[a-z]+-\d/g, "")
      .replace(/^-+|-+$/g, "")
      .replace(/-{2,}/g, "-");
    const derived = rest !== name && /^[a-z]*$/.test(rest);
    if (SHADOW.test(name) || derived) yield { wrong: "has a name that strangers can guess" };
  },
});

export const bucketNameDnsSafe = defineRule<Subject>({
  id: "bucket-name-dns-safe",
  catalogue: [75],
  objective: "encryption-in-transit",
  severity: "low",
  level: "advisory",
  checks: "Every bucket's name is one label of DNS: small letters, digits and hyphens.",
  why: "AWS's certificate does not cover a name with dots, so TLS to the bucket's own address fails.",
  fix: "Leave dots, capitals and underscores out of the name.",
  corresponds: ["AWS-0320"],
  subjects: bucketsOf,
  *check({ resource: { view } }) {
    const name = view.string("bucket", "bucketName");
    if (name !== undefined && !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) {
      yield { wrong: "has a name that is no label of DNS" };
    }
  },
});
