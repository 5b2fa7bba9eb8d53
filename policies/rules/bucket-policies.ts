import type { Condition, Statement } from "../iam/document";
import { isOpen } from "../iam/patterns";
import { namesAction } from "../iam/statements";
import { bucketsOf, isLogBucket, type Bucket } from "../model/bucket";
import { deniesEnough, isEveryS3Action, leavesOutSome } from "../model/bucket-denials";
import { openings } from "../model/openings";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

export const bucketRefusesPlainHttp = defineRule<Bucket>({
  id: "bucket-refuses-plain-http",
  catalogue: [64],
  objective: "encryption-in-transit",
  severity: "high",
  scope: "stack",
  checks:
    "Every bucket's policy denies everybody every action over plain HTTP, on the bucket and its objects.",
  why: "What travels in the clear can be read and changed on the way.",
  fix: "Deny s3:* to Principal * on the bucket and on bucket/* where aws:SecureTransport is false.",
  corresponds: ["S3.5", "CKV_AWS_379", "S3_BUCKET_SSL_REQUESTS_ONLY"],
  frameworks: { "CIS AWS Foundations": ["3.1.1"] },
  subjects: bucketsOf,
  *check(bucket, _settings, stack) {
    if (!deniesEnough(stack, bucket, deniesPlainHttp)) yield { wrong: "answers plain HTTP" };
  },
});

/** A Deny of everything whose only condition is that the connection is not encrypted. */
function deniesPlainHttp(statement: Statement): boolean {
  const [condition, ...others] = statement.conditions;
  return (
    isEveryS3Action(statement) &&
    others.length === 0 &&
    condition?.key === "aws:securetransport" &&
    condition.operator === "bool" &&
    condition.quantifier === undefined &&
    condition.values.every((value) => value.toLowerCase() === "false")
  );
}

export const bucketRefusesOldTls = defineRule<Bucket>({
  id: "bucket-refuses-old-tls",
  catalogue: [65],
  objective: "encryption-in-transit",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks: "Every bucket's policy denies everybody every action over TLS older than 1.2.",
  why: "What travels by an old version of TLS can be read by whoever breaks it.",
  fix: "Deny s3:* to Principal * on the bucket and on bucket/* where s3:TlsVersion is less than 1.2.",
  corresponds: [],
  subjects: bucketsOf,
  *check(bucket, _settings, stack) {
    if (!deniesEnough(stack, bucket, deniesOldTls)) yield { wrong: "answers by old TLS" };
  },
});

function deniesOldTls(statement: Statement): boolean {
  const [condition, ...others] = statement.conditions;
  return (
    isEveryS3Action(statement) &&
    others.length === 0 &&
    condition?.key === "s3:tlsversion" &&
    condition.operator === "numericlessthan" &&
    condition.quantifier === undefined &&
    condition.values.some((value) => Number(value) >= 1.2)
  );
}

/** Headers of S3 with which the writer says how an object is encrypted. */
const ENCRYPTION = "s3:x-amz-server-side-encryption";
const KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id";

export const bucketRefusesOtherKeys = defineRule<Bucket>({
  id: "bucket-refuses-other-keys",
  catalogue: [66],
  objective: "encryption-at-rest",
  severity: "high",
  scope: "stack",
  checks:
    "Every backup bucket's policy denies objects that are not encrypted with KMS, and objects under another key than the bucket's.",
  why: "Whoever may write could write objects that only a key of their own opens: a backup that nobody can restore.",
  fix: `Deny s3:PutObject to Principal * on bucket/* where ${KEY} is named at all (Null false) or differs from the bucket's key, and where ${ENCRYPTION} is not aws:kms.`,
  corresponds: ["CT.S3.PV.6"],
  subjects: (stack) => bucketsOf(stack).filter((bucket) => !isLogBucket(stack, bucket)),
  *check(bucket, _settings, stack) {
    const denies = (isOfSort: (condition: Condition) => boolean, key: string): boolean =>
      deniesEnough(
        stack,
        bucket,
        (statement) =>
          namesAction(statement, "s3:putobject") &&
          statement.conditions.some(isOfSort) &&
          statement.conditions.every((condition) => condition.key === key),
        ({ objects }) => objects,
      );
    if (!denies(isAnotherKey, KEY)) yield { wrong: "takes objects under another key" };
    if (!denies(isAnotherEncryption, ENCRYPTION)) {
      yield { wrong: "takes objects that are not encrypted with KMS" };
    }
  },
});

const DIFFERS = new Set(["stringnotequals", "stringnotequalsignorecase", "arnnotequals"]);

/** Holds for every key but the bucket's own: for any that is named, or for all that differ. */
function isAnotherKey({ key, operator, values, quantifier }: Condition): boolean {
  if (key !== KEY || quantifier !== undefined || values.length === 0) return false;
  if (operator === "null") return values.every((value) => value.toLowerCase() === "false");
  return DIFFERS.has(operator) && values.every((value) => !isOpen(value));
}

function isAnotherEncryption({ key, operator, values, quantifier }: Condition): boolean {
  return (
    key === ENCRYPTION &&
    DIFFERS.has(operator) &&
    quantifier === undefined &&
    values.length > 0 &&
    values.every((value) => /^aws:kms(:dsse)?$/.test(value))
  );
}

/** Calls that remove a backup, weaken its lock or take off what protects it; those on objects first. */
const ON_OBJECTS = ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"];
const ON_BUCKET = [
  "s3:DeleteBucketPolicy",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutLifecycleConfiguration",
];

export const bucketDeniesTampering = defineRule<Bucket>({
  id: "bucket-denies-tampering",
  catalogue: [60, 67],
  objective: "integrity",
  severity: "critical",
  scope: "stack",
  checks:
    "Every backup bucket's policy denies the deletion of versions and the weakening of lock, versions, policy and lifecycle to all but named roles.",
  why: "An IAM policy of the account, written later, would let somebody delete the backups or wait until they expire.",
  fix: "Deny these actions to Principal * on the bucket and on bucket/*, except where aws:PrincipalArn is a break-glass role.",
  corresponds: [],
  subjects: (stack) => bucketsOf(stack).filter((bucket) => !isLogBucket(stack, bucket)),
  *check(bucket, _settings, stack) {
    const allowed = (part: "bucket" | "objects") => (action: string) =>
      !deniesEnough(
        stack,
        bucket,
        (statement) =>
          namesAction(statement, action.toLowerCase()) && statement.conditions.every(leavesOutSome),
        (denied) => denied[part],
      );
    const open = [...ON_OBJECTS.filter(allowed("objects")), ...ON_BUCKET.filter(allowed("bucket"))];
    if (open.length > 0) yield { wrong: `does not deny ${open.join(", ")}` };
  },
});

export const bucketPolicyNotOpen = defineRule<PolicySubject>({
  id: "bucket-policy-not-open",
  catalogue: [68],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No bucket policy lets in everybody, allows every action, or allows by exclusion.",
  why: "Anybody could read the backups, or remove what protects them.",
  fix: "Allow named roles the actions that they need.",
  corresponds: ["CKV_AWS_70", "F15", "F16", "F9", "W20"],
  subjects: (stack) => policiesOfKind(stack, "bucket"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const place = `${policy.property}, ${statement.label}`;
      yield* openings(statement, place);
      if (statement.notPrincipals !== undefined)
        yield { wrong: `lets in by NotPrincipal (${place})` };
      if (statement.notActions !== undefined) yield { wrong: `allows by NotAction (${place})` };
    }),
});
