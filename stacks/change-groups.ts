import { digest } from "./digest";

/** A resource that changes, or would: names of properties, never their values. */
export interface Change {
  readonly type: string;
  readonly name: string;
  readonly operation: "create" | "update" | "replace" | "delete";
  readonly properties: readonly string[];
}

/** Everything that changes in one account, over all of its stamps. */
export interface AccountChanges {
  readonly accountId: string;
  readonly changes: readonly Change[];
}

/** Accounts in which the same changes. */
export interface ChangeGroup {
  /** Of the changes without the accounts: the same change has the same digest tomorrow. */
  readonly digest: string;
  readonly accountIds: readonly string[];
  /** Sorted; the account's own id in a name stands as {@link OWN_ACCOUNT}. */
  readonly changes: readonly Change[];
}

/** Stands in names for the id of the account that the change is in. */
export const OWN_ACCOUNT = "<account>";

/**
 * Puts accounts together in which the same changes but for the account's own id, the largest group first. Accounts in
 * which nothing changes are in no group.
 */
export function groupByEqualChange(accounts: readonly AccountChanges[]): ChangeGroup[] {
  const groups = new Map<string, { accountIds: string[]; changes: readonly Change[] }>();
  for (const { accountId, changes } of accounts) {
    if (changes.length === 0) continue;
    const plain = changes
      .map(({ type, name, operation, properties }) => ({
        type,
        name: name.replaceAll(accountId, OWN_ACCOUNT),
        operation,
        properties: [...properties].sort(),
      }))
      .sort((a, b) => compare(keyOf(a), keyOf(b)));
    const id = digest(plain);
    const known = groups.get(id);
    if (known === undefined) groups.set(id, { accountIds: [accountId], changes: plain });
    else known.accountIds.push(accountId);
  }
  return [...groups]
    .map(([id, { accountIds, changes }]) => ({
      digest: id,
      accountIds: [...new Set(accountIds)].sort(),
      changes,
    }))
    .sort((a, b) => b.accountIds.length - a.accountIds.length || compare(a.digest, b.digest));
}

const keyOf = ({ type, name, operation }: Change): string => `${type}\n${name}\n${operation}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
