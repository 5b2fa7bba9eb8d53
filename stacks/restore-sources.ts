import type { Organization } from "./accounts";
import { isInUnit } from "./criteria";
import { AppError, type Problem } from "./errors";
import type { Fleet } from "./fleet";
import { isAccountId, parseStampName } from "./naming";
import { planRun } from "./plan";
import type { RunTarget } from "./target";
import { pointerTo } from "./yaml-places";

/** An account whose backups are asked for. */
export interface RestoreSource {
  readonly accountId: string;
  /** Other people's text; empty where the organization does not have the account any more. */
  readonly name: string;
}

/**
 * The accounts whose backups a restore is about, by id. Unlike everything else that a run does, the account itself need not be
 * reachable, in the fleet or even in the organization: to be restored from there is what its backups are for. Without
 * a target it is every member of the fleet. Throws `SPEC_INVALID` for what is no account id, `PLAN_UNKNOWN_ACCOUNT` for a
 * unit that holds no account, and `PLAN_EMPTY`.
 */
export function restoreSources(
  fleet: Fleet,
  organization: Organization,
  target: RunTarget,
): readonly RestoreSource[] {
  const { accounts, stamps, organizationalUnits, kinds } = target;
  const problems: Problem[] = (accounts ?? []).flatMap((id, index) =>
    isAccountId(id)
      ? []
      : [
          {
            message: `${JSON.stringify(id)} is not an account id, 12 digits`,
            pointer: pointerTo("/target/accounts", index),
          },
        ],
  );
  if (problems.length > 0) {
    throw new AppError("SPEC_INVALID", "The target has mistakes.", {
      action: "Give the 12 digits of each account id.",
      problems,
    });
  }
  const unknown = (organizationalUnits ?? []).filter(
    (unit) => !organization.accounts.some((account) => isInUnit(account, unit)),
  );
  if (unknown.length > 0) {
    throw new AppError(
      "PLAN_UNKNOWN_ACCOUNT",
      `No account is in an organizational unit ${JSON.stringify(unknown[0])}.`,
      { action: "`strongroom accounts` lists the units." },
    );
  }
  const named = stamps
    ?.map((stamp) => parseStampName(stamp))
    .filter(({ kind }) => kind === "member")
    .map(({ accountId }) => accountId);
  const everybody = organization.accounts.map(({ id }) => id);
  const asked = accounts ?? named ?? (organizationalUnits === undefined ? undefined : everybody);
  // Nothing is named: the members, as everywhere else.
  const candidates =
    asked ??
    planRun(fleet, organization, { kinds: ["member"] }).accounts.map(({ accountId }) => accountId);
  const byId = new Map(organization.accounts.map((account) => [account.id, account]));
  const found = [...new Set(candidates)]
    .filter((id) => {
      const account = byId.get(id);
      if (named?.includes(id) === false || kinds?.includes("member") === false) return false;
      if (organizationalUnits === undefined) return true;
      return account !== undefined && organizationalUnits.some((unit) => isInUnit(account, unit));
    })
    .sort()
    .map((accountId) => ({ accountId, name: byId.get(accountId)?.name ?? "" }));
  if (found.length > 0) return found;
  throw new AppError("PLAN_EMPTY", "The target names no account whose backups could be restored.", {
    action: "Widen the target; `strongroom coverage` lists the accounts that have backups.",
  });
}
