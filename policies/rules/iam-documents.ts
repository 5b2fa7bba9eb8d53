import { allowsAction, isEveryAction, isEveryActionOfService } from "../iam/statements";
import { globMatches } from "../iam/patterns";
import { demandedValues } from "../iam/conditions";
import { INLINE, MANAGED, ON_RESOURCES } from "../iam/quotas";
import { identityPoliciesOf, policiesOf, type PolicySubject } from "../model/policies";
import type { Problem } from "../model/subject";
import { TYPES } from "../model/types";
import { holdsUnknown, isMap, NOT_KNOWN_YET, Undetermined } from "../model/values";
import { defineRule } from "./rule";

const AS_IAM_WANTS =
  "Write it by the grammar of IAM's JSON policies: each statement has Effect, Action and, outside of trust policies, Resource.";

export const iamPolicyWellFormed = defineRule<PolicySubject>({
  id: "iam-policy-well-formed",
  catalogue: [54],
  objective: "least-privilege",
  severity: "medium",
  checks:
    "Every policy document is one that IAM takes, has the version 2012-10-17, and no two statements the same Sid.",
  why: "AWS refuses a document without Effect, Action or Resource, or with an operator that it does not know, in the middle of the update. Without the version, policy variables are read as plain text, so what they should narrow matches nothing or too much.",
  fix: 'Set Version to "2012-10-17" and give each statement a Sid of its own.',
  corresponds: ["NO_VERSION", "OLD_VERSION", "DUPLICATE_SID", "MISSING_VERSION"],
  subjects: policiesOf,
  *check(policy) {
    const refusals = policy.refusals();
    for (const { property, reason } of refusals) {
      yield { wrong: `has a policy that AWS refuses: ${property} ${reason}`, set: AS_IAM_WANTS };
    }
    if (refusals.length > 0) return;
    const version = policy.version();
    if (version === undefined) yield { wrong: `has a policy without version (${policy.property})` };
    else if (version !== "2012-10-17") {
      yield { wrong: `has a policy of an old version (${policy.property})` };
    }
    if (policy.isEmpty()) {
      yield { wrong: `has a policy without statements (${policy.property})`, set: AS_IAM_WANTS };
    }
    const seen = new Set<string>();
    yield* policy.check(function* ({ sid, label }): Generator<Problem> {
      if (sid === undefined) return;
      if (seen.has(sid)) {
        yield { wrong: `has two statements with the same Sid (${policy.property}, ${label})` };
      }
      seen.add(sid);
    });
  },
});

/** The longest inline policy, by what it is of: AWS counts all of one identity together, which is at least as short. */
function longestInline(type: string): number {
  if (TYPES.user.includes(type) || type.endsWith(":UserPolicy")) return INLINE.user.most;
  if (TYPES.group.includes(type) || type.endsWith(":GroupPolicy")) return INLINE.group.most;
  return INLINE.role.most;
}

export const iamPolicySizeFits = defineRule<PolicySubject>({
  id: "iam-policy-size-fits",
  catalogue: [55],
  objective: "change-control",
  severity: "low",
  checks: "Every policy document is as short as AWS demands.",
  why: "AWS refuses a longer one in the middle of the update.",
  fix: "Split the document, or name families of resources by path.",
  corresponds: [
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
  ],
  parameters: {
    trustCharacters: {
      type: "integer",
      description: "Longest trust policy: AWS's default, or the raised quota of the account.",
      default: 2048,
      minimum: 2048,
      maximum: 4096,
    },
  },
  subjects: policiesOf,
  *check(policy, settings) {
    const { source, property, kind, resource } = policy;
    let document: unknown = source;
    if (typeof source === "string") {
      try {
        document = JSON.parse(source);
      } catch {
        throw new Undetermined(property, "is not valid JSON");
      }
    } else if (holdsUnknown(source)) throw new Undetermined(property, NOT_KNOWN_YET);
    if (!isMap(document as never)) throw new Undetermined(property, "is not a policy document");
    const most =
      kind === "trust"
        ? Number(settings["trustCharacters"])
        : kind !== "identity"
          ? ON_RESOURCES[kind].most
          : TYPES.managedPolicy.includes(resource.type)
            ? MANAGED.most
            : longestInline(resource.type);
    if (JSON.stringify(document).length > most) {
      yield { wrong: `has a policy of more than ${most} characters (${property})` };
    }
  },
});

export const iamServiceLinkedRolesNamed = defineRule<PolicySubject>({
  id: "iam-service-linked-roles-named",
  catalogue: [56],
  objective: "least-privilege",
  severity: "medium",
  level: "advisory",
  scope: "stack",
  checks: "iam:CreateServiceLinkedRole names the service that the role is for.",
  why: "The identity could bring any service of AWS into the account.",
  fix: "Demand iam:AWSServiceName, or name the service's path under role/aws-service-role/.",
  corresponds: ["CREATE_SLR_WITH_STAR_IN_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!allowsAction(statement, "iam:createservicelinkedrole")) return;
      if (demandedValues(statement, "iam:awsservicename") !== undefined) return;
      const named = statement.resources.every((resource) =>
        /:role\/aws-service-role\/[^*?/]+\//.test(resource),
      );
      if (!named || statement.notResources !== undefined) {
        yield {
          wrong: `may bring any service into the account (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

export const iamNoIamWildcard = defineRule<PolicySubject>({
  id: "iam-no-iam-wildcard",
  catalogue: [57],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows iam:*, on whatever resource.",
  why: "Who may do everything in IAM gives itself every other permission.",
  fix: "List the actions of IAM that the stack's resources need.",
  corresponds: ["iam_policy_allows_privilege_escalation"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const whole = statement.actions.some(
        (action) =>
          isEveryAction(action) ||
          (isEveryActionOfService(action) && globMatches(action.split(":")[0] ?? "", "iam")),
      );
      if (whole) yield { wrong: `allows iam:* (${policy.property}, ${statement.label})` };
    }),
});
