import { AppError } from "../../stacks/errors";
import type { Principal } from "../auth/roles";
import type { OrganizationCache } from "../org/snapshot";
import type { RunPlanner } from "../runs/planner";
import type { RunRequest } from "../runs-ports";

/** Keeps callers that may act in some organizational units only out of all others. Throws `AUTH_FORBIDDEN`. */
export interface Scope {
  /** Before a run starts: all accounts that it would touch are the caller's. */
  requireRun(principal: Principal, request: RunRequest): Promise<void>;
  /** Before something is done about a run that is there. */
  requireAccounts(principal: Principal, accountIds: readonly string[]): Promise<void>;
}

export function createScope(planner: RunPlanner, organization: OrganizationCache): Scope {
  const requireAccounts: Scope["requireAccounts"] = async (principal, accountIds) => {
    const { organizationalUnits: own } = principal;
    if (own === undefined) return;
    const { accounts } = await organization.fresh();
    const paths = new Map(accounts.map(({ id, organizationalUnitPath: at }) => [id, at.join("/")]));
    // An account that is not in the organization any more is nobody's part of it.
    const outside = accountIds.filter((id) => {
      const path = paths.get(id);
      return path === undefined || !own.some((unit) => `${path}/`.startsWith(`${unit}/`));
    });
    if (outside.length === 0) return;
    throw new AppError("AUTH_FORBIDDEN", `You may act in ${own.join(", ")} only.`, {
      action:
        "Name accounts of these organizational units, or ask somebody who may act in the others.",
      problems: outside.slice(0, 20).map((id) => ({ message: `account ${id} is not in them` })),
    });
  };
  return {
    requireAccounts,
    async requireRun(principal, request) {
      if (principal.organizationalUnits === undefined) return;
      const { stamps, sources = [] } = await planner.plan(request);
      const ids = new Set([...stamps.map(({ accountId }) => accountId), ...sources]);
      await requireAccounts(principal, [...ids]);
    },
  };
}
