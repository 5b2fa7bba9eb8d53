import { bucketsOf, isLogBucket, type Bucket, type Held } from "../model/bucket";
import { keyFault, keyFaultText } from "../model/key-reference";
import type { Stack } from "../model/stack";
import { each, type Problem, type Subject } from "../model/subject";
import type { View } from "../model/values";
import { defineRule } from "./rule";

export const bucketVersioned = defineRule<Bucket>({
  id: "bucket-versioned",
  catalogue: [59],
  objective: "backup",
  severity: "high",
  scope: "stack",
  checks: "Every bucket keeps the versions of its objects.",
  why: "Without versions an overwritten or deleted object is gone, and Object Lock cannot work.",
  fix: 'Add a BucketVersioning with versioningConfiguration.status "Enabled".',
  corresponds: ["S3.14", "CKV_AWS_21", "AWS-0090"],
  subjects: bucketsOf,
  *check(bucket) {
    const held = bucket.held("versioning", "versioning", "versionings", "versioningConfiguration");
    // The split resource nests the setting, a bucket's own property does not.
    const settings = held.map(({ view }) => view.object("versioningConfiguration") ?? view);
    if (settings.length === 0) yield { wrong: "does not keep versions" };
    yield* each(settings, function* (view) {
      const on = view.string("status")?.toLowerCase() === "enabled" || view.boolean("enabled");
      if (on !== true) yield { wrong: "does not keep versions" };
    });
  },
});

export const bucketObjectLocked = defineRule<Bucket>({
  id: "bucket-object-locked",
  catalogue: [60],
  objective: "integrity",
  severity: "critical",
  scope: "stack",
  checks: "Every bucket that holds more than access logs has Object Lock with a default retention.",
  why: "Whoever gets hold of the account, or of a role in it, could delete the backups.",
  fix: "Set objectLockEnabled on the bucket and add a BucketObjectLockConfiguration with rule.defaultRetention.",
  corresponds: ["S3.15", "CKV_AWS_143", "S3_BUCKET_DEFAULT_LOCK_ENABLED"],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Shortest default retention, days.",
      default: 1,
      minimum: 1,
      maximum: 36500,
    },
  },
  subjects: (stack) => bucketsOf(stack).filter((bucket) => !isLogBucket(stack, bucket)),
  *check(bucket, settings) {
    const held = bucket.held("objectLock", "objectLockConfiguration", "objectLockConfigurations");
    if (held.length === 0) yield { wrong: "has no Object Lock" };
    yield* each(held, function* ({ view }) {
      const retention = view
        .object("rule", "rules")
        ?.object("defaultRetention", "defaultRetentions");
      if (retention === undefined) {
        yield { wrong: "has an Object Lock without default retention" };
        return;
      }
      const mode = retention.string("mode");
      if (mode !== "COMPLIANCE" && mode !== "GOVERNANCE") {
        yield { wrong: "has an Object Lock without mode" };
      }
      const days = retention.number("days") ?? (retention.number("years") ?? 0) * 365;
      if (days < Number(settings["minimumDays"])) {
        yield { wrong: `locks its objects for less than ${Number(settings["minimumDays"])} days` };
      }
    });
    if (bucket.resource.view.boolean("objectLockEnabled") === false) {
      yield { wrong: "has objectLockEnabled set to false" };
    }
  },
});

const FLAGS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

export const bucketPublicAccessBlocked = defineRule<Bucket>({
  id: "bucket-public-access-blocked",
  catalogue: [61],
  objective: "no-outsiders",
  severity: "critical",
  scope: "stack",
  checks: "Every bucket blocks public access by all four flags.",
  why: "One public policy or ACL, set by mistake, would show the backups to everybody.",
  fix: "Add a BucketPublicAccessBlock with blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets true.",
  corresponds: [
    "S3.8",
    "CKV_AWS_53",
    "CKV_AWS_54",
    "CKV_AWS_55",
    "CKV_AWS_56",
    "CKV2_AWS_6",
    "AWS-0086",
    "AWS-0087",
    "AWS-0091",
    "AWS-0093",
    "AWS-0094",
  ],
  frameworks: { "CIS AWS Foundations": ["3.1.4"] },
  subjects: bucketsOf,
  *check(bucket) {
    const held = bucket.held("publicAccessBlock", "publicAccessBlockConfiguration");
    if (held.length === 0) yield { wrong: "does not block public access" };
    yield* each(held, (item) =>
      each(FLAGS, function* (flag) {
        if (item.view.boolean(flag) !== true) {
          yield { wrong: `does not block public access fully (${flag})` };
        }
      }),
    );
  },
});

