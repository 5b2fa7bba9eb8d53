import type { AccountResult, RunRecord, RunSummary } from "../server/runs-ports";
import type { Paint } from "../server/cli/text";
import { table } from "../server/cli/table";

/** The last line of `--exit --json`. Counts are of accounts, except `changed` and `unchanged` (stamps) and `resources`. */
export type DemoResult = RunSummary;

/** The outcome of the demo's run, in the shape that scripts read. Throws when the run has no summary: it did not end. */
export function demoResult(run: RunRecord): DemoResult {
  if (run.summary === undefined)
    throw new Error(`run ${run.id} has no summary: it is ${run.status}`);
  return { ...run.summary, seconds: Math.round(run.summary.seconds) };
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
