import type { Account, Organization } from "./accounts";
import type { SelectedAccount } from "./selection";
import type { StampName } from "./naming";

/** What an account did, as two lists of the organization show it. */
export const ACCOUNT_CHANGES = [
  "joined",
  "left",
  "returned",
  "suspended",
  "reactivated",
  "moved",
] as const;
export type AccountChange = (typeof ACCOUNT_CHANGES)[number];

/** An account as it was when the organization was last looked at. */
export type KnownAccount = Pick<
  Account,
  "id" | "name" | "status" | "organizationalUnitPath" | "organizationalUnitIds"
> & {
  /** Whether the organization had it. */
  readonly present: boolean;
};

/** One change; `from` and `to` are units or states, for people. */
export interface ChangedAccount {
  readonly account: KnownAccount;
  readonly change: AccountChange;
  readonly from?: string;
  readonly to?: string;
}

const unit = ({ organizationalUnitPath }: KnownAccount): string =>
  organizationalUnitPath.join("/") || "the root";

function changeOf(before: KnownAccount | undefined, account: KnownAccount): ChangedAccount[] {
  if (before === undefined) return [{ account, change: "joined", to: unit(account) }];
  if (!before.present) return [{ account, change: "returned", to: unit(account) }];
  const wasActive = before.status === "ACTIVE";
  const isActive = account.status === "ACTIVE";
  if (wasActive !== isActive) {
    const change = isActive ? "reactivated" : "suspended";
    return [{ account, change, from: before.status, to: account.status }];
  }
  // By ids: a unit that gets another name takes its accounts along, and they have not moved.
  if (before.organizationalUnitIds.join() === account.organizationalUnitIds.join()) return [];
  return [{ account, change: "moved", from: unit(before), to: unit(account) }];
}

/** What the accounts did between two looks at the organization. Both lists must be whole: what is missing has left. */
export function compareAccounts(
  known: readonly KnownAccount[],
  { accounts }: Organization,
): readonly ChangedAccount[] {
  const before = new Map(known.map((account) => [account.id, account]));
  const now = new Set(accounts.map(({ id }) => id));
  return [
    ...accounts.flatMap((account) => changeOf(before.get(account.id), asKnown(account))),
    ...known
      .filter(({ id, present }) => present && !now.has(id))
      .map((account): ChangedAccount => ({
        account: { ...account, present: false },
        change: "left",
        from: unit(account),
      })),
  ];
}

/** An account of the organization, as it is remembered. */
export function asKnown(account: Account): KnownAccount {
  const { id, name, status, organizationalUnitPath, organizationalUnitIds } = account;
  return { id, name, status, organizationalUnitPath, organizationalUnitIds, present: true };
}

/** What follows from a change. */
export type Consequence =
  /** Stamped with the settings of where it is now, and backed up. */
  | { readonly kind: "onboard" }
  /** Its stamps are taken down once somebody approves it; keys and backups stay. */
  | { readonly kind: "retire"; readonly stamps: readonly StampName[]; readonly reason: string }
  /** Everything stays as it is, because nobody can get in. */
  | { readonly kind: "keep"; readonly reason: string }
  | { readonly kind: "none" };

/** What follows for an account as it is now, from whatever it did. `stamped` are its stamps that are there. */
export function consequenceOf(
  account: KnownAccount,
  entry: SelectedAccount | undefined,
  whyNot: string | undefined,
  stamped: readonly StampName[],
): Consequence {
  if (!account.present || account.status !== "ACTIVE") {
    if (stamped.length === 0) return { kind: "none" };
    const state = account.present ? account.status : "not in the organization any more";
    return {
      kind: "keep",
      reason: `It is ${state}, and AWS lets nobody in: its stamps and backups stay as they are.`,
    };
  }
  if (entry !== undefined) {
    return entry.kinds.includes("member") ? { kind: "onboard" } : { kind: "none" };
  }
  if (stamped.length === 0) return { kind: "none" };
  return { kind: "retire", stamps: stamped, reason: whyNot ?? "The fleet file leaves it out." };
}
