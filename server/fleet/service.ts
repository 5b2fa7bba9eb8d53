import type { Organization } from "../../stacks/accounts";
import { parseStampName, stampName, type StampName } from "../../stacks/naming";
import { planRun } from "../../stacks/plan";
import { upRules } from "../../stacks/rollout-rules";
import { type Selection, selectAccounts } from "../../stacks/selection";
import type { OrganizationCache } from "../org/snapshot";
import type { StackResource } from "../ports";
import type { FormerAccount } from "../membership-ports";
import type { AccountView, FleetService, StampState } from "../runs-ports";
import type { StoredAccount } from "../store/membership-types";
import { type FleetSource, type LoadedFleet, withPlaces } from "./fleet-source";

export interface FleetServiceOptions {
  readonly source: FleetSource;
  readonly organization: OrganizationCache;
  /** What the last runs left behind, from the store. */
  readonly stamps: {
    stampStates(): Promise<readonly StampState[]>;
    stampState(stamp: StampName): Promise<
      | {
          readonly state: StampState;
          readonly outputs: Readonly<Record<string, unknown>>;
        }
      | undefined
    >;
  };
  /** The resources of a stack's last state, from the engine. */
  readonly resources: (stamp: StampName) => Promise<readonly StackResource[] | undefined>;
  /** What the accounts did, and what follows from it. */
  readonly membership: () => Promise<readonly StoredAccount[]>;
  readonly now?: () => Date;
}

/** What is known about the fleet: its file, the organization and the stamps, put together for those who look. */
export function createFleetService(options: FleetServiceOptions): FleetService {
  const { source, organization, stamps, resources } = options;
  const now = options.now ?? (() => new Date());
  const age = ({ discoveredAt }: Organization): number =>
    Math.max(0, (now().getTime() - Date.parse(discoveredAt)) / 1000);

  return {
    async accounts({ refresh }) {
      const loaded = await source();
      const [found, states, changed] = await Promise.all([
        refresh ? organization.refresh() : organization.latest(),
        stamps.stampStates(),
        options.membership(),
      ]);
      const selection = withPlaces(loaded, () => selectAccounts(loaded.fleet, found));
      return {
        organizationId: found.id,
        discoveredAt: found.discoveredAt,
        ageSeconds: age(found),
        items: accountViews(selection, states, changed),
        former: formerAccounts(found, states, changed),
      };
    },

    async stamp(name) {
      const [kept, inStack] = await Promise.all([stamps.stampState(name), resources(name)]);
      if (kept === undefined && inStack === undefined && !(await isPlanned(name))) return undefined;
      return {
        ...(kept?.state ?? { stamp: name }),
        outputs: kept?.outputs ?? {},
        resources: inStack ?? [],
      };
    },

    async fleet() {
      const loaded = await source();
      const found = await organization.latest();
      const plan = withPlaces(loaded, () => planRun(loaded.fleet, found));
      return {
        file: loaded.name,
        digest: loaded.digest,
        discoveredAt: found.discoveredAt,
        ageSeconds: age(found),
        fleet: withoutExternalIds(loaded),
        plan,
        rules: upRules(
          loaded.fleet,
          plan.waves.map(({ name }) => name),
        ),
      };
    },
  };

  async function isPlanned(name: StampName): Promise<boolean> {
    const { fleet } = await source();
    const { kind, accountId } = parseStampName(name);
    return selectAccounts(fleet, await organization.latest()).selected.some(
      ({ account, kinds }) => account.id === accountId && kinds.includes(kind),
    );
  }
}

/** An external id is no secret, but it is unguessable on purpose: who only looks does not need it. */
function withoutExternalIds({ fleet }: LoadedFleet): unknown {
  return JSON.parse(
    JSON.stringify(fleet, (key, value: unknown) => (key === "externalId" ? "(not shown)" : value)),
  );
}

function statesByAccount(states: readonly StampState[]): ReadonlyMap<string, StampState[]> {
  const byAccount = new Map<string, StampState[]>();
  for (const state of states) {
    const { accountId } = parseStampName(state.stamp);
    byAccount.set(accountId, [...(byAccount.get(accountId) ?? []), state]);
  }
  return byAccount;
}

/** Accounts that have left and are not back: the list that is shown may be newer than the last comparison. */
function formerAccounts(
  { accounts }: Organization,
  states: readonly StampState[],
  changed: readonly StoredAccount[],
): readonly FormerAccount[] {
  const there = new Set(accounts.map(({ id }) => id));
  const byAccount = statesByAccount(states);
  return changed
    .filter(({ id, present }) => !present && !there.has(id))
    .map(({ id, name, organizationalUnitPath, membership }) => ({
      id,
      name,
      organizationalUnitPath,
      ...(membership === undefined ? {} : { membership }),
      stamps: byAccount.get(id) ?? [],
    }));
}

function accountViews(
  selection: Selection,
  states: readonly StampState[],
  changed: readonly StoredAccount[],
): AccountView[] {
  const byAccount = statesByAccount(states);
  const did = new Map(changed.map(({ id, membership }) => [id, membership]));
  const membershipOf = (id: string) => {
    const membership = did.get(id);
    return membership === undefined ? {} : { membership };
  };
  const views = [
    ...selection.selected.map(({ account, environment, kinds }): AccountView => {
      const known = byAccount.get(account.id) ?? [];
      const wanted = kinds.map((kind) => stampName(kind, account.id));
      return {
        ...account,
        selected: true,
        ...(environment === undefined ? {} : { environment: environment.name }),
        ...membershipOf(account.id),
        stamps: [
          ...wanted.map((stamp) => known.find((state) => state.stamp === stamp) ?? { stamp }),
          // Stamped once and no longer asked for: still there, so still shown.
          ...known.filter((state) => !wanted.includes(state.stamp)),
        ],
      };
    }),
    ...selection.skipped.map(({ account, reason }): AccountView => ({
      ...account,
      selected: false,
      reason,
      ...membershipOf(account.id),
      stamps: byAccount.get(account.id) ?? [],
    })),
  ];
  return views.sort((a, b) => (a.id < b.id ? -1 : 1));
}
