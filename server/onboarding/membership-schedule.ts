import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import { asKnown, compareAccounts, consequenceOf } from "../../stacks/membership";
import { parseStampName, type StampName } from "../../stacks/naming";
import { type Selection, selectAccounts } from "../../stacks/selection";
import { type FleetSource, withPlaces } from "../fleet/fleet-source";
import type { OnboardingService } from "../onboarding-ports";
import type { OrganizationCache } from "../org/snapshot";
import type { Clock } from "../ports";
import type { RunRecord, RunService, StampState } from "../runs-ports";
import { SCHEDULE, type Schedule, spanOf, startDue } from "../runs/schedule";
import type { FollowedUp, StoredAccount } from "../store/membership-types";
import type { Store } from "../store/types";

export interface MembershipScheduleOptions {
  readonly store: Pick<Store, "transaction" | "membership" | "onboardings">;
  readonly source: FleetSource;
  readonly organization: Pick<OrganizationCache, "refresh" | "latest">;
  readonly runs: Pick<RunService, "start" | "get" | "cancel"> & {
    stampStates(): Promise<readonly StampState[]>;
  };
  readonly onboardings: Pick<OnboardingService, "start">;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/**
 * Looks for accounts that joined, left, were suspended or moved, as often as the fleet file says, writes down what they did,
 * and has done what follows from it. The first look only remembers who is there.
 */
export function membershipSchedule(options: MembershipScheduleOptions): Schedule {
  let done: number | undefined;
  return {
    what: "accounts that join and leave",
    async look() {
      const { fleet } = await options.source();
      const { everyMinutes } = fleet.discovery;
      if (everyMinutes === undefined) return [];
      const span = spanOf(options.clock, everyMinutes);
      if (done !== span) {
        await record(options);
        done = span;
      }
      return followUp(options);
    },
  };
}

/** Compares the organization as it is with what is known, and writes down the difference. */
async function record({ store, organization, report }: MembershipScheduleOptions): Promise<void> {
  // Throws where the list is not whole, or has lost more accounts than it may: nothing has left then.
  const found = await organization.refresh();
  const changes = await store.transaction(async (tx) => {
    const known = await tx.membership.lockKnown(found.discoveredAt);
    if (known === undefined) return [];
    // Who is there at the first look has not joined: it may have been left out for years.
    const changed = known.length === 0 ? [] : compareAccounts(known, found);
    const gone = changed.filter(({ change }) => change === "left").map(({ account }) => account);
    await tx.membership.keep(
      [...found.accounts.map(asKnown), ...gone],
      changed,
      found.discoveredAt,
    );
    for (const { account, change, from, to } of changed) {
      const details = { account: account.id, name: account.name, change, from, to };
      await tx.webhooks.announce([
        { type: "strongroom.account.changed", subject: account.id, data: details },
      ]);
      await tx.audit({ subject: SCHEDULE, action: `account.${change}`, details });
    }
    return changed;
  });
  for (const { account, change, to } of changes) {
    report(`account ${account.id} ${change}${to === undefined ? "" : `: ${to}`}`);
  }
}

/** Does what follows from changes about which nothing was done yet. Answers the runs that it started. */
async function followUp(options: MembershipScheduleOptions): Promise<readonly RunRecord[]> {
  const { store, source, organization, runs, report } = options;
  const open = (await store.membership.changed()).filter(
    ({ membership }) => membership?.follow === "open",
  );
  if (open.length === 0) return [];
  const loaded = await source();
  const found = await organization.latest();
  const selection = withPlaces(loaded, () => selectAccounts(loaded.fleet, found));
  const states = await runs.stampStates();
  const started: RunRecord[] = [];
  for (const account of open) {
    try {
      const run = await settleOne(options, account, selection, stampedOf(account.id, states));
      if (run !== undefined) started.push(run);
    } catch (error) {
      // Of one account; the others have their turn, and this one again at the next look.
      report(`what follows for account ${account.id}: ${AppError.from(error).message}`);
    }
  }
  return started;
}

/** The stamps of an account that are there. The vault is never among them: nobody takes that down because of a list. */
function stampedOf(accountId: string, states: readonly StampState[]): readonly StampName[] {
  return states
    .filter(({ stamp, stampedAt }) => {
      const { kind, accountId: of } = parseStampName(stamp);
      return stampedAt !== undefined && of === accountId && kind !== "vault";
    })
    .map(({ stamp }) => stamp);
}

async function settleOne(
  options: MembershipScheduleOptions,
  account: StoredAccount,
  { selected, skipped }: Selection,
  stamped: readonly StampName[],
): Promise<RunRecord | undefined> {
  const { store, runs, onboardings } = options;
  const { id, membership } = account;
  const entry = selected.find((one) => one.account.id === id);
  const whyNot = skipped.find((one) => one.account.id === id)?.reason;
  const next = consequenceOf(account, entry, whyNot, stamped);
  const what = `${membership?.change ?? ""}${membership?.to === undefined ? "" : `, now ${membership.to}`}`;
  const key = `${next.kind}-${id}-${membership?.number ?? 0}`;
  // A retirement of before that nobody has approved is not about the account as it is now.
  const before = membership?.runId === undefined ? undefined : await runs.get(membership.runId);
  if (before !== undefined && before.endedAt === undefined) await runs.cancel(before.id, SCHEDULE);

  const done = (followed: FollowedUp): Promise<boolean> =>
    store.transaction((tx) => tx.membership.followUp(account, followed));
  switch (next.kind) {
    case "none":
      await done({ follow: "none" });
      return undefined;
    case "keep":
      await done({ follow: "keep", note: next.reason });
      return undefined;
    case "onboard": {
      // One that has begun works with what was before: another one comes after it.
      const open = await store.onboardings.openOf(id);
      if (open !== undefined && open.state !== "waiting_for_account") return undefined;
      const { onboarding } = await onboardings.start(
        { accountId: id, reason: what },
        { subject: SCHEDULE, key, fingerprint: digest({ key }) },
      );
      await done({ follow: "onboard", onboardingId: onboarding.id });
      return undefined;
    }
    case "retire": {
      const { stamps, reason } = next;
      const request = {
        operation: "retire",
        target: { stamps },
        confirm: stamps,
        cause: "left",
        reason: `${what}: ${reason}`,
      } as const;
      const asked = await startDue(options, request, key);
      // Somebody else holds a stamp: at the next look.
      if (asked === undefined) return undefined;
      await done({ follow: "retire", runId: asked.run.id, note: reason });
      return asked.replayed ? undefined : asked.run;
    }
  }
}

/** The accounts that did something, with how far the runs are that follow from it. */
export async function withRuns(
  store: Pick<Store, "membership">,
  run: (id: string) => Promise<Pick<RunRecord, "status"> | undefined>,
): Promise<readonly StoredAccount[]> {
  const changed = await store.membership.changed();
  return Promise.all(
    changed.map(async (account) => {
      const { membership } = account;
      if (membership?.runId === undefined) return account;
      const found = await run(membership.runId);
      if (found === undefined) return account;
      return { ...account, membership: { ...membership, runStatus: found.status } };
    }),
  );
}
