import { createHash } from "node:crypto";

import type { Account } from "./accounts";
import { matching } from "./criteria";
import type { Fleet } from "./fleet";

/** The one wave of a fleet file that names none. */
export const ONLY_WAVE = "all";
/** The wave of the accounts that no wave of the file takes. */
export const LAST_WAVE = "rest";

const position = (accountId: string) =>
  createHash("sha256").update(`strongroom wave:${accountId}`).digest("hex");

/**
 * Which wave each account goes with: the first that takes it. A share is drawn by a hash of the account ids, so it is the
 * same accounts every time, and a newcomer moves at most one of them.
 */
export function divideIntoWaves(
  fleet: Fleet,
  accounts: readonly Account[],
): { readonly names: readonly string[]; readonly waveOf: ReadonlyMap<string, number> } {
  if (fleet.waves.length === 0) {
    return { names: [ONLY_WAVE], waveOf: new Map(accounts.map(({ id }) => [id, 0])) };
  }
  const waveOf = new Map<string, number>();
  fleet.waves.forEach((wave, index) => {
    const left = accounts.filter(({ id }) => !waveOf.has(id));
    const taken =
      "match" in wave
        ? left.filter((account) => matching(account, wave.match) !== undefined)
        : draw(left, Math.ceil((accounts.length * wave.share) / 100));
    for (const { id } of taken) waveOf.set(id, index);
  });
  for (const { id } of accounts) if (!waveOf.has(id)) waveOf.set(id, fleet.waves.length);
  return { names: [...fleet.waves.map(({ name }) => name), LAST_WAVE], waveOf };
}

function draw(accounts: readonly Account[], count: number): Account[] {
  return [...accounts]
    .map((account) => ({ account, at: position(account.id) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, count)
    .map(({ account }) => account);
}
