import { withoutPartition } from "../iam/arn";
import type { Statement } from "../iam/document";
import { globMatches } from "../iam/patterns";
import { isEveryAction } from "../iam/statements";
import { bucketsOf, type Bucket } from "../model/bucket";
import { openings } from "../model/openings";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { NOT_KNOWN_YET, Undetermined } from "../model/values";
import { defineRule } from "./rule";

export const bucketRefusesPlainHttp = defineRule<Bucket>({
  id: "bucket-refuses-plain-http",
  severity: "high",
  scope: "stack",
  checks:
    "Every bucket's policy denies everybody every action over plain HTTP, on the bucket and its objects.",
  why: "What travels in the clear can be read and changed on the way.",
  fix: "Deny s3:* to Principal * on the bucket and on bucket/* where aws:SecureTransport is false.",
  corresponds: ["S3.5", "CKV_AWS_379", "S3_BUCKET_SSL_REQUESTS_ONLY"],
  frameworks: { "AWS FSBP": ["S3.5"], "CIS AWS Foundations": ["3.1.1"] },
  subjects: bucketsOf,
  *check(bucket, _settings, stack) {
    let doubt: Undetermined | undefined;
    const covered = { bucket: false, objects: false };
    for (const policy of bucket.policies(stack)) {
      try {
        for (const statement of policy.statements().filter(deniesPlainHttp)) {
          covered.bucket ||= reaches(statement, bucket, "");
          // No pattern written for some objects matches a name like this by chance.
          covered.objects ||= reaches(statement, bucket, "/\u{10FFFF}");
        }
      } catch (thrown) {
        if (!(thrown instanceof Undetermined)) throw thrown;
        doubt ??= thrown;
      }
    }
    if (covered.bucket && covered.objects) return;
    if (doubt !== undefined) throw doubt;
    yield { wrong: "answers plain HTTP" };
  },
});

/** A Deny of everything to everybody, whose only condition is that the connection is not encrypted. */
function deniesPlainHttp(statement: Statement): boolean {
  const [condition, ...others] = statement.conditions;
  return (
    statement.effect === "Deny" &&
    statement.principals?.everybody === true &&
    statement.actions.some((action) => action === "s3:*" || isEveryAction(action)) &&
    others.length === 0 &&
    condition?.key === "aws:securetransport" &&
    condition.operator === "bool" &&
    condition.quantifier === undefined &&
    condition.values.every((value) => value.toLowerCase() === "false")
  );
}

function reaches(statement: Statement, bucket: Bucket, suffix: string): boolean {
  if (bucket.name === undefined) {
    if (statement.resources.includes("*")) return true;
    throw new Undetermined("bucket", NOT_KNOWN_YET);
  }
  const arn = `arn:aws:s3:::${bucket.name}${suffix}`;
  return statement.resources.some((resource) => globMatches(withoutPartition(resource), arn));
}

export const bucketPolicyNotOpen = defineRule<PolicySubject>({
  id: "bucket-policy-not-open",
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
