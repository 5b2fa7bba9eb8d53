import { accountOf } from "../iam/arn";
import { policiesOn } from "../model/policies";
import type { Resource, Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { isList, NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value } from "../model/values";
import { defineRule } from "./rule";

const TOO_STRONG =
  /:aws:policy\/(?:job-function\/)?(AdministratorAccess|IAMFullAccess|PowerUserAccess|SystemAdministrator)$/;
const READS_ALL = /:aws:policy\/(?:job-function\/)?(ReadOnlyAccess|ViewOnlyAccess)$/;
const PROPERTIES = ["policyArn", "policyArns", "managedPolicyArns"];

export const iamNoStrongManagedPolicies = defineRule<Subject>({
  id: "iam-no-strong-managed-policies",
  catalogue: [49],
  objective: "least-privilege",
  severity: "critical",
  scope: "stack",
  checks:
    "Nothing attaches AdministratorAccess, PowerUserAccess or IAMFullAccess, nor ReadOnlyAccess to a role that another account may assume.",
  why: "AWS's broadest policies give the whole account away, and reading all of it includes its data.",
  fix: "Attach a policy that lists what is needed.",
  corresponds: [
    "CKV_AWS_274",
    "CKV2_AWS_56",
    "W43",
    "W44",
    "iam_role_cross_account_readonlyaccess_policy",
    "iam_aws_attached_policy_no_administrative_privileges",
  ],
  frameworks: { "CIS AWS Foundations": ["2.14"] },
  subjects: (stack) =>
    stack
      .ofTypes([...TYPES.role, ...TYPES.user, ...TYPES.group, ...TYPES.policyAttachment])
      .filter(({ view }) => PROPERTIES.some((property) => view.raw(property) !== undefined))
      .map((resource) => ({ resource })),
  *check({ resource }, _settings, stack) {
    let doubt: string | undefined;
    for (const property of PROPERTIES) {
      const value = resource.view.raw(property);
      const arns: readonly (Value | undefined)[] = isList(value) ? value : [value];
      for (const arn of arns) {
        if (arn === UNKNOWN && !isPolicyOfStack(stack, resource, property)) doubt ??= property;
        if (typeof arn !== "string") continue;
        if (TOO_STRONG.test(arn)) {
          yield { wrong: `has one of AWS's strongest policies (${property})` };
        } else if (READS_ALL.test(arn) && isOpenToOthers(stack, resource)) {
          yield { wrong: `lets another account read everything (${property})` };
        }
      }
    }
    if (doubt !== undefined) throw new Undetermined(doubt, NOT_KNOWN_YET);
  },
});

function isPolicyOfStack(stack: Stack, resource: Resource, property: string): boolean {
  const origins = resource.dependenciesOf(property) ?? [];
  const types: readonly (string | undefined)[] = TYPES.managedPolicy;
  return origins.length > 0 && origins.every((urn) => types.includes(stack.get(urn)?.type));
}

/** Whether another account may assume the role: itself, or the role of the stack that an attachment names. */
function isOpenToOthers(stack: Stack, resource: Resource): boolean {
  const name = resource.view.raw("role");
  const roles = TYPES.role.includes(resource.type)
    ? [resource]
    : stack.ofTypes(TYPES.role).filter(({ view }) => {
        const own = view.raw("name", "roleName") ?? view.raw("id");
        return own !== undefined && own === name;
      });
  return roles.some((role) =>
    policiesOn(stack, role)
      .filter(({ kind }) => kind === "trust")
      .flatMap((policy) => policy.known())
      .some(
        ({ effect, principals }) =>
          effect === "Allow" &&
          (principals?.everybody === true ||
            (principals?.aws ?? []).some((one) => accountOf(one) !== role.accountId)),
      ),
  );
}

export const accessAnalyzerFindsOutsiders = defineRule<Subject>({
  id: "access-analyzer-finds-outsiders",
  catalogue: [58],
  objective: "no-outsiders",
  severity: "medium",
  scope: "stack",
  checks: "Access analyzers look for access from outside, in every Region that the settings name.",
  why: "An analyzer of unused access alone does not see that a key or a secret is open to others.",
  fix: "Set type to ACCOUNT or ORGANIZATION, and add an analyzer for each Region.",
  corresponds: ["accessanalyzer_enabled", "AWS-0175"],
  frameworks: { "CIS AWS Foundations": ["2.18"] },
  parameters: {
    regions: {
      type: "array",
      description: "Regions that must have an analyzer in a stack that makes one.",
      default: [],
      items: { type: "string" },
    },
  },
  subjects: (stack) => stack.ofTypes(TYPES.analyzer).map((resource) => ({ resource })),
  *check({ resource }, settings, stack) {
    const type = resource.view.string("type") ?? "ACCOUNT";
    if (type !== "ACCOUNT" && type !== "ORGANIZATION") {
      yield { wrong: "does not look for access from outside" };
    }
    const analyzers = stack.ofTypes(TYPES.analyzer);
    if (analyzers[0] !== resource) return;
    const regions = new Set(analyzers.map((one) => one.region));
    for (const region of (settings["regions"] as readonly string[] | undefined) ?? []) {
      if (!regions.has(region)) yield { wrong: `has no counterpart in ${region}` };
    }
  },
});
