import type { OrganizationFile } from "../emulator/organization-file";
import { buildWorld } from "../emulator/world";

export interface Members {
  /** Accounts that can be stamped, as many as were asked for. */
  readonly ids: readonly string[];
  /** Members that the organization must have, those that cannot be reached among them. */
  readonly memberCount: number;
}

/**
 * The members that a benchmark works on: those of the seed file first, in its order, then generated ones. Management, the
 * service's home and the vault are none; accounts that are suspended or cannot be reached are passed over.
 */
export function reachableMembers(file: OrganizationFile, count: number): Members {
  const special = new Set([
    file.managementAccount,
    file.delegatedAdministratorAccount,
    file.vaultAccount,
  ]);
  const members = (memberCount: number) =>
    buildWorld(file, memberCount).accounts.filter(({ id }) => !special.has(id));
  const reached = (memberCount: number) =>
    members(memberCount).filter(({ status, accessBroken }) => status === "ACTIVE" && !accessBroken);
  const unreachable = members(0).length - reached(0).length;
  const memberCount = count + unreachable;
  return {
    ids: reached(memberCount)
      .map(({ id }) => id)
      .slice(0, count),
    memberCount,
  };
}
