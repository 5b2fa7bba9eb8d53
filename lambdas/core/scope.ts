import { NAMES } from "../../stacks/naming";
import type { Member, Scope } from "../model";

/** Any of the prefixes; no prefix means every name. */
export function nameInScope(scope: Scope, name: string): boolean {
  const { namePrefixes } = scope;
  return namePrefixes.length === 0 || namePrefixes.some((prefix) => name.startsWith(prefix));
}

/** All of the tags, each with its value. */
export function tagsInScope(scope: Scope, tags: Readonly<Record<string, string>>): boolean {
  return Object.entries(scope.tags).every(([name, value]) => tags[name] === value);
}

/** Whether a secret is one that is kept. */
export function inScope(
  scope: Scope,
  secret: { readonly name: string; readonly tags: Readonly<Record<string, string>> },
): boolean {
  return nameInScope(scope, secret.name) && tagsInScope(scope, secret.tags);
}

/**
 * Whether a secret is a replica whose primary is kept. A replica has the values, labels and name of its primary, and the
 * primary's manifest names the Regions of its replicas: keeping it once more would keep the same thing twice. A replica of
 * a primary in a Region that is not looked at is kept itself, because nobody else does.
 */
export function keptByPrimary(
  member: Member,
  secret: { readonly region: string; readonly primaryRegion?: string },
): boolean {
  const { primaryRegion } = secret;
  return (
    primaryRegion !== undefined &&
    primaryRegion !== secret.region &&
    member.regions.includes(primaryRegion)
  );
}

/**
 * Whether a secret is a copy that a drill made. Drills make them in the vault account and take them away again, so they are
 * not kept, also where the vault account is itself a member; elsewhere the name means nothing.
 */
export function isDrillCopy(
  vaultAccountId: string,
  secret: { readonly accountId: string; readonly name: string },
): boolean {
  return secret.accountId === vaultAccountId && secret.name.startsWith(NAMES.drillPrefix);
}
