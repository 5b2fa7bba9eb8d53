import { directionOf, planRun } from "../../stacks/plan";
import { connectionFor, specFor } from "../../stacks/specs";
import type { OrganizationCache } from "../org/snapshot";
import type { RunPlanner } from "../runs/planner";
import { type FleetSource, withPlaces } from "./fleet-source";

export interface PlannerOptions {
  readonly source: FleetSource;
  readonly organization: OrganizationCache;
  /** For endpoints without wildcard DNS. */
  readonly s3UsePathStyle: boolean;
}

/**
 * Plans runs over the fleet file and the organization as they are now. Never on an old list: where the organization
 * cannot be read, the run is refused with the reason.
 */
export function createPlanner({
  source,
  organization,
  s3UsePathStyle,
}: PlannerOptions): RunPlanner {
  return {
    async plan({ operation, target }) {
      const loaded = await source();
      const { fleet } = loaded;
      const found = await organization.fresh();
      return withPlaces(loaded, () => {
        const plan = planRun(fleet, found, target, directionOf(operation));
        return {
          stamps: plan.waves.flatMap(({ stamps }, wave) =>
            stamps.map((stamp) => ({
              ...stamp,
              wave,
              spec: specFor(fleet, found, stamp.stamp),
              connection: connectionFor(fleet, stamp.kind, stamp.accountId, { s3UsePathStyle }),
            })),
          ),
          accounts: [
            ...plan.accounts.map(({ accountId, name }) => ({ accountId, name })),
            ...plan.skipped.map(({ accountId, name, reason }) => ({ accountId, name, reason })),
          ].sort((a, b) => (a.accountId < b.accountId ? -1 : 1)),
        };
      });
    },
  };
}
