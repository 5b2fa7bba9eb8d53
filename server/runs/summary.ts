import type { ErrorCode, ErrorRecord } from "../../stacks/errors";
import type { ChangeCounts } from "../ports";
import type { AccountResult, RunStatus, RunSummary, StampResult } from "../runs-ports";
import type { PlannedAccount } from "../store/types";
import { foundBy } from "./found";

/** Whether anything was (or would be) created, updated, replaced or deleted. */
export function changesAnything(counts: ChangeCounts | undefined): boolean {
  if (counts === undefined) return false;
  return counts.create + counts.update + counts.replace + counts.delete > 0;
}

/** The worst thing that happened to an account decides its status, in this order. */
const WORST_FIRST = [
  "failed",
  "cancelled",
  "running",
  "waiting",
  "not-started",
  "succeeded",
] as const;

/** What happened to each account of the organization, the ones left out with their reason. */
export function accountResults(
  planned: readonly PlannedAccount[],
  stamps: readonly StampResult[],
): readonly AccountResult[] {
  const byAccount = group(stamps);
  return planned.map(({ accountId, name, reason }) => {
    const own = byAccount.get(accountId) ?? [];
    if (own.length === 0) {
      return {
        accountId,
        name,
        status: "skipped",
        reason: reason ?? "the run's target has no stamp in this account",
      };
    }
    const status = WORST_FIRST.find((candidate) => own.some((stamp) => stamp.status === candidate));
    const why = own.find((stamp) => stamp.status === status)?.error?.message;
    return {
      accountId,
      name,
      status: status ?? "not-started",
      ...(why === undefined ? {} : { reason: why }),
    };
  });
}

function group(stamps: readonly StampResult[]): ReadonlyMap<string, StampResult[]> {
  const groups = new Map<string, StampResult[]>();
  for (const stamp of stamps) {
    const members = groups.get(stamp.accountId);
    if (members === undefined) groups.set(stamp.accountId, [stamp]);
    else members.push(stamp);
  }
  return groups;
}

/** The numbers of a run that has ended; `accounts = stamped + skipped + failed`. */
export function summarize(
  accounts: readonly AccountResult[],
  stamps: readonly StampResult[],
  seconds: number,
): RunSummary {
  const count = (status: AccountResult["status"]): number =>
    accounts.filter((account) => account.status === status).length;
  const stamped = count("succeeded");
  const skipped = count("skipped");
  const found = stamps.map(foundBy);
  return {
    accounts: accounts.length,
    stamped,
    skipped,
    failed: accounts.length - stamped - skipped,
    changed: stamps.filter(({ counts }) => changesAnything(counts)).length,
    unchanged: stamps.filter(({ unchanged }) => unchanged === true).length,
    resources: stamps.reduce((sum, { resources }) => sum + (resources ?? 0), 0),
    violations: found.reduce((sum, { violations }) => sum + violations, 0),
    undetermined: found.reduce((sum, { undetermined }) => sum + undetermined, 0),
    exempt: found.reduce((sum, { exempt }) => sum + exempt, 0),
    seconds: Math.round(seconds * 10) / 10,
  };
}

/** Errors after which somebody has to look before the run is started again. */
const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ENGINE_PENDING",
  "RUN_INTERRUPTED",
  "RUN_OWNER_UNKNOWN",
  "STATE_DAMAGED",
  "STATE_UNREACHABLE",
]);

/** How a run ended, from how its stamps did; `error` is wrong with the run as a whole. */
export function endStatus(
  stamps: readonly StampResult[],
  cancelRequested: boolean,
  error?: ErrorRecord,
): RunStatus {
  if (stamps.every(({ status }) => status === "succeeded")) {
    return error === undefined ? "succeeded" : "failed";
  }
  if (stamps.some(({ error }) => error !== undefined && NEEDS_A_PERSON.has(error.code))) {
    return "needs_attention";
  }
  return cancelRequested ? "cancelled" : "failed";
}
