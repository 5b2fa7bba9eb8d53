import { setTimeout as sleep } from "node:timers/promises";

import type { AccountCoverage, DrillReport, RestoreItem } from "../../lambdas/model";
import type { RotationNote } from "../../lambdas/rotation-model";
import { AppError } from "../../stacks/errors";
import type { ChangeCounts, StackEvent } from "../ports";
import {
  isWritten,
  type BackupJob,
  type CoverageNumbers,
  type DrillJob,
  type FleetJob,
  type RestoreJob,
  type RestoreResult,
  type RotateJob,
  type RotateResult,
  type VaultJob,
  type VaultPort,
} from "../vault-ports";
import type { JobOutcome } from "./outcome";

export interface VaultExecutorOptions {
  readonly vault: VaultPort;
  /** How long a backup waits for what it ordered, milliseconds; 10 minutes. */
  readonly backupWaitMs?: number;
  /** Time between two looks, milliseconds; doubled up to ten times as long. */
  readonly firstLookMs?: number;
}

type OnEvent = (event: StackEvent) => void;

/** Reasons listed in one message; the rest is in the result. */
const MOST_REASONS = 3;

/** Does the items of the vault's operations. Never throws: a failure is in the outcome, as the engine does it. */
export function vaultExecutor(options: VaultExecutorOptions) {
  const { vault } = options;
  return async (job: VaultJob, onEvent: OnEvent, signal: AbortSignal): Promise<JobOutcome> => {
    const started = Date.now();
    const seconds = (): number => (Date.now() - started) / 1000;
    try {
      signal.throwIfAborted();
      const done = await work(job, onEvent, signal);
      return { ...done, seconds: seconds() };
    } catch (thrown) {
      if (signal.aborted) {
        const error = {
          code: "RUN_CANCELLED",
          message: "the operation was interrupted; what the vault had begun, it may still finish",
        } as const;
        return { status: "cancelled", seconds: seconds(), error };
      }
      return { status: "failed", seconds: seconds(), error: AppError.from(thrown).toRecord() };
    }
  };

  function work(job: VaultJob, onEvent: OnEvent, signal: AbortSignal) {
    switch (job.operation) {
      case "backup":
        return "members" in job ? tell(job, signal) : backup(job, onEvent, signal);
      case "restore":
        return restore(job, onEvent, signal);
      case "drill":
        return drill(job, signal);
      case "rotate":
        return rotate(job, onEvent, signal);
    }
  }

  async function tell({ members }: FleetJob, signal: AbortSignal) {
    await vault.sweepAll(members, signal);
    return { status: "succeeded" as const };
  }

  /** Orders what is missing and looks again until everything is kept, nothing moves any more, or the time is over. */
  async function backup({ member }: BackupJob, onEvent: OnEvent, signal: AbortSignal) {
    const until = Date.now() + (options.backupWaitMs ?? 600_000);
    const first = options.firstLookMs ?? 1000;
    let coverage = await vault.sweepAccount({ member, backup: true }, signal);
    onEvent(message("info", numbersText(coverage)));
    for (let wait = first; coverage.missing > 0 && Date.now() < until;) {
      await sleep(wait, undefined, { signal });
      const before = coverage.covered;
      coverage = await vault.sweepAccount({ member, backup: false }, signal);
      if (coverage.covered !== before) onEvent(message("info", numbersText(coverage)));
      // While it moves, look often; else leave it alone for longer.
      wait = coverage.covered === before ? Math.min(wait * 2, 10 * first) : first;
    }
    const result = numbersOf(coverage);
    const error = backupError(coverage, result);
    return error === undefined
      ? { status: "succeeded" as const, coverage: result }
      : { status: "failed" as const, coverage: result, error: error.toRecord() };
  }

  async function restore({ request }: RestoreJob, onEvent: OnEvent, signal: AbortSignal) {
    if (request.order === "plan") {
      const result = await vault.restorePlan(request, signal);
      return { status: "succeeded" as const, restore: result, counts: countsOf(result.items) };
    }
    const tell = (items: readonly RestoreItem[]): void => {
      for (const { to, action, reason, error } of items) {
        const name = `${to.name} in ${to.accountId} ${to.region}`;
        if (error !== undefined)
          onEvent(message("error", `${name}: ${error.code} ${error.message}`));
        else if (action === "refuse")
          onEvent(message("warning", `${name}: ${reason ?? "refused"}`));
      }
    };
    const result = await vault.restoreWrite(request, tell, signal);
    const error = restoreError(result);
    return {
      status: error === undefined ? ("succeeded" as const) : ("failed" as const),
      restore: result,
      counts: countsOf(result.items),
      ...(error === undefined ? {} : { error: error.toRecord() }),
    };
  }

  async function rotate({ request }: RotateJob, onEvent: OnEvent, signal: AbortSignal) {
    const tell = (items: readonly RotationNote[]): void => {
      for (const { name, region, outcome, code, message: why } of items) {
        const level = outcome === "rotated" ? "info" : "error";
        const because = why === undefined ? "" : `: ${code ?? ""} ${why}`;
        onEvent(message(level, `${name} in ${region} ${outcome}${because}`));
      }
    };
    const result = await vault.rotate(request, tell, signal);
    const error = rotateError(request, result);
    return {
      status: error === undefined ? ("succeeded" as const) : ("failed" as const),
      rotate: result,
      ...(error === undefined ? {} : { error: error.toRecord() }),
    };
  }

  async function drill({ request }: DrillJob, signal: AbortSignal) {
    const report = await vault.drill(request, signal);
    const error = drillError(report);
    return {
      status: error === undefined ? ("succeeded" as const) : ("failed" as const),
      drill: report,
      ...(error === undefined ? {} : { error: error.toRecord() }),
    };
  }
}

