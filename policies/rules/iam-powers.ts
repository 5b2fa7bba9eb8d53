import { demandedValues, demands } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isOpen } from "../iam/patterns";
import { allowsAction, reachOfStatement } from "../iam/statements";
import { identityPoliciesOf, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

export const iamPassRoleBounded = defineRule<PolicySubject>({
  id: "iam-pass-role-bounded",
  catalogue: [37],
  objective: "least-privilege",
  severity: "critical",
  scope: "stack",
  checks: "iam:PassRole names the roles, and the services that they may be passed to.",
  why: "Who may pass any role to any service has the permissions of the strongest role of the account.",
  fix: "Name the roles in Resource and demand iam:PassedToService by StringEquals.",
  corresponds: [
    "F38",
    "F39",
    "F40",
    "AWS-0342",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
    "PASS_ROLE_WITH_NOT_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
  ],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!allowsAction(statement, "iam:passrole")) return;
      const place = `${policy.property}, ${statement.label}`;
      if (reachOfStatement(statement) !== "some") yield { wrong: `may pass any role (${place})` };
      const services = demandedValues(statement, "iam:passedtoservice");
      if (services === undefined || services.some(isOpen)) {
        yield { wrong: `may pass roles to any service (${place})` };
      }
    }),
});

const READS_WITH_KEY = ["kms:decrypt", "kms:reencryptfrom"];

export const iamNoDecryptWithAllKeys = defineRule<PolicySubject>({
  id: "iam-no-decrypt-with-all-keys",
  catalogue: [43],
  objective: "key-access",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows decryption with every key, of all accounts or of one.",
  why: "The identity reads whatever any team encrypts, now and later.",
  fix: "Name the keys by ARN, or demand kms:ViaService, kms:EncryptionContext or kms:ResourceAliases for one account's keys.",
  corresponds: ["KMS.1", "KMS.2", "iam-customer-policy-blocked-kms-actions"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!READS_WITH_KEY.some((action) => allowsAction(statement, action))) return;
      const reach = reachOfStatement(statement);
      if (reach === "some" || (reach === "account" && narrowsKeys(statement))) return;
      yield { wrong: `allows decryption with every key (${policy.property}, ${statement.label})` };
    }),
});

/** A condition that leaves only some use of an account's keys: through one service, for one context, by alias. */
function narrowsKeys(statement: Statement): boolean {
  return statement.conditions.some((condition) => {
    const alias =
      condition.key === "kms:resourcealiases" && condition.quantifier !== "forallvalues";
    const narrow =
      condition.key === "kms:viaservice" ||
      condition.key.startsWith("kms:encryptioncontext:") ||
      condition.key.startsWith("aws:resourcetag/");
    if (!alias && !(narrow && demands(condition))) return false;
    // A pattern narrows if something stands in front of the wildcard.
    return (
      !condition.ifExists &&
      /^(string|arn)(equals|like|equalsignorecase)$/.test(condition.operator) &&
      condition.values.length > 0 &&
      condition.values.every((value) => /^[^*?$]{3}/.test(value))
    );
  });
}

export const iamNoAssumeEveryRole = defineRule<PolicySubject>({
  id: "iam-no-assume-every-role",
  catalogue: [44],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows the assumption of every role, of all accounts or of one.",
  why: "Any role anywhere that trusts the account by mistake is open to the identity.",
  fix: "Name the roles by ARN; a fixed role name in many accounts is fine.",
  corresponds: ["iam_no_custom_policy_permissive_role_assumption"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!allowsAction(statement, "sts:assumerole")) return;
      if (reachOfStatement(statement) !== "some") {
        yield { wrong: `may assume every role (${policy.property}, ${statement.label})` };
      }
    }),
});
