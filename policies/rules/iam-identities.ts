import type { Subject } from "../model/subject";
import type { Resource, Stack } from "../model/stack";
import { TYPES } from "../model/types";
import { UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

const subjectsOf =
  (...types: readonly (readonly string[])[]) =>
  (stack: Stack): Subject[] =>
    stack.ofTypes(types.flat()).map((resource) => ({ resource }));

export const iamRoleHasBoundary = defineRule<Subject>({
  id: "iam-role-has-boundary",
  catalogue: [50],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "Every role carries a permissions boundary.",
  why: "Without one, whoever may attach policies to the role can make it an administrator.",
  fix: "Set permissionsBoundary to the ARN of the boundary policy.",
  corresponds: [],
  subjects: subjectsOf(TYPES.role),
  *check({ resource }, _settings, stack) {
    if (isPolicyOfStack(stack, resource, "permissionsBoundary")) return;
    const boundary = resource.view.string("permissionsBoundary");
    if (boundary === undefined || boundary === "") yield { wrong: "has no permissions boundary" };
    else if (/:aws:policy\//.test(boundary))
      yield { wrong: "has one of AWS's policies as boundary" };
  },
});

/** A value that is not known yet, and that the engine says comes from a managed policy of this stack. */
function isPolicyOfStack(stack: Stack, resource: Resource, property: string): boolean {
  const origins = resource.dependenciesOf(property) ?? [];
  const types: readonly (string | undefined)[] = TYPES.managedPolicy;
  return (
    resource.view.raw(property) === UNKNOWN &&
    origins.length > 0 &&
    origins.every((urn) => types.includes(stack.get(urn)?.type))
  );
}

export const iamRoleHasPath = defineRule<Subject>({
  id: "iam-role-has-path",
  catalogue: [50],
  objective: "least-privilege",
  severity: "medium",
  checks: "Every role has an IAM path of its own.",
  why: "Permissions over roles are given by path; a role at the root falls under none or under all.",
  fix: "Set path, for example to /strongroom/.",
  corresponds: [],
  parameters: {
    prefix: {
      type: "string",
      description: "What the path must start with.",
      default: "/",
    },
  },
  subjects: subjectsOf(TYPES.role),
  *check({ resource }, settings) {
    const path = resource.view.string("path") ?? "/";
    if (path === "/") yield { wrong: "has no path" };
    else if (!path.startsWith(String(settings["prefix"]))) yield { wrong: "has another path" };
  },
});

export const iamRoleSessionShort = defineRule<Subject>({
  id: "iam-role-session-short",
  catalogue: [50],
  objective: "credentials",
  severity: "medium",
  checks: "No role's session lasts longer than a pipeline needs.",
  why: "A stolen session is good until it ends.",
  fix: "Set maxSessionDuration to 14400 (4 hours) or less.",
  corresponds: [],
  parameters: {
    maximumSeconds: {
      type: "integer",
      description: "Longest session, seconds.",
      default: 14400,
      minimum: 3600,
      maximum: 43200,
    },
  },
  subjects: subjectsOf(TYPES.role),
  *check({ resource }, settings) {
    const most = Number(settings["maximumSeconds"]);
    if ((resource.view.number("maxSessionDuration") ?? 3600) > most) {
      yield {
        wrong: `has sessions longer than ${most} seconds`,
        set: `Set maxSessionDuration to ${most} or less.`,
      };
    }
  },
});

const USERS: readonly string[] = [...TYPES.user, ...TYPES.userCredential];

export const iamNoUsers = defineRule<Subject>({
  id: "iam-no-users",
  catalogue: [51],
  objective: "credentials",
  severity: "high",
  checks:
    "Programs make roles only: no IAM users, access keys, passwords or other lasting credentials.",
  why: "A lasting credential leaks sooner or later and works until somebody notices.",
  fix: "Make a role and let people and services assume it.",
  corresponds: ["CKV_AWS_273", "CKV_AWS_40", "IAM.2"],
  subjects: subjectsOf(TYPES.role, TYPES.user, TYPES.userCredential),
  *check({ resource }) {
    if (USERS.includes(resource.type)) yield { wrong: "is a lasting identity or credential" };
  },
});
