import { type ErrorCode, type ErrorRecord, ERRORS } from "../../stacks/errors";
import type { Onboarding, OnboardingState } from "../onboarding-ports";
import type { RunRecord, StampResult } from "../runs-ports";

/** What the organization and the fleet file say about the account. */
export type AccountFact =
  | { readonly kind: "selected" }
  | { readonly kind: "unknown" }
  /** `later`: that may change by itself. */
  | { readonly kind: "left-out"; readonly reason: string; readonly later: boolean };

/** What to do about an onboarding now. */
export type Step =
  | { readonly kind: "start"; readonly operation: "up" | "backup" }
  /** Its run goes on; look again soon. */
  | { readonly kind: "watch"; readonly note?: ErrorRecord }
  /** Try again later. */
  | { readonly kind: "again"; readonly state: OnboardingState; readonly note: ErrorRecord }
  | { readonly kind: "next"; readonly state: OnboardingState }
  | { readonly kind: "end"; readonly state: OnboardingState; readonly note?: ErrorRecord };

/** An account that is not there, or lets nobody in, for so long will not come by itself. Seconds. */
const LONGEST_WAIT = 86_400;
/** Backups that did not cover everything before a person is asked. */
const MOST_BACKUPS = 10;

/** What a new account needs time for: AWS makes its role and lets it be used minutes after it lists the account. */
const NOT_YET: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ACCESS_ROLE", "ACCESS_DENIED"]);
/** What another backup may make good. */
const BACKUP_AGAIN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "COVERAGE_INCOMPLETE",
  "VAULT_ACCOUNT",
  "VAULT_BUSY",
  "VAULT_UNREACHABLE",
]);

/** Whether what refused a run may let it start later: nothing is decided about the account by it. */
export function mayStartLater(code: ErrorCode): boolean {
  return code.startsWith("ORG_") || ERRORS[code].retryable;
}

/** Wait before the next try, seconds: longer each time, by chance a little longer than that. */
export function waitBefore(attempts: number, random: () => number = Math.random): number {
  return Math.min(15 * 2 ** attempts, 600) * (1 + 0.2 * random());
}

/** What to do about an account that is not stamped yet. */
export function stepOfAccount(
  onboarding: Pick<Onboarding, "accountId" | "createdAt">,
  fact: AccountFact,
  now: Date,
): Step {
  if (fact.kind === "selected") return { kind: "start", operation: "up" };
  const { accountId } = onboarding;
  const note: ErrorRecord =
    fact.kind === "unknown"
      ? {
          code: "PLAN_UNKNOWN_ACCOUNT",
          message: `there is no account ${accountId} in the organization`,
          action: "Check the id; AWS lists a new account once it is made.",
        }
      : {
          code: "PLAN_EMPTY",
          message: `account ${accountId} is left out: ${fact.reason}`,
          action: "Change the fleet file if that is not meant, and onboard the account again.",
        };
  const waits = fact.kind === "unknown" || fact.later;
  if (!waits || isLate(onboarding, now)) return { kind: "end", state: "failed", note };
  return { kind: "again", state: "waiting_for_account", note };
}

const isLate = ({ createdAt }: Pick<Onboarding, "createdAt">, now: Date): boolean =>
  now.getTime() - Date.parse(createdAt) > LONGEST_WAIT * 1000;

/** The first stamp that did not succeed for a reason of its own. */
function culprit({ stamps }: RunRecord): StampResult | undefined {
  const bad = stamps.filter(({ status }) => status !== "succeeded");
  return bad.find(({ error }) => error?.code !== "RUN_DEPENDENCY") ?? bad[0];
}

function noteOf(run: RunRecord): ErrorRecord {
  const { error } = culprit(run) ?? {};
  return (
    run.error ??
    error ?? {
      code: "RUN_CANCELLED",
      message: `run ${run.id} ended as ${run.status}`,
      action: `Look at it with \`strongroom runs ${run.id}\`.`,
    }
  );
}

const approvalNote = (run: RunRecord): ErrorRecord => ({
  code: "RUN_STOPPED",
  message: `run ${run.id} waits for an approval`,
  action: `See \`strongroom runs ${run.id}\` for its plan and the command that approves it.`,
});

/** What to do about an account whose stamps are being made. */
export function stepOfUp(
  onboarding: Pick<Onboarding, "createdAt">,
  run: RunRecord,
  now: Date,
): Step {
  if (run.endedAt === undefined) {
    const waits = run.status === "waiting_for_approval";
    return { kind: "watch", ...(waits ? { note: approvalNote(run) } : {}) };
  }
  if (run.status === "succeeded") return { kind: "next", state: "backing_up" };
  const note = noteOf(run);
  if (run.status === "needs_attention") return { kind: "end", state: "needs_attention", note };
  if (run.status === "cancelled") return { kind: "end", state: "failed", note };
  const mayPass = NOT_YET.has(note.code) || ERRORS[note.code].retryable;
  if (!mayPass) return { kind: "end", state: "failed", note };
  return isLate(onboarding, now)
    ? { kind: "end", state: "needs_attention", note }
    : { kind: "again", state: "waiting_for_account", note };
}

/** What to do about a stamped account whose secrets are being kept for the first time. */
export function stepOfBackup(
  { attempts }: Pick<Onboarding, "attempts">,
  run: RunRecord | undefined,
): Step {
  if (run === undefined) return { kind: "start", operation: "backup" };
  if (run.endedAt === undefined) return { kind: "watch" };
  if (run.status === "succeeded") return { kind: "end", state: "ready" };
  const note = noteOf(run);
  if (run.status === "cancelled") return { kind: "end", state: "failed", note };
  const mayPass = BACKUP_AGAIN.has(note.code) || ERRORS[note.code].retryable;
  return mayPass && attempts < MOST_BACKUPS
    ? { kind: "again", state: "backing_up", note }
    : { kind: "end", state: "needs_attention", note };
}

/** How the secrets of an account are kept, as its backup found. */
export function coverageOf(
  accountId: string,
  run: RunRecord,
): { readonly secrets: number; readonly covered: number } {
  const found = run.stamps.find((stamp) => stamp.accountId === accountId && stamp.coverage);
  return { secrets: found?.coverage?.secrets ?? 0, covered: found?.coverage?.covered ?? 0 };
}
