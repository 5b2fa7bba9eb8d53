import type { ErrorRecord } from "../../stacks/errors";
import { changesDigest, NEW_STAMP, planDigest, type StampPlan } from "../../stacks/plan-digest";
import { describeTolerance, exceeds, type Gate, type WaveCount } from "../../stacks/rollout";
import type { StampName } from "../../stacks/naming";
import type { Hold, StampStatus } from "../runs-ports";
import type { Rollout, StampProgress } from "../store/types";

/** What a run may do next, as its gates see it. */
export type Verdict =
  /** Preview what exists, all of it: what changes decides whether anybody is asked. */
  | { readonly kind: "plan"; readonly passed: number }
  /** Work on the waves up to `passed`. */
  | { readonly kind: "go"; readonly passed: number }
  | { readonly kind: "hold"; readonly passed: number; readonly hold: Hold }
  /** Leave what has not started untouched. */
  | { readonly kind: "stop"; readonly passed: number; readonly error: ErrorRecord };

const OPEN: ReadonlySet<StampStatus> = new Set<StampStatus>(["waiting", "running"]);
const isOpen = ({ status }: StampProgress): boolean => OPEN.has(status);
const NO_CHANGES = changesDigest([]);

/** Its plan is still to be made. */
export const isUnplanned = ({ plan }: Pick<StampProgress, "plan">): boolean =>
  plan !== undefined && plan.changes === undefined;

/** The accounts in which a key, a secret or a bucket would be deleted or replaced. */
export function preciousAccounts(stamps: readonly StampProgress[]): number {
  const accounts = stamps.filter((stamp) => isOpen(stamp) && stamp.plan?.precious === true);
  return new Set(accounts.map(({ accountId }) => accountId)).size;
}

/** The digest of a run's plan, of the stamps that were previewed and of those that will be new. */
export function digestOf(stamps: readonly StampProgress[]): string {
  return planDigest(
    stamps.flatMap(({ stamp, plan }): { stamp: StampName; plan: StampPlan }[] =>
      plan?.changes === undefined
        ? []
        : [{ stamp, plan: { inputs: plan.inputs, changes: plan.changes } }],
    ),
  );
}

/**
 * Judges a run by its gates. `rollout.passed` is the last wave that may run; -1 while the plan is not released. What was
 * passed stays passed. Time only counts for a pause.
 */
export function judge(stamps: readonly StampProgress[], rollout: Rollout, now: Date): Verdict {
  const { rules, hold } = rollout;
  let { passed } = rollout;
  const since = (kind: Hold["kind"], wave?: string): string =>
    hold?.kind === kind && hold.wave === wave ? hold.since : now.toISOString();
  const asks = (kind: "plan" | "wave", digest: string, wave?: string): Hold => ({
    kind,
    since: since(kind, wave),
    digest,
    ...(wave === undefined ? {} : { wave }),
    ...(rules.twoPerson === true ? { twoPerson: true } : {}),
    ...(rules.approvers === undefined ? {} : { approvers: rules.approvers }),
    // Approvals are of one plan: of another one nobody has approved anything.
    ...(hold?.kind === kind && hold.digest === digest && hold.approvedBy !== undefined
      ? { approvedBy: hold.approvedBy }
      : {}),
  });
  if (passed < 0) {
    if (stamps.some((stamp) => isOpen(stamp) && isUnplanned(stamp))) {
      return { kind: "plan", passed };
    }
    const precious = preciousAccounts(stamps);
    if ((rules.approval && changesSomething(stamps)) || precious > rules.preciousAccounts) {
      const digest = rollout.asked ?? digestOf(stamps);
      return {
        kind: "hold",
        passed,
        hold: { ...asks("plan", digest), preciousAccounts: precious },
      };
    }
    passed = 0;
  }
  for (;;) {
    const open = stamps.filter(isOpen);
    if (open.length === 0) return { kind: "go", passed };
    const current = Math.min(...open.map(({ wave }) => wave));
    const running = waveOf(rollout, current);
    if (running.gate.stopsWithin) {
      const error = failure(running, countOf(stamps, current), "fails");
      if (error !== undefined) return { kind: "stop", passed, error };
    }
    if (current <= passed) return { kind: "go", passed };
    const ended = waveOf(rollout, passed);
    const error = failure(ended, countOf(stamps, passed), "failed");
    if (error !== undefined) return { kind: "stop", passed, error };
    const { name, gate } = ended;
    const paused = hold?.wave === name;
    if (gate.pauseSeconds > 0 && !(paused && hold.kind === "wave")) {
      const until = hold?.kind === "pause" && paused ? (hold.until ?? "") : later(now, gate);
      if (now.toISOString() < until) {
        const pause = { kind: "pause", since: since("pause", name), wave: name, until } as const;
        return { kind: "hold", passed, hold: pause };
      }
    }
    if (gate.approval) {
      return { kind: "hold", passed, hold: asks("wave", digestOf(stamps), name) };
    }
    passed += 1;
  }
}

const later = (now: Date, { pauseSeconds }: Gate): string =>
  new Date(now.getTime() + pauseSeconds * 1000).toISOString();

/** New stamps change nothing that is there. */
const changesSomething = (stamps: readonly StampProgress[]): boolean =>
  stamps.some(
    (stamp) =>
      isOpen(stamp) && stamp.plan?.changes !== NEW_STAMP && stamp.plan?.changes !== NO_CHANGES,
  );

function waveOf({ rules }: Rollout, wave: number): { readonly name: string; readonly gate: Gate } {
  const found = rules.waves[wave];
  if (found === undefined) throw new RangeError(`the run has no wave ${wave}`);
  return found;
}

function countOf(stamps: readonly StampProgress[], wave: number): WaveCount {
  const own = stamps.filter((stamp) => stamp.wave === wave);
  const accounts = (of: readonly StampProgress[]) =>
    new Set(of.map(({ accountId }) => accountId)).size;
  const failed = own.filter((stamp) => !isOpen(stamp) && stamp.status !== "succeeded");
  return { accounts: accounts(own), failed: accounts(failed) };
}

function failure(
  { name, gate }: { readonly name: string; readonly gate: Gate },
  count: WaveCount,
  verb: "fails" | "failed",
): ErrorRecord | undefined {
  if (!exceeds(count, gate.tolerance)) return undefined;
  const when = verb === "fails" ? "so far" : "";
  return {
    code: "RUN_STOPPED",
    message: `${count.failed} of ${count.accounts} accounts failed in the wave ${name} ${when}`
      .trim()
      .concat(`; ${describeTolerance(gate.tolerance)} may`),
    action:
      "See what failed, then `strongroom retry <run>` for that alone or `strongroom resume <run>` for all that is left.",
  };
}
