import type { StackKind } from "../../stacks/kinds";
import type { StampName } from "../../stacks/naming";
import type { RolloutRules } from "../../stacks/rollout";
import type { Connection, MemberSpec, StackSpec } from "../../stacks/spec";
import type { RunRequest } from "../runs-ports";
import type { PlannedAccount } from "../store/types";

/** A stamp as the plan has it, in the direction of the run: what `dependsOn` names goes first. */
export interface PlannedStamp {
  readonly stamp: StampName;
  readonly accountId: string;
  readonly kind: StackKind;
  /** 0 for the first; a wave starts when the one before has ended. */
  readonly wave: number;
  readonly dependsOn: readonly StampName[];
  readonly spec: StackSpec;
  readonly connection: Connection;
}

/** What a request means for the organization as it is now: every account of it is there, selected or not. */
export interface PlannedRun {
  readonly stamps: readonly PlannedStamp[];
  readonly accounts: readonly PlannedAccount[];
  /** The gates between its waves and what needs an approval; only of an `up`, and of what a second person has to approve. */
  readonly rollout?: RolloutRules;
  /** Percentage of the unchanged stamps of an `up` that are compared with what is really there. */
  readonly driftSamplePercent?: number;
  /** A `backup` of accounts that have joined only: all members of the fleet, those too that the target leaves out. */
  readonly members?: readonly MemberSpec[];
  /** `restore` only: the accounts whose backups are asked for, in the organization or not any more. */
  readonly sources?: readonly string[];
  /** `drill` only: the times of the fleet file, seconds. */
  readonly drillTargets?: { readonly rtoSeconds: number; readonly rpoSeconds: number };
}

/** Plans a run; the dangerous decision itself is a pure function of `stacks/`. Throws SPEC_*, PLAN_* and ORG_* errors. */
export interface RunPlanner {
  plan(request: RunRequest): Promise<PlannedRun>;
}