const message = (level: "info" | "warning" | "error", text: string): StackEvent => ({
  type: "message",
  level,
  text,
});

const numbersText = ({ secrets, covered, missing, failed }: AccountCoverage): string =>
  `${covered} of ${secrets} secrets are kept; ${missing} missing, ${failed} failed`;

function numbersOf(coverage: AccountCoverage): CoverageNumbers {
  const { secrets, covered, missing, failed, oldestMissingSeconds, sweptAt, items } = coverage;
  return {
    secrets,
    covered,
    missing,
    failed,
    oldestMissingSeconds,
    sweptAt,
    uncovered: items
      .filter(({ state }) => state === "missing" || state === "failed")
      .map(({ name, region, state, reason }) => ({
        name,
        region,
        state,
        ...(reason === undefined ? {} : { reason }),
      })),
  };
}

function backupError(coverage: AccountCoverage, result: CoverageNumbers): AppError | undefined {
  const { accountId, error } = coverage;
  if (error !== undefined) {
    return new AppError("VAULT_ACCOUNT", `account ${accountId}: ${error.code} ${error.message}`, {
      action: `Stamp the account (\`strongroom up --account ${accountId}\`), then back it up again.`,
    });
  }
  const { uncovered } = result;
  if (coverage.missing + coverage.failed === 0) return undefined;
  const told = uncovered
    .slice(0, MOST_REASONS)
    .map(({ name, reason }) => `${name} (${reason ?? "not kept yet"})`);
  const more =
    uncovered.length > MOST_REASONS ? ` and ${uncovered.length - MOST_REASONS} more` : "";
  return new AppError(
    "COVERAGE_INCOMPLETE",
    `${coverage.missing + coverage.failed} of ${coverage.secrets} secrets are not kept: ${told.join(", ")}${more}`,
    { action: `\`strongroom coverage --secrets --account ${accountId}\` has every reason.` },
  );
}

function restoreError({ items }: RestoreResult): AppError | undefined {
  const bad = items.filter(
    ({ action, error, verified }) =>
      error !== undefined || action === "refuse" || verified === false,
  );
  if (bad.length === 0) return undefined;
  const told = bad
    .slice(0, MOST_REASONS)
    .map(({ to, error, reason }) => `${to.name} (${error?.message ?? reason ?? "not verified"})`);
  const more = bad.length > MOST_REASONS ? ` and ${bad.length - MOST_REASONS} more` : "";
  return new AppError(
    "RESTORE_INCOMPLETE",
    `${bad.length} of ${items.length} secrets were not restored: ${told.join(", ")}${more}`,
    { action: "The other secrets are restored. Remove the causes, plan again and write again." },
  );
}

function drillError(report: DrillReport): AppError | undefined {
  if (report.passed) return undefined;
  const { rtoSeconds, rpoSeconds, targets, problems } = report;
  const late = [
    ...(rtoSeconds > targets.rtoSeconds
      ? [`recovery took ${rtoSeconds} s, the target is ${targets.rtoSeconds} s`]
      : []),
    ...(rpoSeconds > targets.rpoSeconds
      ? [`the recovery point is ${rpoSeconds} s back, the target is ${targets.rpoSeconds} s`]
      : []),
  ];
  const found = [
    ...problems,
    ...report.accounts.flatMap(({ accountId, problems: own }) =>
      own.map((problem) => `${accountId}: ${problem}`),
    ),
    ...report.refusals
      .filter(({ refused }) => !refused)
      .map(({ role, call }) => `${role} was allowed ${call}`),
  ];
  const all = found.length > 0 ? found : late;
  return new AppError(
    "DRILL_FAILED",
    `the drill did not pass: ${all.slice(0, MOST_REASONS).join("; ") || "see its report"}`,
    { action: `\`strongroom report ${report.drillId}\` has the whole report.` },
  );
}

function rotateError(
  { name, member }: RotateJob["request"],
  { items }: RotateResult,
): AppError | undefined {
  if (items.length === 0) {
    return new AppError(
      "ROTATION_NONE",
      `no enrolled secret of ${member.accountId} is named ${name}`,
      { action: `\`strongroom rotation --account ${member.accountId}\` lists the enrolled ones.` },
    );
  }
  const bad = items.filter(({ outcome }) => outcome !== "rotated");
  if (bad.length === 0) return undefined;
  const told = bad
    .slice(0, MOST_REASONS)
    .map((note) => `${note.name} (${note.outcome}: ${note.message ?? "no reason"})`);
  const more = bad.length > MOST_REASONS ? ` and ${bad.length - MOST_REASONS} more` : "";
  return new AppError(
    "ROTATION_INCOMPLETE",
    `${bad.length} of ${items.length} secrets were not rotated: ${told.join(", ")}${more}`,
    {
      action: "The value before is the current one where nothing else is said. Remove the causes.",
    },
  );
}

/** A restore's actions as the counts that every run has. */
function countsOf(items: readonly RestoreItem[]): ChangeCounts {
  const done = items.filter(({ error, action }) => error === undefined && action !== "refuse");
  const written = done.filter(isWritten);
  const create = written.filter(({ action }) => action === "create").length;
  return {
    create,
    update: written.length - create,
    replace: 0,
    delete: 0,
    same: done.length - written.length,
  };
}
