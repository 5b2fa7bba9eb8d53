import type { Account, Organization } from "./accounts";
import { isInUnit, matching } from "./criteria";
import { didYouMean } from "./did-you-mean";
import { AppError, type Problem } from "./errors";
import type { Criteria, Environment, Fleet } from "./fleet";
import type { StackKind } from "./kinds";
import { pointerTo } from "./yaml-places";

/** An account that gets stamps. */
export interface SelectedAccount {
  readonly account: Account;
  /** How it is kept; missing for a vault account whose own secrets are not kept. */
  readonly environment?: Environment;
  /** Its stamps, in the order in which they depend on each other. */
  readonly kinds: readonly StackKind[];
  /** What put it into the fleet, as one sentence. */
  readonly reason: string;
}

export type SkipCause =
  "not-active" | "management" | "excluded" | "not-included" | "no-environment" | "not-targeted";

/** An account that gets none. */
export interface SkippedAccount {
  readonly account: Account;
  readonly cause: SkipCause;
  /** Why, as one sentence that says what to change where something can be changed. */
  readonly reason: string;
}

/** Each account of the organization is in exactly one of the two lists, sorted by id. */
export interface Selection {
  readonly selected: readonly SelectedAccount[];
  readonly skipped: readonly SkippedAccount[];
  /** What is probably a mistake but may be right, for example a unit in which nobody is yet. */
  readonly warnings: readonly string[];
}

/** Refuses an organization that is not the pinned one (`ORG_MISMATCH`): its accounts are somebody else's. */
export function checkOrganization(fleet: Fleet, organization: Organization): void {
  const action = "Check the service's credentials, and organization in the fleet file.";
  if (organization.id !== fleet.organization.id) {
    throw new AppError(
      "ORG_MISMATCH",
      `The credentials belong to the organization ${organization.id}; the fleet file is for ${fleet.organization.id}.`,
      { action },
    );
  }
  const pinned = fleet.organization.managementAccount;
  if (pinned !== undefined && pinned !== organization.managementAccountId) {
    throw new AppError(
      "ORG_MISMATCH",
      `The organization's management account is ${organization.managementAccountId}; the fleet file says ${pinned}.`,
      { action },
    );
  }
}

/** Everything of the fleet file that names accounts, with its place. */
function namedCriteria(fleet: Fleet): { pointer: string; criteria: Criteria }[] {
  return [
    { pointer: "/selection/include", criteria: fleet.selection.include },
    { pointer: "/selection/exclude", criteria: fleet.selection.exclude },
    ...fleet.environments.map(({ name, match }) => ({
      pointer: `${pointerTo("/environments", name)}/match`,
      criteria: match,
    })),
    ...fleet.waves.flatMap((wave, index) =>
      "match" in wave
        ? [{ pointer: `${pointerTo("/waves", index)}/match`, criteria: wave.match }]
        : [],
    ),
  ];
}

/** Refuses ids that the organization does not have: in an exclusion, a misspelt one would include an account. */
function checkAccounts(fleet: Fleet, organization: Organization): void {
  const known = new Map(organization.accounts.map((account) => [account.id, account]));
  const unknown: Problem[] = namedCriteria(fleet).flatMap(({ pointer, criteria }) =>
    criteria.accounts.flatMap((id, index) =>
      known.has(id)
        ? []
        : [
            {
              pointer: pointerTo(`${pointer}/accounts`, index),
              message: `there is no account ${id} in the organization`,
            },
          ],
    ),
  );
  const vault = known.get(fleet.vault.account);
  const pointer = "/vault/account";
  if (vault === undefined) {
    unknown.push({
      pointer,
      message: `there is no account ${fleet.vault.account} in the organization`,
    });
  }
  const wrong: Problem[] = [];
  if (vault !== undefined && vault.status !== "ACTIVE") {
    wrong.push({ pointer, message: `the vault account ${vault.id} is ${vault.status}` });
  }
  if (vault?.isManagementAccount === true) {
    wrong.push({
      pointer,
      message: `${vault.id} is the management account; service control policies cannot protect a vault there`,
    });
  }
  const through = fleet.access.through?.role.split(":")[4];
  if (through !== undefined && through !== organization.managementAccountId) {
    wrong.push({
      pointer: "/access/through/role",
      message: `the role is in account ${through}, not in the management account ${organization.managementAccountId}, which alone the bootstrap roles trust`,
    });
  }
  if (unknown.length + wrong.length === 0) return;
  throw new AppError(
    unknown.length > 0 ? "PLAN_UNKNOWN_ACCOUNT" : "SPEC_INVALID",
    "The fleet file does not fit the organization.",
    {
      action: "Correct each place in the fleet file; `strongroom accounts` lists the organization.",
      problems: [...unknown, ...wrong],
    },
  );
}

