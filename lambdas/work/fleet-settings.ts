import { FLEET_KEY } from "../core/keys";
import { readFleet } from "../core/requests";
import type { Member } from "../model";
import type { Clock, VaultBucket } from "../ports";

/** A warm function looks again after this time, so that a change of the fleet is soon heeded: milliseconds. */
const FRESH_MS = 60_000;

/** The members as the last sweep over all of them was told; none where there was no such sweep. */
export async function fleetOf(bucket: Pick<VaultBucket, "read">): Promise<readonly Member[]> {
  const body = await bucket.read(FLEET_KEY);
  return body === undefined ? [] : readFleet(body).members;
}

/** Settings of one member, as the last sweep over all of them was told; undefined for an account that is none. */
export type MemberSettings = (accountId: string) => Promise<Member | undefined>;

/**
 * Reads the members' settings from the vault's bucket and keeps them for a minute. An account that is not among them is
 * looked for anew: it may have become a member just now.
 */
export function memberSettings(bucket: VaultBucket, clock: Clock): MemberSettings {
  let read: { readonly at: number; readonly members: ReadonlyMap<string, Member> } | undefined;
  const refresh = async () => {
    const at = clock.now().getTime();
    const members = await fleetOf(bucket);
    read = { at, members: new Map(members.map((member) => [member.accountId, member])) };
    return read.members;
  };
  return async (accountId) => {
    const fresh = read !== undefined && clock.now().getTime() - read.at < FRESH_MS;
    const known = fresh ? read?.members.get(accountId) : undefined;
    return known ?? (await refresh()).get(accountId);
  };
}
