import type { ChangedAccount, KnownAccount } from "../../stacks/membership";
import type { Membership } from "../membership-ports";

/** An account that is known, with what it did last. */
export type StoredAccount = KnownAccount & { readonly membership?: Membership };

/** What was done about a change. */
export type FollowedUp = Pick<Membership, "follow" | "runId" | "onboardingId" | "note">;

/** Statements about the known accounts in an open transaction. */
export interface MembershipTransaction {
  /**
   * The known accounts, which nobody else changes until the end of the transaction; undefined where a list at least as new as
   * this one has been looked at already.
   */
  lockKnown(discoveredAt: string): Promise<readonly StoredAccount[] | undefined>;
  /** Writes down the accounts as a list had them, and what changed. */
  keep(
    accounts: readonly KnownAccount[],
    changes: readonly ChangedAccount[],
    discoveredAt: string,
  ): Promise<void>;
  /** Writes down what follows from an account's change; nothing where it has done something else since. */
  followUp(account: StoredAccount, done: FollowedUp): Promise<boolean>;
}

/** What can be read of the known accounts. */
export interface MembershipStore {
  /** Those that ever did anything, and those that are not there any more. */
  changed(): Promise<readonly StoredAccount[]>;
}
