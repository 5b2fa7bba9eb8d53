import { affectedStamps, type Affected } from "../../stacks/affected";
import { parseFleetFile, placeProblems } from "../../stacks/fleet-file";
import type { Fleet } from "../../stacks/fleet";
import { selectAccounts } from "../../stacks/selection";
import { pointerTo } from "../../stacks/yaml-places";
import type { OrganizationCache } from "../org/snapshot";
import { buildReport, type ReportContext } from "../report/build";
import type { ReportAccount, ReportPlace } from "../report/model";
import type { AffectedQuery, ReportService, StampResult } from "../runs-ports";
import { type FleetSource, type LoadedFleet, withPlaces } from "./fleet-source";

export interface ReportServiceOptions {
  readonly source: FleetSource;
  readonly organization: OrganizationCache;
}

/** Reports about runs, with what the organization and the fleet file know of their accounts. */
export function createReportService({ source, organization }: ReportServiceOptions): ReportService {
  return {
    async report(run) {
      // A report about what was is better with fewer names than not at all.
      const [loaded, accounts] = await Promise.all([
        source().catch(() => undefined),
        describedAccounts().catch(() => []),
      ]);
      return buildReport(run, { accounts, placeOf: placesIn(loaded, accounts) });
    },

    async affected(query) {
      const loaded = await source();
      const found = await organization.fresh();
      const before = earlier(query, loaded);
      const compare = (old: Fleet | undefined): Affected =>
        affectedStamps({
          before: old,
          after: loaded.fleet,
          organization: found,
          paths: query.paths,
          ...(query.fleetPath === undefined ? {} : { fleetPath: query.fleetPath }),
        });
      return withPlaces(loaded, () => {
        try {
          return compare(before);
        } catch (error) {
          // Maybe only the earlier file does not fit the organization of today: then it compares with nothing.
          if (before === undefined) throw error;
          return compare(undefined);
        }
      });
    },
  };

  async function describedAccounts(): Promise<ReportAccount[]> {
    const [{ fleet }, found] = await Promise.all([source(), organization.latest()]);
    const { selected } = selectAccounts(fleet, found);
    const environments = new Map(
      selected.map(({ account, environment }) => [account.id, environment?.name]),
    );
    return found.accounts.map(({ id, name, tags }) => {
      const environment = environments.get(id);
      return {
        accountId: id,
        name,
        ...(environment === undefined ? {} : { environment }),
        tags: { ...tags },
      };
    });
  }
}

/** The fleet file as it was; undefined where it was none or had mistakes. */
function earlier({ fleet }: AffectedQuery, { name }: LoadedFleet): Fleet | undefined {
  if (fleet === undefined) return undefined;
  try {
    return parseFleetFile(fleet, name);
  } catch {
    return undefined;
  }
}

/** The line of the fleet file that decides about a stamp: its environment's, or that of the vault or the access. */
function placesIn(
  loaded: LoadedFleet | undefined,
  accounts: readonly ReportAccount[],
): ReportContext["placeOf"] {
  const environments = new Map(
    accounts.map(({ accountId, environment }) => [accountId, environment]),
  );
  const known = new Map<string, ReportPlace>();
  return ({ kind, accountId }: StampResult) => {
    if (loaded === undefined) return { file: `programs/kinds/${kind}.ts`, line: 1 };
    const environment = environments.get(accountId);
    const pointer =
      kind === "vault"
        ? "/vault"
        : environment === undefined
          ? "/selection"
          : pointerTo("/environments", environment);
    const place = known.get(pointer) ?? {
      file: loaded.name,
      line: placeProblems(loaded.text, [{ message: "", pointer }])[0]?.line ?? 1,
    };
    known.set(pointer, place);
    return place;
  };
}
