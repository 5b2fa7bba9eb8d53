import { escalationsOf, takeoversOf, type Escalation } from "../iam/escalation";
import { Permissions } from "../iam/permissions";
import { attachmentsOf } from "./attachments";
import { statementsOf, type Identity } from "./identities";
import { reachableRoles, type Certainty } from "./role-chains";
import type { Stack } from "./stack";
import { workloadsOf } from "./workloads";

/** A way to more permissions that an identity of a stack has, and the roles whose permissions it needs. */
export interface IdentityEscalation extends Escalation {
  readonly over: readonly Identity[];
}

/**
 * How an identity of a stack could get more permissions, through all its policies and through the roles that it can
 * become: those that it may assume or pass, and those of workloads that it can tell what to do. The latter are a way of
 * their own where nobody gave it the role and the role may do more than it. With `possible` also through roles whose trust
 * is not known yet, and policies that may turn out to be its own.
 */
export function identityEscalations(
  stack: Stack,
  identity: Identity,
  certainty: Certainty = "known",
): readonly IdentityEscalation[] {
  const own = [identity.permissions, ...(certainty === "possible" ? anybodys(stack) : [])];
  const alone = escalationsOf(own, { arns: identity.ownArns });
  const known = new Set(alone.map(({ path }) => path));
  const taken = stolenRoles(stack, identity, certainty).filter(({ path }) => !known.has(path));
  const found = [...alone.map((escalation) => ({ ...escalation, over: [] })), ...taken];
  const roles = reachableRoles(stack, identity, certainty, (from) =>
    takeovers(stack, from).map(({ role }) => role),
  );
  if (roles.length === 0) return found;
  for (const { path } of taken) known.add(path);
  const all = [identity, ...roles];
  const together = escalationsOf([...own, ...roles.map(({ permissions }) => permissions)], {
    arns: all.flatMap(({ ownArns }) => ownArns),
  });
  return [
    ...found,
    ...together
      .filter(({ path }) => !known.has(path))
      .map((escalation) => ({ ...escalation, over: needed(escalation, roles) })),
  ];
}

interface Takeover extends Escalation {
  readonly role: Identity;
}

/** The workloads that an identity can tell what to do, by what, and their roles. */
function takeovers(stack: Stack, { permissions }: Identity): readonly Takeover[] {
  return workloadsOf(stack).flatMap(({ sort, place, role }) =>
    takeoversOf(permissions, sort, place).map((escalation) => ({ ...escalation, role })),
  );
}

/**
 * What functions need to tell of themselves and to stand in a network: AWS's policies AWSLambdaBasicExecutionRole,
 * AWSLambdaVPCAccessExecutionRole and AWSXRayDaemonWriteAccess. It makes no role stronger.
 */
const TELLING: ReadonlySet<string> = new Set([
  "logs:createloggroup",
  "logs:createlogstream",
  "logs:putlogevents",
  "xray:puttracesegments",
  "xray:puttelemetryrecords",
  "xray:getsamplingrules",
  "xray:getsamplingtargets",
  "xray:getsamplingstatisticsummaries",
  "cloudwatch:putmetricdata",
  "ec2:createnetworkinterface",
  "ec2:describenetworkinterfaces",
  "ec2:describesubnets",
  "ec2:deletenetworkinterface",
  "ec2:assignprivateipaddresses",
  "ec2:unassignprivateipaddresses",
]);

/** Ways to a role that may do more, over a workload; by path, with all the roles that it leads to. */
function stolenRoles(
  stack: Stack,
  identity: Identity,
  certainty: Certainty,
): readonly IdentityEscalation[] {
  const all = takeovers(stack, identity).filter(({ role }) => role !== identity);
  if (all.length === 0) return [];
  const given = new Set(reachableRoles(stack, identity, certainty));
  const stolen = new Map<Escalation["path"], { grants: Escalation["grants"]; over: Identity[] }>();
  for (const { path, grants, role } of all) {
    if (given.has(role) || !role.permissions.exceed(identity.permissions, TELLING)) continue;
    const known = stolen.get(path);
    if (known === undefined) stolen.set(path, { grants, over: [role] });
    else if (!known.over.includes(role)) known.over.push(role);
  }
  return [...stolen].map(([path, { grants, over }]) => ({ path, grants, over }));
}

/** The roles whose grants a way takes; where the identity's own are enough, all that it controls may be why. */
function needed({ path, grants }: Escalation, roles: readonly Identity[]): readonly Identity[] {
  const giving = roles.filter(({ permissions }) =>
    path.steps.some(({ action }) =>
      permissions.grants(action).some((grant) => grants.includes(grant)),
    ),
  );
  return giving.length > 0 ? giving : roles;
}

/** What hangs on identities that are not known yet. */
function anybodys(stack: Stack): readonly Permissions[] {
  return stack.family(readAnybodys);
}

function readAnybodys(stack: Stack): readonly Permissions[] {
  const policies = statementsOf(attachmentsOf(stack).anybodys);
  return policies.length === 0 ? [] : [new Permissions({ policies })];
}
