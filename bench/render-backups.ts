import { table } from "../server/cli/table";
import type { FunctionName } from "./function-work";
import { leastBackup, leastPlan, leastRestore, leastSweep, sumOf, type Calls } from "./least-calls";
import type { BackupsReport, BackupStep } from "./parts/backups";

/** The function that does a step's work. */
const WORKER: Readonly<Record<BackupStep["step"], FunctionName>> = {
  backup: "backup",
  sweep: "sweep",
  "plan-one": "restore",
  "restore-one": "restore",
  "plan-all": "restore",
  "restore-all": "restore",
};

/** Objects that are kept of a secret with one version: its value and its manifest. */
const OBJECTS = 2;

const add = (left: Calls, right: Calls): Calls => {
  const sum: Record<string, number> = { ...left };
  for (const [action, count] of Object.entries(right)) sum[action] = (sum[action] ?? 0) + count;
  return sum;
};

const times = (calls: Calls, factor: number): Calls =>
  Object.fromEntries(Object.entries(calls).map(([action, count]) => [action, count * factor]));

/** The least calls of a step's worker, for secrets with one version each. */
export function leastOf({ step, secrets }: BackupStep, report: BackupsReport): Calls {
  switch (step) {
    case "backup":
      return times(leastBackup(1), secrets);
    case "sweep":
      return report.accounts
        .map((account) =>
          leastSweep(account.regions, account.secrets, OBJECTS * account.secrets, 0),
        )
        .reduce(add, {});
    case "plan-one":
    case "plan-all":
      return times(leastPlan(), secrets);
    case "restore-one":
    case "restore-all":
      return times(leastRestore(1), secrets);
  }
}

/**
 * Ratios first, then what each step took; and below it the calls of each step's function by action. Only the function that
 * does a step's work counts: what changes during it makes events, and the other functions follow these meanwhile.
 */
export function renderBackups(report: BackupsReport): string {
  const { accounts, steps } = report;
  const secrets = accounts.reduce((sum, account) => sum + account.secrets, 0);
  return [
    `${secrets} secrets in ${accounts.length} accounts, by the deployed functions with the stamped roles.`,
    table(
      [
        "step",
        "secrets",
        "calls ÷ least",
        "calls/secret",
        "least",
        "seconds",
        "secrets/s",
        "function-s",
        "secrets/function-s",
        "runs",
      ],
      steps.map((step) => stepRow(step, report)),
    ),
    "",
    "Calls by action, of the function that does the step's work:",
    table(
      ["step", "action", "calls", "per secret", "least"],
      steps.flatMap((step) => callRows(step, report)),
    ),
  ].join("\n");
}

function stepRow(step: BackupStep, report: BackupsReport): string[] {
  const { secrets, seconds, functions } = step;
  const work = functions[WORKER[step.step]];
  const calls = sumOf(work.calls);
  const least = sumOf(leastOf(step, report));
  return [
    step.step,
    String(secrets),
    (calls / least).toFixed(2),
    (calls / secrets).toFixed(2),
    (least / secrets).toFixed(2),
    seconds.toFixed(1),
    (secrets / seconds).toFixed(1),
    work.seconds.toFixed(1),
    work.seconds === 0 ? "" : (secrets / work.seconds).toFixed(1),
    String(work.invocations),
  ];
}

function callRows(step: BackupStep, report: BackupsReport): string[][] {
  const { calls } = step.functions[WORKER[step.step]];
  const least = leastOf(step, report);
  const actions = [...new Set([...Object.keys(calls), ...Object.keys(least)])].sort();
  return actions.map((action) => [
    step.step,
    action,
    String(calls[action] ?? 0),
    ((calls[action] ?? 0) / step.secrets).toFixed(2),
    String(least[action] ?? 0),
  ]);
}