function unitWarnings(fleet: Fleet, organization: Organization): string[] {
  const paths = new Set<string>();
  for (const { organizationalUnitPath: names } of organization.accounts) {
    names.forEach((_, index) => paths.add(names.slice(0, index + 1).join("/")));
  }
  return namedCriteria(fleet).flatMap(({ pointer, criteria }) =>
    criteria.organizationalUnits
      .filter((unit) => !organization.accounts.some((account) => isInUnit(account, unit)))
      .map((unit) => {
        const meant = didYouMean(unit, [...paths]);
        const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
        return `${pointer}: no account is in the organizational unit ${unit}${hint}`;
      }),
  );
}

/** The environment of an account: the first that it matches, or the one for the others. */
export function environmentOf(fleet: Fleet, account: Account): Environment | undefined {
  return (
    fleet.environments.find(({ match }) => matching(account, match) !== undefined) ??
    fleet.environments.find(({ name }) => name === fleet.otherwise)
  );
}

type Verdict =
  | { readonly environment: Environment; readonly reason: string }
  | { readonly cause: SkipCause; readonly reason: string };

/** Whether the secrets of an account are kept. */
function judge(fleet: Fleet, account: Account): Verdict {
  if (account.status !== "ACTIVE") {
    return { cause: "not-active", reason: `The account is ${account.status}; AWS lets nobody in.` };
  }
  const excluded = matching(account, fleet.selection.exclude);
  if (excluded !== undefined) {
    return { cause: "excluded", reason: `selection.exclude leaves it out by ${excluded}.` };
  }
  const { include } = fleet.selection;
  if (account.isManagementAccount && !include.accounts.includes(account.id)) {
    return {
      cause: "management",
      reason: `It is the management account; name "${account.id}" under selection.include.accounts to include it.`,
    };
  }
  const included = matching(account, include);
  if (included === undefined) {
    return { cause: "not-included", reason: "Nothing under selection.include matches it." };
  }
  const environment = environmentOf(fleet, account);
  if (environment === undefined) {
    return {
      cause: "no-environment",
      reason:
        "It matches no environment; add a match to one, or name one under defaults.environment.",
    };
  }
  return {
    environment,
    reason: `selection.include takes it in by ${included}; environment ${environment.name}.`,
  };
}

/**
 * Divides the organization's accounts into those that get stamps and those that do not, each with its reason. The vault
 * account always gets its vault; whether its own secrets are kept is decided like any other account's. Throws
 * `ORG_MISMATCH` for another organization and `PLAN_UNKNOWN_ACCOUNT` or `SPEC_INVALID` with every id that does not fit.
 */
export function selectAccounts(fleet: Fleet, organization: Organization): Selection {
  checkOrganization(fleet, organization);
  checkAccounts(fleet, organization);
  const selected: SelectedAccount[] = [];
  const skipped: SkippedAccount[] = [];
  for (const account of byId(organization.accounts)) {
    const verdict = judge(fleet, account);
    const isVault = account.id === fleet.vault.account;
    if ("environment" in verdict) {
      const kinds: StackKind[] = isVault ? ["access", "vault", "member"] : ["access", "member"];
      selected.push({ account, kinds, ...verdict });
    } else if (isVault) {
      const reason = `It is the vault account; its own secrets are not kept: ${verdict.reason}`;
      selected.push({ account, kinds: ["access", "vault"], reason });
    } else {
      skipped.push({ account, ...verdict });
    }
  }
  return { selected, skipped, warnings: unitWarnings(fleet, organization) };
}

/** Accounts in the order of their ids, whatever order discovery met them in. */
export function byId(accounts: readonly Account[]): Account[] {
  return [...accounts].sort((a, b) => (a.id < b.id ? -1 : 1));
}
