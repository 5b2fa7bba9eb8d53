import { demands } from "./conditions";
import {
  ESCALATION_PATHS,
  type EscalationPath,
  type Step,
  type Workload,
} from "./escalation-paths";
import { globMatches, isOpen } from "./patterns";
import { Permissions, type Grant } from "./permissions";
import { intersect, reachOfRegion, regionHas, type Region } from "./region";

/** A way to more permissions that is open, and the grants that open it. */
export interface Escalation {
  readonly path: EscalationPath;
  /** For each step of the path, one grant that makes it possible. */
  readonly grants: readonly Grant[];
}

/** What an identity controls already; to change it, the permission for exactly that is enough. */
export interface Controlled {
  /** ARNs of itself, of the roles it can become, and of the policies attached to these. */
  readonly arns?: readonly string[];
}

/**
 * The ways in which somebody with these permissions can get others. Joins all policies, so one step may come from one
 * policy and the next from another. To join several identities (a role that may assume another), give the permissions
 * of all: a step may come from any of them.
 *
 * A grant for named resources opens nothing, unless they are the holder's own. Conditions that bound what can be given
 * away (`iam:PermissionsBoundary`, `iam:PolicyARN`, `iam:PassedToService`, tags of the resource) close a step.
 */
export function escalationsOf(
  permissions: Permissions | readonly Permissions[],
  controlled: Controlled = {},
): Escalation[] {
  const all = asList(permissions);
  const answers = new Map<Step, readonly Grant[]>();
  const opening = (step: Step): readonly Grant[] => {
    const known = answers.get(step);
    if (known !== undefined) return known;
    const found = all
      .flatMap((each) => each.grants(step.action))
      .filter((grant) => opens(step, grant, controlled));
    answers.set(step, found);
    return found;
  };
  return ESCALATION_PATHS.flatMap((path) => {
    const grants = choose(path.steps, opening);
    return grants === undefined ? [] : [{ path, grants }];
  });
}

/** One grant for each step; those of `made` steps must reach the same thing. */
function choose(
  [step, ...others]: readonly Step[],
  opening: (step: Step) => readonly Grant[],
  making?: Region,
): Grant[] | undefined {
  if (step === undefined) return [];
  for (const grant of opening(step)) {
    const together = step.needs === "made";
    if (together && making !== undefined && intersect(grant.region, making) === undefined) continue;
    const rest = choose(others, opening, together ? grant.region : making);
    if (rest !== undefined) return [grant, ...rest];
    // Another grant changes nothing for the steps that follow, unless they must meet this one.
    if (!together) return undefined;
  }
  return undefined;
}

function asList(permissions: Permissions | readonly Permissions[]): readonly Permissions[] {
  return permissions instanceof Permissions ? [permissions] : permissions;
}

/**
 * The services that somebody with these permissions can have work with one role, and tell what to do: they become the
 * role, if it trusts the service.
 */
export function servicesActingAs(permissions: Permissions, role: string): ReadonlySet<string> {
  const services = new Set<string>();
  const passes = permissions.grants("iam:passrole").filter(({ region }) => regionHas(region, role));
  if (passes.length === 0) return services;
  for (const { steps } of ESCALATION_PATHS) {
    const [pass, ...others] = steps;
    if (pass?.service === undefined || services.has(pass.service)) continue;
    if (!passes.some((grant) => !isBounded(pass, grant))) continue;
    const told = others.every((step) =>
      permissions.grants(step.action).some((grant) => opens(step, grant, {})),
    );
    if (told) services.add(pass.service);
  }
  return services;
}

/** Where in an account something is: service and resource of its ARN. */
export interface Place {
  readonly service: string;
  readonly resource: string;
}

/**
 * The ways in which somebody with these permissions can have a workload do its work, and so become the role that it runs
 * with. The workload is of the holder's account.
 */
export function takeoversOf(permissions: Permissions, sort: Workload, place: Place): Escalation[] {
  return ESCALATION_PATHS.flatMap((path) => {
    const [first, ...others] = path.steps;
    if (path.takes !== sort || first === undefined) return [];
    const reaching = permissions
      .grants(first.action)
      .find((grant) => !isBounded(first, grant) && reaches(grant, place));
    if (reaching === undefined) return [];
    const grants = others.map((step) =>
      permissions.grants(step.action).find((grant) => opens(step, grant, {})),
    );
    const open = grants.filter((grant) => grant !== undefined);
    return open.length === others.length ? [{ path, grants: [reaching, ...open] }] : [];
  });
}

/** Whether a grant reaches it in some partition, Region and account: those of the grant's own texts are tried. */
function reaches({ region }: Grant, { service, resource }: Place): boolean {
  return region.within.some((pattern) => {
    const [, partition, , ...where] = pattern
      .split(":", 5)
      .map((part) => (isOpen(part) ? "any" : part));
    const [inRegion = "any", account = "any"] = where;
    return regionHas(
      region,
      `arn:${partition ?? "aws"}:${service}:${inRegion}:${account}:${resource}`,
    );
  });
}

function opens(step: Step, grant: Grant, controlled: Controlled): boolean {
  if (isBounded(step, grant)) return false;
  if (step.needs === "any" || step.needs === "made") return true;
  if (reachOfRegion(grant.region) !== "some") return true;
  if (step.needs !== "strong") return false;
  return controlled.arns?.some((arn) => regionHas(grant.region, arn)) === true;
}

/** Conditions that leave the step possible but its gain limited. */
function isBounded(step: Step, { conditions }: Grant): boolean {
  return conditions.some((condition) => {
    const { key, values } = condition;
    const exact = demands(condition) && values.every((value) => !isOpen(value));
    if (key === "iam:passedtoservice" && step.service !== undefined) {
      const service = step.service;
      return demands(condition) && !values.some((value) => globMatches(value, service));
    }
    // Code comes from the layers that are named, or from none.
    if (key === "lambda:layer") return exact && step.action.startsWith("lambda:update");
    if (key === "iam:permissionsboundary") return exact && step.action.startsWith("iam:");
    if (key === "iam:policyarn") return exact && /^iam:attach/.test(step.action);
    return (
      exact && /^(aws|iam):resourcetag\//.test(key) && step.needs !== "any" && step.needs !== "made"
    );
  });
}
