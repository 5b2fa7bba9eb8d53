import type { Account } from "./accounts";
import type { Criteria } from "./fleet";

const ORGANIZATIONAL_UNIT_ID = /^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/;

/** Tells whether an account is in a unit (by path below the root, or by id) or in one nested in it. */
export function isInUnit(account: Account, unit: string): boolean {
  if (ORGANIZATIONAL_UNIT_ID.test(unit)) return account.organizationalUnitIds.includes(unit);
  // Compared name by name: `workloads/prod` must not take in `workloads/production`.
  return unit.split("/").every((name, index) => account.organizationalUnitPath[index] === name);
}

const hasTags = (account: Account, tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).every(
    ([key, value]) => Object.hasOwn(account.tags, key) && account.tags[key] === value,
  );

/** Which criterion an account matches, in words that go into a reason; undefined when it matches none. */
export function matching(account: Account, criteria: Criteria): string | undefined {
  if (criteria.accounts.includes(account.id)) return "its id";
  const unit = criteria.organizationalUnits.find((name) => isInUnit(account, name));
  if (unit !== undefined) return `the organizational unit ${unit}`;
  const tags = criteria.tags.find((set) => hasTags(account, set));
  if (tags !== undefined) {
    const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
    return pairs.length === 1 ? `the tag ${pairs.join()}` : `the tags ${pairs.join(", ")}`;
  }
  return criteria.all ? "all: true" : undefined;
}
