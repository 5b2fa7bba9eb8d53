import { coverageKey, FLEET_KEY } from "../core/keys";
import { readFleet } from "../core/requests";
import type { AccountCoverage, Fleet, Member, SweepAllAnswer } from "../model";
import { FunctionError, type Clock, type Log, type SweepQueue, type VaultBucket } from "../ports";

import { lastCoverage } from "./sweep-account";

export interface SweepAllPorts {
  readonly organizationId: string;
  readonly bucket: VaultBucket;
  readonly sweeps: Pick<SweepQueue, "send">;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Orders a sweep of each account, as a message of its own: an account that is slow or fails holds up no other. The members
 * given are remembered first, for the schedule, which gives none, and for the backup function, which reads each member's
 * settings there.
 *
 * @throws FunctionError `FLEET_UNKNOWN` where no members are given and none were ever given.
 */
export async function sweepAll(
  ports: SweepAllPorts,
  members: readonly Member[] | undefined,
): Promise<SweepAllAnswer> {
  const body = await ports.bucket.read(FLEET_KEY);
  const before = body === undefined ? undefined : readFleet(body);
  const now = members ?? before?.members;
  if (now === undefined) {
    throw new FunctionError(
      "FLEET_UNKNOWN",
      "No members were ever given. Let the service sweep once: it knows the fleet",
      false,
    );
  }
  const left = leavers(before?.members ?? [], now);
  // In this order: who is stopped after it and runs again still finds the leavers in the fleet before.
  for (const member of left) await markLeft(ports, member);
  if (members !== undefined) await remember(ports, members);
  await ports.sweeps.send(now.map((member) => ({ order: "sweep-account", member, backup: true })));
  ports.log.info("Sweeps ordered", { ordered: now.length, left: left.length });
  return {
    order: "sweep-all",
    ordered: now.length,
    left: left.map(({ accountId }) => accountId),
  };
}

function leavers(before: readonly Member[], now: readonly Member[]): Member[] {
  const ids = new Set(now.map(({ accountId }) => accountId));
  return before.filter(({ accountId }) => !ids.has(accountId));
}

async function remember(ports: SweepAllPorts, members: readonly Member[]): Promise<void> {
  const fleet: Fleet = {
    schema: 1,
    organizationId: ports.organizationId,
    storedAt: ports.clock.now().toISOString(),
    members,
  };
  await ports.bucket.write(FLEET_KEY, Buffer.from(JSON.stringify(fleet)));
}

/** What was kept of an account that is a member no more stays, and its coverage goes on saying what that is. */
async function markLeft({ bucket, log }: SweepAllPorts, { accountId }: Member): Promise<void> {
  const last = await lastCoverage(bucket, accountId);
  if (last === undefined) return;
  const coverage: AccountCoverage = {
    ...last,
    error: {
      code: "MEMBER_LEFT",
      message: "The account is no member of the fleet any more. What was kept of it stays",
    },
  };
  await bucket.write(coverageKey(accountId), Buffer.from(JSON.stringify(coverage)));
  log.warn("An account has left the fleet", { account: accountId });
}
