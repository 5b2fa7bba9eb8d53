import type { Organization } from "../../stacks/accounts";
import type { Fleet } from "../../stacks/fleet";
import { directionOf, type Plan, planRun } from "../../stacks/plan";
import { restoreSources } from "../../stacks/restore-sources";
import { connectionFor, specFor } from "../../stacks/specs";
import type { RolloutRules } from "../../stacks/rollout";
import type { RunTarget } from "../../stacks/target";
import type { OrganizationCache } from "../org/snapshot";
import type { Operation } from "../ports";
import type { PlannedRun, RunPlanner } from "../runs/planner";
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
      return withPlaces(loaded, () =>
        operation === "restore"
          ? planRestore(fleet, found, target)
          : planStamps(fleet, found, targetOf(operation, target), operation, s3UsePathStyle),
      );
    },
  };
}

/** Secrets are kept for members: what a target says about other kinds of stamps selects none of them. */
function targetOf(operation: Operation, target: RunTarget): RunTarget {
  if (operation !== "backup" && operation !== "drill") return target;
  const kinds = (target.kinds ?? ["member"]).filter((kind) => kind === "member");
  return { ...target, kinds };
}

function planStamps(
  fleet: Fleet,
  found: Organization,
  target: RunTarget,
  operation: Operation,
  s3UsePathStyle: boolean,
): PlannedRun {
  const plan = planRun(fleet, found, target, directionOf(operation));
  // A drill works in the vault account alone.
  const elsewhere = "What is restored of it in the drill is restored in the vault account.";
  const own = plan.accounts.map(({ accountId, name }) => ({
    accountId,
    name,
    ...(operation === "drill" ? { reason: elsewhere } : {}),
  }));
  return {
    drillTargets: fleet.vault.drillTargets,
    driftSamplePercent: fleet.drift.samplePercent,
    ...(operation === "up" ? { rollout: rolloutOf(fleet, plan) } : {}),
    stamps: plan.waves.flatMap(({ stamps }, wave) =>
      stamps.map((stamp) => ({
        ...stamp,
        wave,
        spec: specFor(fleet, found, stamp.stamp),
        connection: connectionFor(fleet, stamp.kind, stamp.accountId, { s3UsePathStyle }),
      })),
    ),
    accounts: sorted([
      ...own,
      ...plan.skipped.map(({ accountId, name, reason }) => ({ accountId, name, reason })),
    ]),
  };
}

/** The rules of the waves of a plan, in its order. */
function rolloutOf({ waves, rollout }: Fleet, plan: Plan): RolloutRules {
  const { gate: ofRest, approval, preciousAccounts } = rollout;
  return {
    waves: plan.waves.map(({ name }) => ({
      name,
      gate: waves.find((wave) => wave.name === name)?.gate ?? ofRest,
    })),
    approval,
    preciousAccounts,
  };
}

function planRestore(fleet: Fleet, found: Organization, target: RunTarget): PlannedRun {
  const sources = restoreSources(fleet, found, target);
  const ids = sources.map(({ accountId }) => accountId);
  const others = found.accounts.filter(({ id }) => !ids.includes(id));
  const reason = "The target of the run leaves it out.";
  return {
    stamps: [],
    sources: ids,
    accounts: sorted([
      ...sources,
      ...others.map(({ id, name }) => ({ accountId: id, name, reason })),
    ]),
  };
}

const sorted = <T extends { readonly accountId: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
