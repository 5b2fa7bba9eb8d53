import type { AccountCoverage, DrillReport } from "../../lambdas/model";
import { selectAccounts } from "../../stacks/selection";
import type { OrganizationCache } from "../org/snapshot";
import type {
  DrillSummary,
  FleetCoverage,
  FleetRotations,
  VaultPort,
  VaultService,
} from "../vault-ports";
import { fleetCoverage, secretsPage } from "./coverage";
import { type FleetSource, withPlaces } from "./fleet-source";

export interface VaultServiceOptions {
  readonly vault: VaultPort;
  readonly source: FleetSource;
  readonly organization: OrganizationCache;
}

/** What the vault's functions left behind, put beside what the fleet is. */
export function createVaultService(options: VaultServiceOptions): VaultService {
  const { vault, source, organization } = options;
  // A report never changes.
  const reports = new Map<string, DrillReport>();

  async function report(id: string): Promise<DrillReport | undefined> {
    const known = reports.get(id);
    if (known !== undefined) return known;
    const found = await vault.drillReport(id);
    if (found !== undefined) reports.set(id, found);
    return found;
  }

  return {
    async coverage(account): Promise<FleetCoverage> {
      const loaded = await source();
      const [found, swept] = await Promise.all([organization.latest(), vault.coverage()]);
      const { selected } = withPlaces(loaded, () => selectAccounts(loaded.fleet, found));
      const members = selected
        .filter(({ kinds }) => kinds.includes("member"))
        .map(({ account: { id, name }, environment }) => ({
          accountId: id,
          name,
          ...(environment === undefined ? {} : { environment: environment.name }),
        }));
      const names = new Map(found.accounts.map(({ id, name }) => [id, name]));
      const isAsked = ({ accountId }: { accountId: string }): boolean =>
        account === undefined || accountId === account;
      return fleetCoverage(members.filter(isAsked), swept.filter(isAsked), names);
    },

    async secrets(query) {
      const swept: readonly AccountCoverage[] = await vault.coverage();
      return secretsPage(swept, query);
    },

    async drills(limit) {
      const ids = (await vault.drillIds()).slice(0, limit);
      const found = await Promise.all(ids.map(report));
      return found.filter((one) => one !== undefined).map(summaryOf);
    },

    drill: report,

    async rotations(account): Promise<FleetRotations> {
      const seen = (await vault.rotations())
        .filter(({ accountId }) => account === undefined || accountId === account)
        .toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
      return {
        items: seen.flatMap(({ items }) =>
          items.toSorted((a, b) => (a.region + a.name < b.region + b.name ? -1 : 1)),
        ),
        accounts: seen.map(({ accountId, environment, lookedAt, error }) => ({
          accountId,
          environment,
          lookedAt,
          ...(error === undefined ? {} : { error }),
        })),
      };
    },
  };
}

/** A drill in a list. */
export function summaryOf(report: DrillReport): DrillSummary {
  const { drillId, startedAt, passed, rtoSeconds, rpoSeconds, targets, restored } = report;
  const problems =
    report.problems.length +
    report.accounts.reduce((sum, { problems: own }) => sum + own.length, 0) +
    report.refusals.filter(({ refused }) => !refused).length;
  return { drillId, startedAt, passed, rtoSeconds, rpoSeconds, targets, restored, problems };
}
