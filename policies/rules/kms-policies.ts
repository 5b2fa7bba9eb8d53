import { accountOf, isAccountRoot } from "../iam/arn";
import { demandedValues, demandsFlag, isRestricted } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { allowsAction } from "../iam/statements";
import { ownAccount } from "../model/own-account";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import type { Problem } from "../model/subject";
import { defineRule } from "./rule";

export const kmsKeyPolicyNoWildcardPrincipal = defineRule<PolicySubject>({
  id: "kms-key-policy-no-wildcard-principal",
  catalogue: [3],
  objective: "no-outsiders",
  severity: "critical",
  checks:
    "No key policy lets everybody in without a condition that names the callers' account or organization.",
  why: "Anybody with an AWS account could decrypt, or give the key away by a grant.",
  fix: "Name the roles that may use the key, or add a condition on aws:PrincipalOrgID or kms:CallerAccount.",
  corresponds: [
    "KMS.5",
    "CKV_AWS_33",
    "F76",
    "KMS_NO_WILDCARD_PRINCIPAL",
    "kms-key-policy-no-public-access",
    "kms_key_not_publicly_accessible",
  ],
  subjects: (stack) => policiesOfKind(stack, "key"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow" || statement.principals?.everybody !== true) return;
      if (!isRestricted(statement)) {
        yield { wrong: `lets everybody use it (${policy.property}, ${statement.label})` };
      }
    }),
});

const USE = ["kms:decrypt", "kms:generatedatakey", "kms:reencryptfrom"];
const ADMINISTER = ["kms:putkeypolicy", "kms:schedulekeydeletion", "kms:disablekey"];

export const kmsKeyDutiesSeparated = defineRule<PolicySubject>({
  id: "kms-key-duties-separated",
  catalogue: [7],
  objective: "key-access",
  severity: "high",
  checks:
    "Nobody may both use and administer a key, in one statement or over several; only the account's own root may have kms:*.",
  why: "Who can read the data and also change the policy or delete the key can take the data and destroy the rest.",
  fix: "Give key administration and key use to different roles, and list the actions.",
  corresponds: ["iam_policy_no_full_access_to_kms"],
  subjects: (stack) => policiesOfKind(stack, "key"),
  *check(policy) {
    const statements = policy.statements().filter(({ effect }) => effect === "Allow");
    const own = ownAccount(policy, statements);
    const users = new Set<string>();
    const administrators = new Set<string>();
    for (const statement of statements) {
      for (const principal of everyPrincipal(statement)) {
        if (isAccountRoot(principal) && accountOf(principal) === own) continue;
        if (USE.some((action) => allowsAction(statement, action))) users.add(principal);
        if (ADMINISTER.some((action) => allowsAction(statement, action)))
          administrators.add(principal);
      }
    }
    if ([...users].some((principal) => administrators.has(principal))) {
      yield { wrong: `lets one principal both use and administer it (${policy.property})` };
    }
  },
});

export const kmsGrantsForServicesOnly = defineRule<PolicySubject>({
  id: "kms-grants-for-services-only",
  catalogue: [9],
  objective: "key-access",
  severity: "high",
  scope: "stack",
  checks:
    "kms:CreateGrant is allowed only for grants that AWS services make, or with a grant constraint.",
  why: "A grant gives the key away without a change of its policy, so no review sees it.",
  fix: 'Add the condition {"Bool": {"kms:GrantIsForAWSResource": "true"}}.',
  corresponds: ["CT.KMS.PR.3", "CT.KMS.PV.1"],
  subjects: (stack) => policiesOfKind(stack, "key", "identity"),
  check: (policy) => {
    const own = policy.kind === "key" ? ownAccountOf(policy) : undefined;
    return policy.check((statement) => grantProblems(policy, statement, own));
  },
});

function* grantProblems(
  policy: PolicySubject,
  statement: Statement,
  own: string | undefined,
): Generator<Problem> {
  if (!allowsAction(statement, "kms:creategrant")) return;
  // Root with kms:* only passes the decision on to IAM policies, which this rule judges too.
  const principals = everyPrincipal(statement);
  const delegation =
    principals.length > 0 &&
    principals.every((name) => isAccountRoot(name) && accountOf(name) === own);
  if (policy.kind === "key" && delegation) return;
  if (demandsFlag(statement, "kms:grantisforawsresource", true)) return;
  if (demandedValues(statement, "kms:grantconstrainttype") !== undefined) return;
  yield { wrong: `allows grants to anybody (${policy.property}, ${statement.label})` };
}

/** Names of everybody a statement speaks of; `*` for everybody, and for what it leaves open with NotPrincipal. */
function everyPrincipal({ principals, notPrincipals }: Statement): string[] {
  if (notPrincipals !== undefined || principals?.everybody === true) return ["*"];
  if (principals === undefined) return [];
  return [...principals.aws, ...principals.services, ...principals.federated];
}

function ownAccountOf(policy: PolicySubject): string | undefined {
  return ownAccount(policy, policy.statements());
}
