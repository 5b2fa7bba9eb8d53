import type { Organization } from "../../stacks/accounts";
import { selectAccounts } from "../../stacks/selection";
import { type FleetSource, withPlaces } from "../fleet/fleet-source";
import type { OrganizationCache } from "../org/snapshot";
import type { LookedAt } from "./driver";

/** Looks accounts up in the fleet file and the organization, which is read again for one that it does not have yet. */
export function accountLookUp(
  source: FleetSource,
  organization: Pick<OrganizationCache, "fresh" | "refresh">,
): (accountId: string) => Promise<LookedAt> {
  return async (accountId) => {
    const loaded = await source();
    let found = await organization.fresh();
    const before = accountOf(found, accountId);
    if (before === undefined || before.status === "PENDING_ACTIVATION") {
      found = await organization.refresh();
    }
    const account = accountOf(found, accountId);
    if (account === undefined) return { fact: { kind: "unknown" } };
    const { selected, skipped } = withPlaces(loaded, () => selectAccounts(loaded.fleet, found));
    const entry = selected.find((one) => one.account.id === accountId);
    if (entry?.kinds.includes("member") === true) {
      const environment = entry.environment?.name;
      return {
        account,
        fact: { kind: "selected" },
        ...(environment === undefined ? {} : { environment }),
      };
    }
    const reason =
      entry?.reason ?? skipped.find((one) => one.account.id === accountId)?.reason ?? "";
    const later = account.status === "PENDING_ACTIVATION";
    return { account, fact: { kind: "left-out", reason, later } };
  };
}

const accountOf = ({ accounts }: Organization, accountId: string) =>
  accounts.find(({ id }) => id === accountId);
