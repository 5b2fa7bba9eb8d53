import type { RestoreItem } from "../../lambdas/model";
import type { StampResult } from "../runs-ports";
import { clean, counted } from "./text";

/** Secrets that are not kept, listed for one account; the JSON has them all. */
const MOST_UNCOVERED = 50;

/** What a backup, a restore, a drill or a rotation says about one account; names and states, never values. */
export function vaultLines({ coverage, restore, drill, rotate }: StampResult): string[] {
  const lines: string[] = [];
  if (coverage !== undefined) {
    lines.push(`${coverage.covered} of ${counted(coverage.secrets, "secret")} kept`);
    for (const { name, region, state, reason } of coverage.uncovered.slice(0, MOST_UNCOVERED)) {
      lines.push(clean(`${state} ${name} (${region})${reason === undefined ? "" : `: ${reason}`}`));
    }
    const more = coverage.uncovered.length - MOST_UNCOVERED;
    if (more > 0) lines.push(`… and ${more} more`);
  }
  if (restore !== undefined) {
    // All of them: what is written is what somebody saw.
    lines.push(...restore.items.map(restoreLine));
  }
  if (drill !== undefined) {
    lines.push(
      `drill ${drill.drillId} ${drill.passed ? "passed" : "failed"}: ${counted(drill.restored, "secret")} restored, ` +
        `recovery time ${drill.rtoSeconds} s of ${drill.targets.rtoSeconds} s, ` +
        `recovery point ${drill.rpoSeconds} s of ${drill.targets.rpoSeconds} s`,
      ...drill.problems.map(clean),
    );
  }
  for (const { outcome, name, region, message } of rotate?.items ?? []) {
    lines.push(
      clean(`${outcome} ${name} (${region})${message === undefined ? "" : `: ${message}`}`),
    );
  }
  return lines;
}

function restoreLine(item: RestoreItem): string {
  const { from, to, action, versionId, changedAt, cancelsDeletion, reason, verified, error } = item;
  const moved =
    from.accountId === to.accountId && from.region === to.region && from.name === to.name
      ? ""
      : ` → ${to.accountId} ${to.region} ${to.name}`;
  const notes = [
    ...(cancelsDeletion ? ["cancels its deletion"] : []),
    ...(verified === true ? ["verified"] : []),
    ...(reason === undefined ? [] : [reason]),
    ...(error === undefined ? [] : [`${error.code} ${error.message}`]),
  ];
  return clean(
    `${action} ${from.accountId} ${from.region} ${from.name}${moved} (version ${versionId} of ${changedAt})` +
      (notes.length === 0 ? "" : `: ${notes.join("; ")}`),
  );
}
