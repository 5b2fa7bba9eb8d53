import { narrowing } from "../iam/actions";
import type { Statement } from "../iam/document";
import { isEveryAction, isEveryActionOfService, reachOfStatement } from "../iam/statements";
import { identityPoliciesOf, policiesOfKind, type PolicySubject } from "../model/policies";
import type { Problem } from "../model/subject";
import { Undetermined } from "../model/values";
import { defineRule } from "./rule";

/** Checks the Allow statements of the documents that give identities permissions. */
function onAllowedBy(
  check: (statement: Statement, place: string, policy: PolicySubject) => Iterable<Problem>,
): (policy: PolicySubject) => Iterable<Problem> {
  return (policy) =>
    policy.check((statement) =>
      statement.effect === "Allow"
        ? check(statement, `${policy.property}, ${statement.label}`, policy)
        : [],
    );
}

export const iamPolicyNoAdministrator = defineRule<PolicySubject>({
  id: "iam-policy-no-administrator",
  catalogue: [30],
  objective: "least-privilege",
  severity: "critical",
  scope: "stack",
  checks: "No identity policy allows every action on every resource.",
  why: "One stolen session would be the whole account.",
  fix: "List the actions and the resources that are needed.",
  corresponds: ["IAM.1", "CKV_AWS_1", "CKV_AWS_62", "F2", "F3", "F4", "F5"],
  frameworks: { "CIS AWS Foundations": ["2.14"] },
  subjects: identityPoliciesOf,
  check: onAllowedBy(function* (statement, place) {
    if (statement.actions.some(isEveryAction) && reachOfStatement(statement) === "everything") {
      yield { wrong: `allows every action on every resource (${place})` };
    }
  }),
});

export const iamPolicyNoEveryAction = defineRule<PolicySubject>({
  id: "iam-policy-no-every-action",
  catalogue: [31],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows every action of every service, on whatever resource.",
  why: "Actions that AWS adds later are allowed unseen, among them those that change the policies themselves.",
  fix: "List the actions that are needed.",
  corresponds: ["CKV_AWS_49", "CKV_AWS_63", "IAM_ROLE_NO_WILDCARD_ACTIONS_ON_PERMISSIONS"],
  subjects: identityPoliciesOf,
  check: onAllowedBy(function* (statement, place) {
    if (statement.actions.some(isEveryAction)) yield { wrong: `allows every action (${place})` };
  }),
});

export const iamPolicyNoServiceWildcard = defineRule<PolicySubject>({
  id: "iam-policy-no-service-wildcard",
  catalogue: [32],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows all actions of a service on every resource.",
  why: "Reading, deleting and giving away come with it, though one of them was needed.",
  fix: "List the actions of the service that are needed, or name the resources.",
  corresponds: ["IAM.21", "AWS-0057", "ServiceWildcard"],
  subjects: identityPoliciesOf,
  check: onAllowedBy(function* (statement, place) {
    if (
      statement.actions.some(isEveryActionOfService) &&
      reachOfStatement(statement) === "everything"
    ) {
      yield { wrong: `allows all actions of a service on every resource (${place})` };
    }
  }),
});

export const iamPolicyResourcesNamed = defineRule<PolicySubject>({
  id: "iam-policy-resources-named",
  catalogue: [33],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "Actions that can be narrowed to resources are not allowed on every resource.",
  why: "The permission reaches what other teams own and what is made tomorrow.",
  fix: "Name the resources by ARN; keep * for actions that AWS cannot narrow, in a statement of their own.",
  corresponds: [
    "CKV_AWS_355",
    "CKV_AWS_356",
    "W11",
    "W12",
    "W13",
    "IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE",
    "RESOURCE_STAR",
    "RESOURCE_EFFECTIVELY_STAR",
  ],
  subjects: identityPoliciesOf,
  check: onAllowedBy(function* (statement, place, policy) {
    if (reachOfStatement(statement) !== "everything") return;
    const sorts = statement.actions.map(narrowing);
    if (sorts.includes("possible") || statement.notActions !== undefined) {
      yield { wrong: `allows actions on every resource that can be narrowed (${place})` };
    } else if (sorts.includes("unlisted")) {
      throw new Undetermined(
        `${policy.property} (${statement.label})`,
        "allows actions on every resource, of a service whose actions are not listed here",
      );
    }
  }),
});

export const iamPolicyNoAllowNotAction = defineRule<PolicySubject>({
  id: "iam-policy-no-allow-not-action",
  catalogue: [34],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No Allow statement says what it does not allow (NotAction).",
  why: "It allows everything else, also what AWS adds later.",
  fix: "Use Action with the list of what is needed; to take actions away, use a Deny statement.",
  corresponds: ["W14", "W15", "W16", "W17", "IAM_POLICY_NO_ALLOW_PLUS_NOT_ACTION"],
  subjects: (stack) => [
    ...identityPoliciesOf(stack),
    ...policiesOfKind(stack, "trust", "key", "secret"),
  ],
  check: onAllowedBy(function* (statement, place) {
    if (statement.notActions !== undefined) yield { wrong: `allows by NotAction (${place})` };
  }),
});

export const iamPolicyNoAllowNotResource = defineRule<PolicySubject>({
  id: "iam-policy-no-allow-not-resource",
  catalogue: [35],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No Allow statement says on what it does not work (NotResource).",
  why: "It reaches everything else, also what is made later.",
  fix: "Use Resource with the list of what is needed; to take resources away, use a Deny statement.",
  corresponds: ["W21", "W22", "W23"],
  subjects: (stack) => [...identityPoliciesOf(stack), ...policiesOfKind(stack, "key", "secret")],
  check: onAllowedBy(function* (statement, place) {
    if (statement.notResources !== undefined) yield { wrong: `allows by NotResource (${place})` };
  }),
});

export const iamPolicyNoAllowNotPrincipal = defineRule<PolicySubject>({
  id: "iam-policy-no-allow-not-principal",
  catalogue: [36],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No Allow statement says whom it does not let in (NotPrincipal).",
  why: "It lets in everybody else, of any account.",
  fix: "Use Principal with the roles that are meant.",
  corresponds: ["F6", "ALLOW_WITH_NOT_PRINCIPAL", "IAM_ROLE_NO_ALLOW_PLUS_NOT_PRINCIPAL"],
  subjects: (stack) => policiesOfKind(stack, "trust", "key", "secret"),
  check: onAllowedBy(function* (statement, place) {
    if (statement.notPrincipals !== undefined)
      yield { wrong: `lets in by NotPrincipal (${place})` };
  }),
});
