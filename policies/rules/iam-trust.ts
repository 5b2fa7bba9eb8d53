import { accountOf, isAccountRoot, parseArn } from "../iam/arn";
import { demandedValues, demandsFlag, demandsOrganization, isRestricted } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isOpen } from "../iam/patterns";
import { foreignPrincipals } from "../model/own-account";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

export const iamTrustNotOpen = defineRule<PolicySubject>({
  id: "iam-trust-not-open",
  catalogue: [45],
  objective: "no-outsiders",
  severity: "critical",
  checks:
    "No role trusts everybody, or the whole of another account, without a condition that names the caller.",
  why: "Everybody, or everybody in that account, becomes the role.",
  fix: "Trust the exact role by its ARN.",
  corresponds: [
    "CKV_AWS_60",
    "CKV_AWS_61",
    "AssumableByAnyPrincipal",
    "IAM_ROLE_NO_FULL_ACCESS_ON_TRUST_POLICY",
  ],
  subjects: (stack) => policiesOfKind(stack, "trust"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow" || isRestricted(statement)) return;
      const place = `${policy.property}, ${statement.label}`;
      if (statement.principals?.everybody === true) {
        yield { wrong: `can be assumed by everybody (${place})` };
        return;
      }
      const foreign = foreignPrincipals(statement, policy.resource.accountId).some(isAccountRoot);
      if (foreign && !demandsExternalId(statement)) {
        yield { wrong: `can be assumed by everybody in another account (${place})` };
      }
    }),
});

export const iamCrossAccountTrustExact = defineRule<PolicySubject>({
  id: "iam-cross-account-trust-exact",
  catalogue: [46],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "A role that another account may assume trusts exact roles, and demands the organization, an external id or MFA.",
  why: "Otherwise whoever controls the other account, or tricks a service of it, is let in.",
  fix: "Trust the role's ARN and demand aws:PrincipalOrgID, or sts:ExternalId of at least 16 characters for a third party.",
  corresponds: ["cross_account_iam_assume_role_policy_without_external_id_or_mfa", "IAM-STS-1"],
  subjects: (stack) => policiesOfKind(stack, "trust"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const everybody = statement.principals?.everybody === true;
      const foreign = foreignPrincipals(statement, policy.resource.accountId);
      if (!everybody && foreign.length === 0) return;
      const place = `${policy.property}, ${statement.label}`;
      if ((everybody || !foreign.every(isExactRole)) && !demandsExactRole(statement)) {
        yield { wrong: `can be assumed from another account by more than exact roles (${place})` };
      }
      if (
        !demandsOrganization(statement) &&
        !demandsExternalId(statement) &&
        !demandsFlag(statement, "aws:multifactorauthpresent", true)
      ) {
        yield {
          wrong: `can be assumed from another account without organization, external id or MFA (${place})`,
        };
      }
    }),
});

function isExactRole(principal: string): boolean {
  return accountOf(principal) !== undefined && /^role\/[^*?]+$/.test(resourceOf(principal));
}

function resourceOf(principal: string): string {
  return parseArn(principal)?.resource ?? "";
}

/** A condition on the caller's ARN does the same as naming the role as principal. */
function demandsExactRole(statement: Statement): boolean {
  const arns = demandedValues(statement, "aws:principalarn");
  return arns?.every((arn) => isExactRole(arn) && !isOpen(arn)) === true;
}

/** An external id must be hard to guess: at least 16 characters, no wildcard. */
function demandsExternalId(statement: Statement): boolean {
  const ids = demandedValues(statement, "sts:externalid");
  return ids?.every((id) => id.length >= 16 && !isOpen(id)) === true;
}
