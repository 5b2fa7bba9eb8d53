import { NEW_STAMP } from "../../stacks/plan-digest";
import type { StampName } from "../../stacks/naming";
import type { RolloutRules } from "../../stacks/rollout";
import type { StackIdentity } from "../ports";
import type { NewStamp, StampPlanSoFar, Transaction } from "../store/types";

/** The waves of a new run, and what is known of its stamps. */
export interface RolloutStart {
  readonly rules: RolloutRules;
  /** Those that there is something to do about. */
  readonly stamps: readonly NewStamp[];
  readonly identities: ReadonlyMap<StampName, StackIdentity>;
  /** Digest of what was asked for, where an approval comes before anything and there is no preview. */
  readonly asked?: string;
  /** Those that exist already. */
  readonly existing: ReadonlySet<StampName>;
}

/**
 * Whether what exists is previewed before anything is changed: where somebody will be asked, and where more accounts may
 * lose something precious than are let go unasked. Otherwise the preview of each stamp's own update is enough.
 */
export function needsPlan({ rules, stamps, existing }: RolloutStart): boolean {
  const changing = stamps.filter(({ stamp }) => existing.has(stamp));
  const accounts = new Set(changing.map(({ accountId }) => accountId)).size;
  const asks = rules.approval || rules.waves.slice(0, -1).some(({ gate }) => gate.approval);
  return accounts > 0 && (asks || accounts > rules.preciousAccounts);
}

/** What each stamp is held to: a plan that is still to be made, or that it is new. */
export function plansOf({
  stamps,
  identities,
  existing,
}: RolloutStart): ReadonlyMap<StampName, StampPlanSoFar> {
  return new Map(
    stamps.flatMap(({ stamp }) => {
      const inputs = identities.get(stamp)?.inputs;
      if (inputs === undefined) return [];
      return [[stamp, existing.has(stamp) ? { inputs } : { inputs, changes: NEW_STAMP }] as const];
    }),
  );
}

/** Gives a new run its gates; part of the transaction that makes the run and holds its stamps. */
export async function beginRollout(
  tx: Transaction,
  runId: string,
  start: Omit<RolloutStart, "existing">,
): Promise<void> {
  const { rules, asked } = start;
  if (asked !== undefined) {
    await tx.beginRollout(runId, { rules, passed: -1, asked }, new Map());
    return;
  }
  const names = start.stamps.map(({ stamp }) => stamp);
  const known = { ...start, existing: new Set(await tx.existing(names)) };
  const planned = needsPlan(known);
  const rollout = { rules, passed: planned ? -1 : 0 };
  await tx.beginRollout(runId, rollout, planned ? plansOf(known) : new Map());
}
