import type { AccountResult, RunRecord, RunSummary } from "../server/runs-ports";
import { counted, duration, type Paint } from "../server/cli/text";
import { table } from "../server/cli/table";
import type { DrillSummary, FleetCoverage } from "../server/vault-ports";

/** Something that was brought back. */
export interface BroughtBack {
  readonly what: string;
  /** Values that are, byte for byte, what they were. */
  readonly equal: number;
  readonly secrets: number;
  /** From the order to the end of the writing, plan included. */
  readonly seconds: number;
}

/** What the demo showed about the keeping of the secrets. */
export interface Keeping {
  readonly coverage: FleetCoverage;
  readonly broughtBack: readonly BroughtBack[];
  /** Undefined where the drill left no report. */
  readonly drill?: DrillSummary;
  /** Why it did not show what it should; empty when it did. */
  readonly problems: readonly string[];
}

/**
 * The last line of `--exit --json`. Counts are of accounts, except `changed` and `unchanged` (stamps) and `resources`; `coverage`
 * counts the secrets of the accounts that can be looked at. Without `coverage` and `drill` the demo was interrupted before.
 */
export interface DemoResult extends RunSummary {
  readonly coverage?: Pick<FleetCoverage, "secrets" | "covered">;
  readonly drill?: Pick<DrillSummary, "passed" | "rtoSeconds" | "rpoSeconds">;
}

/** The outcome of the demo, in the shape that scripts read. Throws when the run has no summary: it did not end. */
export function demoResult(run: RunRecord, keeping: Keeping | undefined): DemoResult {
  if (run.summary === undefined)
    throw new Error(`run ${run.id} has no summary: it is ${run.status}`);
  const seconds = Math.round(run.summary.seconds);
  return { ...run.summary, seconds, ...keepingResult(keeping) };
}

function keepingResult(keeping: Keeping | undefined): Pick<DemoResult, "coverage" | "drill"> {
  if (keeping === undefined) return {};
  const { secrets, covered } = keeping.coverage;
  const { passed, rtoSeconds, rpoSeconds } = keeping.drill ?? NO_DRILL;
  return { coverage: { secrets, covered }, drill: { passed, rtoSeconds, rpoSeconds } };
}

/** A drill without a report did not pass, and measured nothing. */
const NO_DRILL = { passed: false, rtoSeconds: 0, rpoSeconds: 0 } as const;

/**
 * Why the demo did not show what it should: every account that was stamped is to be covered, everything that was lost is to
 * be back, byte for byte, and the drill is to pass.
 */
export function problemsOf(
  { coverage, broughtBack, drill }: Omit<Keeping, "problems">,
  stamped: Pick<RunRecord, "accounts">,
): string[] {
  const reachable = new Set(
    stamped.accounts.flatMap(({ accountId, status }) => (status === "succeeded" ? accountId : [])),
  );
  const covered = coverage.accounts.filter(({ state }) => state === "covered");
  return [
    ...(covered.length === 0 ? ["No account is covered"] : []),
    ...coverage.accounts
      .filter(({ accountId, state }) => reachable.has(accountId) && state !== "covered")
      .map(({ accountId, reasons }) => `${accountId} is not covered: ${reasons.join(" ")}`),
    ...broughtBack
      .filter(({ equal, secrets }) => equal < secrets || secrets === 0)
      .map(({ what, equal, secrets }) => `${what}: ${equal} of ${secrets} came back`),
    ...(drill === undefined ? ["The drill left no report"] : []),
    ...(drill?.passed === false ? [`The drill ${drill.drillId} did not pass`] : []),
  ];
}

/** The results on one page. */
export function keepingTable(keeping: Keeping, paint: Paint): string {
  const { coverage, broughtBack, drill, problems } = keeping;
  const { percent, covered, secrets, reachable, members } = coverage;
  const good = (is: boolean, text: string) => ({
    painted: is ? paint.green(text) : paint.red(text),
  });
  const rows = [
    [
      "coverage",
      good(percent === 100, `${percent} %`),
      `${covered} of ${counted(secrets, "secret")} kept, in ${reachable} of ${counted(members, "account")}`,
    ],
    ...broughtBack.map(({ what, equal, secrets: lost, seconds }) => [
      "brought back",
      good(equal === lost && lost > 0, `${equal} of ${lost}`),
      `${what}: byte for byte what it was, in ${duration(seconds)}`,
    ]),
    ...(drill === undefined
      ? []
      : [
          [
            "drill",
            good(drill.passed, drill.passed ? "passed" : "failed"),
            `${counted(drill.restored, "secret")} restored apart and compared`,
          ],
          [
            "recovery time",
            duration(drill.rtoSeconds),
            `target ${duration(drill.targets.rtoSeconds)}`,
          ],
          [
            "recovery point",
            duration(drill.rpoSeconds),
            `target ${duration(drill.targets.rpoSeconds)}`,
          ],
        ]),
  ];
  const lines = problems.map((problem) => paint.red(`✗ ${problem}`));
  return [table(["shown", "result", "what"], rows), ...lines].join("\n");
}

/** What became of every account of the organization, one line each, with the reason where there is one. */
export function accountTable(accounts: readonly AccountResult[], paint: Paint): string {
  const colour = (status: AccountResult["status"]): string =>
    status === "succeeded"
      ? paint.green(status)
      : status === "failed"
        ? paint.red(status)
        : paint.dim(status);
  return table(
    ["account", "name", "result", "reason"],
    accounts.map(({ accountId, name, status, reason }) => [
      accountId,
      name,
      { painted: colour(status) },
      reason ?? "",
    ]),
  );
}