export const bucketAclsDisabled = defineRule<Bucket>({
  id: "bucket-acls-disabled",
  catalogue: [62],
  objective: "no-outsiders",
  severity: "medium",
  scope: "stack",
  checks: "Every bucket has ACLs turned off: its owner owns every object.",
  why: "With ACLs, the account that writes an object owns it and can withhold it.",
  fix: 'Add BucketOwnershipControls with rule.objectOwnership "BucketOwnerEnforced".',
  corresponds: ["S3.12", "CKV2_AWS_65", "s3_bucket_acl_prohibited"],
  subjects: bucketsOf,
  *check(bucket) {
    const held = bucket.held("ownership", "ownershipControls");
    if (held.length === 0) yield { wrong: "has ACLs" };
    yield* each(held, function* ({ view }) {
      const rules = view.objects("rule", "rules");
      const enforced = rules.map((rule) => rule.string("objectOwnership"));
      if (enforced.length === 0 || enforced.some((value) => value !== "BucketOwnerEnforced")) {
        yield { wrong: "has ACLs" };
      }
    });
  },
});

export const bucketEncryptedWithCustomerKey = defineRule<Bucket>({
  id: "bucket-encrypted-with-customer-key",
  catalogue: [63],
  objective: "encryption-at-rest",
  severity: "high",
  scope: "stack",
  checks:
    "Every bucket encrypts with a customer managed key named by its full ARN, with a bucket key. Buckets for access logs use SSE-S3, as S3 delivers to no other.",
  why: "An alias can mean a key of the writer's account, and AWS's own key cannot be kept from anybody in the account.",
  fix: "Add a BucketServerSideEncryptionConfiguration with sseAlgorithm aws:kms, kmsMasterKeyId and bucketKeyEnabled true.",
  corresponds: ["S3.17", "CKV_AWS_145", "AWS-0132"],
  subjects: bucketsOf,
  *check(bucket, _settings, stack) {
    const held = bucket.held(
      "encryption",
      "serverSideEncryptionConfiguration",
      "serverSideEncryptionConfigurations",
      "bucketEncryption",
    );
    const rules = held.flatMap((item) =>
      item.view
        .objects("rules", "rule", "serverSideEncryptionConfiguration")
        .map((rule) => ({ item, rule })),
    );
    if (rules.length === 0) yield { wrong: "has no encryption of its own" };
    const logs = isLogBucket(stack, bucket);
    yield* each(rules, ({ item, rule }) => encryptionProblems(stack, bucket, item, rule, logs));
  },
});

function* encryptionProblems(
  stack: Stack,
  bucket: Bucket,
  { holder }: Held,
  rule: View,
  logs: boolean,
): Generator<Problem> {
  const byDefault = rule.object(
    "applyServerSideEncryptionByDefault",
    "applyServerSideEncryptionByDefaults",
    "serverSideEncryptionByDefault",
  );
  const algorithm = byDefault?.string("sseAlgorithm");
  if (logs && algorithm === "AES256") return;
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") {
    yield { wrong: "does not encrypt with KMS" };
    return;
  }
  const path = byDefault?.pathOf("kmsMasterKeyId") ?? "kmsMasterKeyId";
  // The engine records dependencies by top-level property.
  const property = path.split(/[.[]/)[0] ?? path;
  const fault = keyFault(stack, holder, byDefault?.raw("kmsMasterKeyId"), property, path);
  if (fault !== undefined) yield { wrong: keyFaultText(fault, path) };
  if (rule.boolean("bucketKeyEnabled") !== true) {
    yield { wrong: "has no bucket key, so each object costs a call to KMS" };
  }
}

export const bucketSurvivesProgram = defineRule<Subject>({
  id: "bucket-survives-program",
  catalogue: [76, 97],
  objective: "backup",
  severity: "critical",
  checks: "No program can delete a bucket, full or empty: protect is set and forceDestroy is not.",
  why: "A renamed resource or a removed line would delete the backups.",
  fix: "Set the resource option protect to true and remove forceDestroy.",
  corresponds: [],
  subjects: bucketsOf,
  *check({ resource }) {
    if (resource.view.boolean("forceDestroy") === true) yield { wrong: "has forceDestroy set" };
    if (!resource.isProtected) yield { wrong: "is not protected" };
  },
});
