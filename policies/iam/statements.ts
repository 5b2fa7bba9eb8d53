import { resourceKinds } from "./action-table";
import { parseArn, withoutPartition, type Arn } from "./arn";
import type { Statement } from "./document";
import { globCovers, globMatches, isOpen, isStarLike } from "./patterns";

/** Tells whether an Allow statement allows an action (lower case, `kms:decrypt`), on whatever resource. */
export function allowsAction(statement: Statement, action: string): boolean {
  if (statement.effect !== "Allow") return false;
  return namesAction(statement, action);
}

/** Tells whether a statement, whatever its effect, speaks of an action, by `Action` or by `NotAction`. */
export function namesAction(statement: Statement, action: string): boolean {
  if (statement.actions.some((pattern) => globMatches(pattern, action))) return true;
  return (
    statement.notActions !== undefined &&
    !statement.notActions.some((pattern) => globMatches(pattern, action))
  );
}

/** Every action of every service: `*`, `**`, `*:*`, `?*:*`. */
export function isEveryAction(pattern: string): boolean {
  const [service = "", name] = pattern.split(":");
  return name === undefined ? isStarLike(service) : isStarLike(service) && isStarLike(name);
}

/** Every action of one service (`kms:*`), or of the services that a pattern covers (`k?s:**`). */
export function isEveryActionOfService(pattern: string): boolean {
  const name = pattern.split(":")[1];
  return name !== undefined && isStarLike(name) && !isEveryAction(pattern);
}

/** Where a resource pattern reaches: everything, everything of a kind in one account, or less. */
export type Reach = "everything" | "account" | "some";

/** Services whose ARNs go straight to the name; all others put the resource's type before it (`key/…`). */
const WITHOUT_TYPE = new Set(["s3", "sns", "sqs"]);

/**
 * How far a resource pattern reaches. `*` reaches everything, and so does an ARN whose account and name are open
 * (`arn:aws:kms:*:*:key/*`); with an exact account and an open name it reaches the account. A policy variable in the
 * name narrows it, as IAM fills it from the caller.
 */
export function reachOf(resource: string): Reach {
  if (isStarLike(resource)) return "everything";
  const arn = parseArn(withoutPartition(resource));
  // What has wildcards and is no ARN (`arn:*`, `arn:aws:s3*`) swallows the parts that would narrow it.
  if (arn === undefined) return isOpen(resource) ? "everything" : "some";
  const typed = !WITHOUT_TYPE.has(arn.service);
  const name = typed ? arn.resource.replace(/^[a-z-]+[/:](?=.)/i, "") : arn.resource;
  const parts = name.split(/[/:]/);
  const whole = parts.every((part) => isStarLike(part) || part === "");
  if (!whole && !(typed && holdsAllOfAKind(arn))) return "some";
  const bucketLike = arn.account === "" && arn.service === "s3";
  return bucketLike || isOpen(arn.account) ? "everything" : "account";
}

/** `role*` and `r*` hold all roles: the wildcard takes what parts the sort of resources from its name. */
function holdsAllOfAKind({ service, resource }: Arn): boolean {
  if (!/^[^/:]*[*?]/.test(resource)) return false;
  return resourceKinds(service).some((kind) => {
    const all = parseArn(kind)?.resource ?? "";
    return isOpen(all) && globCovers(resource, all);
  });
}

/** How far a statement's resources reach: the widest of them. `NotResource` reaches everything. */
export function reachOfStatement(statement: Statement): Reach {
  if (statement.notResources !== undefined) return "everything";
  const reaches = statement.resources.map(reachOf);
  if (reaches.includes("everything")) return "everything";
  return reaches.includes("account") ? "account" : "some";
}
