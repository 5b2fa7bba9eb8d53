import type { Organization } from "../../stacks/accounts";
import type { Fleet } from "../../stacks/fleet";
import { directionOf, type Plan, planRun } from "../../stacks/plan";
import { restoreSources } from "../../stacks/restore-sources";
import { connectionFor, specFor, specsFor } from "../../stacks/specs";
import {
  secondPersonRules,
  unaskedRetireRules,
  unaskedUpRules,
  upRules,
} from "../../stacks/rollout-rules";
import type { MemberSpec } from "../../stacks/spec";
import type { RunTarget } from "../../stacks/target";
import type { OrganizationCache } from "../org/snapshot";
import type { Operation } from "../ports";
import type { PlannedRun, RunPlanner } from "../runs/planner";
import { writesSecrets } from "../runs/requests";
import type { RunRequest } from "../runs-ports";
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
    async plan(request) {
      const { operation, target } = request;
      const loaded = await source();
      const { fleet } = loaded;
      const found = await organization.fresh();
      return withPlaces(loaded, () =>
        operation === "restore"
          ? planRestore(fleet, found, request)
          : planStamps(
              fleet,
              found,
              { ...request, target: targetOf(operation, target) },
              s3UsePathStyle,
            ),
      );
    },
  };
}

/** Secrets are kept for members: what a target says about other kinds of stamps selects none of them. */
function targetOf(operation: Operation, target: RunTarget): RunTarget {
  if (operation !== "backup" && operation !== "drill" && operation !== "rotate") return target;
  const kinds = (target.kinds ?? ["member"]).filter((kind) => kind === "member");
  return { ...target, kinds };
}

function planStamps(
  fleet: Fleet,
  found: Organization,
  request: RunRequest,
  s3UsePathStyle: boolean,
): PlannedRun {
  const { operation, target, cause } = request;
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
    ...rolloutOf(fleet, request, plan),
    ...(operation === "backup" && cause === "joined" ? { members: allMembers(fleet, found) } : {}),
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

function allMembers(fleet: Fleet, found: Organization): readonly MemberSpec[] {
  return [...specsFor(fleet, found).values()].filter((spec) => spec.kind === "member");
}

/** The gates of a run, and who approves it. */
function rolloutOf(
  fleet: Fleet,
  { operation, cause }: RunRequest,
  { waves }: Plan,
): Pick<PlannedRun, "rollout"> {
  const names = waves.map(({ name }) => name);
  if (operation === "up") {
    return { rollout: cause === undefined ? upRules(fleet, names) : unaskedUpRules(fleet, names) };
  }
  if (operation === "retire" && cause !== undefined) {
    return { rollout: unaskedRetireRules(fleet, names) };
  }
  if (operation !== "retire" && operation !== "drill") return {};
  // A drill works in the vault account alone: it has one wave.
  const rules = secondPersonRules(fleet, operation, operation === "drill" ? ["all"] : names);
  return rules === undefined ? {} : { rollout: rules };
}

function planRestore(fleet: Fleet, found: Organization, request: RunRequest): PlannedRun {
  const { target } = request;
  const rollout = writesSecrets(request) ? secondPersonRules(fleet, "restore", ["all"]) : undefined;
  const sources = restoreSources(fleet, found, target);
  const ids = sources.map(({ accountId }) => accountId);
  const others = found.accounts.filter(({ id }) => !ids.includes(id));
  const reason = "The target of the run leaves it out.";
  return {
    stamps: [],
    sources: ids,
    ...(rollout === undefined ? {} : { rollout }),
    accounts: sorted([
      ...sources,
      ...others.map(({ id, name }) => ({ accountId: id, name, reason })),
    ]),
  };
}

const sorted = <T extends { readonly accountId: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
