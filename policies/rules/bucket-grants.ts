import { accountOf, isAccountRoot } from "../iam/arn";
import type { Statement } from "../iam/document";
import { namesAction } from "../iam/statements";
import { resourcesOf } from "../model/customer-key";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { onlyExactPrincipals } from "./exact-principals";
import { defineRule } from "./rule";

export const bucketPolicyPrincipalsExact = defineRule<PolicySubject>({
  id: "bucket-policy-principals-exact",
  catalogue: [69],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "A bucket's policy lets in exact identities of another account, and only within the organization.",
  why: "Everybody of the other account reads the bucket, also after the account has left the organization.",
  fix: "Name the roles by their ARNs and add a condition on aws:PrincipalOrgID.",
  corresponds: ["S3.6", "s3_bucket_cross_account_access"],
  subjects: (stack) => policiesOfKind(stack, "bucket"),
  // CloudFront's principals are of no account: they stand for one's own distributions.
  check: onlyExactPrincipals({
    who: "identities",
    isOther: (name) => accountOf(name) !== undefined,
  }),
});

const CHANGES_POLICY = ["s3:putbucketpolicy", "s3:deletebucketpolicy"];

export const bucketPolicyNoLockout = defineRule<PolicySubject>({
  id: "bucket-policy-no-lockout",
  catalogue: [70],
  objective: "integrity",
  severity: "high",
  checks: "No bucket policy denies everybody but the root user that the policy be changed.",
  why: "Only the account's root user, whose password nobody uses, could ever undo it.",
  fix: "Add a condition that leaves out the role that may change the policy.",
  corresponds: ["CKV_AWS_93"],
  subjects: (stack) => policiesOfKind(stack, "bucket"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Deny" || statement.conditions.length > 0) return;
      if (!hitsEverybody(statement)) return;
      if (CHANGES_POLICY.some((action) => namesAction(statement, action))) {
        yield { wrong: `locks everybody out but root (${policy.property}, ${statement.label})` };
      }
    }),
});

/** Everybody, or everybody but accounts' roots. */
function hitsEverybody({ principals, notPrincipals }: Statement): boolean {
  if (principals?.everybody === true) return true;
  if (notPrincipals === undefined) return false;
  const { aws, services, federated, canonicalUsers } = notPrincipals;
  return [...aws, ...services, ...federated, ...canonicalUsers].every(isAccountRoot);
}

const BUCKETS_AND_OBJECTS = [...TYPES.bucket, ...TYPES.bucketAcl, ...TYPES.bucketObject];
const PUBLIC_GROUPS = /\/groups\/(global\/AllUsers|global\/AuthenticatedUsers)$/;

export const bucketAclNotPublic = defineRule<Subject>({
  id: "bucket-acl-not-public",
  catalogue: [62],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No ACL of a bucket or an object lets in everybody, or everybody with an AWS account.",
  why: "Anybody could read the backups, or list them.",
  fix: "Remove acl, grants and accessControlPolicy (aws-native: accessControl).",
  corresponds: ["CKV_AWS_20", "CKV_AWS_57", "AWS-0092", "F14", "W31", "s3_bucket_public_list_acl"],
  subjects: resourcesOf(BUCKETS_AND_OBJECTS),
  *check({ resource: { view } }) {
    const canned = view.string("acl", "accessControl") ?? "";
    if (/^(public-?read|authenticated-?read)/i.test(canned)) {
      yield { wrong: "is open to everybody by its ACL" };
    }
    const grants = [
      ...view.objects("grants"),
      ...view.objects("accessControlPolicy").flatMap((policy) => policy.objects("grants")),
    ];
    for (const grant of grants) {
      const uri = grant.string("uri") ?? grant.object("grantee")?.string("uri") ?? "";
      if (PUBLIC_GROUPS.test(uri)) yield { wrong: "is open to everybody by a grant of its ACL" };
    }
  },
});
