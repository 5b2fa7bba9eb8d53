import type { ErrorRecord } from "../../stacks/errors";
import type { RunRecord, StampResult } from "../runs-ports";
import type { CliIo } from "./io";
import { countsText, verdictsText } from "./run-state";
import { table } from "./table";
import { SIGNS } from "../report/kinds";
import { renderChanges } from "./render-changes";
import { renderHold } from "./render-hold";
import { clean, counted, duration } from "./text";
import { vaultLines } from "./render-vault";

/** Changes listed for one stamp; a first `up` creates dozens, and nobody reads them all here. */
const MOST_CHANGES = 30;
/** Accounts that are left out for the same reason and listed one by one. */
const MOST_ALIKE = 3;

/** A run as people read it: a line for each stamp, the accounts left out, what went wrong and what to do, totals. */
export function renderRun(run: RunRecord, io: Pick<CliIo, "paint">): string {
  const { paint } = io;
  const colour = (status: string) =>
    status === "succeeded"
      ? paint.green(status)
      : status === "failed"
        ? paint.red(status)
        : paint.dim(status);
  const parts = [
    table(
      ["stamp", "status", run.operation === "check" ? "verdicts" : "changes", "time"],
      worstFirst(run).map(({ stamp, status, unchanged, counts, verdicts, seconds }) => [
        stamp,
        { painted: unchanged === true ? paint.dim("unchanged") : colour(status) },
        verdicts === undefined ? countsText(counts) : verdictsText(verdicts),
        seconds === undefined ? "" : duration(seconds),
      ]),
    ),
  ];
  const skipped = run.accounts.filter(({ status }) => status === "skipped");
  if (skipped.length > 0) {
    parts.push(
      `${paint.bold("Left out")}\n${table(["account", "name", "reason"], leftOut(skipped))}`,
    );
  }
  // Changes of many stamps are read once for all accounts in which they are the same.
  const grouped = run.stamps.filter(({ changes = [] }) => changes.length > 0).length > 1;
  for (const stamp of worstFirst(run)) {
    const details = renderStamp(grouped ? { ...stamp, changes: [] } : stamp, io);
    if (details !== "") parts.push(details);
  }
  const changes = grouped ? renderChanges(run.stamps, io) : "";
  if (changes !== "") parts.push(changes);
  const hold = renderHold(run, io);
  if (hold !== "") parts.push(hold);
  if (run.error !== undefined) {
    parts.push([paint.bold("The run as a whole"), ...errorLines(run.error, paint)].join("\n"));
  }
  parts.push(renderTotals(run, io));
  return `${parts.join("\n\n")}\n`;
}

const breaksRules = ({ violations = [] }: StampResult): boolean =>
  violations.some(({ level }) => level === "mandatory");

/** The stamps in their order; of a comparison, those first whose drift breaks a mandatory rule, then those that drifted. */
function worstFirst({ operation, stamps }: RunRecord): readonly StampResult[] {
  if (operation !== "drift") return stamps;
  const badness = (stamp: StampResult): number =>
    breaksRules(stamp) ? 2 : (stamp.changes ?? []).length > 0 ? 1 : 0;
  return stamps.toSorted((a, b) => badness(b) - badness(a));
}

/**
 * Accounts that are left out, by reason: where one reason stands for many, as when a run is about one account, what the run
 * did is not to drown in their list. The JSON and the page have them all.
 */
function leftOut(accounts: RunRecord["accounts"]): string[][] {
  const byReason = new Map<string, string[][]>();
  for (const { accountId, name, reason = "" } of accounts) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), [accountId, name, reason]]);
  }
  return [...byReason].flatMap(([reason, rows]) =>
    rows.length > MOST_ALIKE ? [[counted(rows.length, "account"), "", reason]] : rows,
  );
}

function renderStamp(result: StampResult, { paint }: Pick<CliIo, "paint">): string {
  const { stamp, changes = [], violations = [], error } = result;
  const lines: string[] = vaultLines(result).map((line) => `  ${line}`);
  for (const { operation, type, name, properties } of changes.slice(0, MOST_CHANGES)) {
    const what = properties.length === 0 ? "" : ` (${properties.join(", ")})`;
    lines.push(`  ${SIGNS[operation]} ${clean(`${type} ${name}${what}`)}`);
  }
  if (changes.length > MOST_CHANGES) lines.push(`  … and ${changes.length - MOST_CHANGES} more`);
  for (const { level, verdict, pack, rule, urn, message } of violations) {
    const name = urn.split("::").slice(3).join("::");
    const where = urn === "" ? "the whole stack" : clean(name === "" ? urn : name);
    const what = verdict === undefined || verdict === "fail" ? level : `${level}, ${verdict}`;
    const mark = level === "mandatory" ? paint.red(what) : paint.yellow(what);
    lines.push(`  ${mark} ${clean(`${pack}/${rule}`)} on ${where}: ${clean(message)}`);
  }
  if (error !== undefined) lines.push(...errorLines(error, paint));
  return lines.length === 0 ? "" : [paint.bold(stamp), ...lines].join("\n");
}

function errorLines(
  { code, message, problems = [], action }: ErrorRecord,
  paint: CliIo["paint"],
): string[] {
  return [
    `  ${paint.red(code)} ${clean(message)}`,
    ...problems.map(
      ({ message: what, pointer }) =>
        `    - ${clean(pointer === undefined ? what : `${pointer}: ${what}`)}`,
    ),
    ...(action === undefined ? [] : [`    ${paint.bold("→")} ${clean(action)}`]),
  ];
}

function renderTotals(run: RunRecord, { paint }: Pick<CliIo, "paint">): string {
  const colour =
    run.status === "succeeded" ? paint.green : run.status === "failed" ? paint.red : paint.yellow;
  const head = `Run ${run.id} (${run.operation}) ${colour(run.status)}`;
  const { summary } = run;
  if (summary === undefined) return `${head}.`;
  const would =
    run.operation === "preview" || run.operation === "drift" ? "would change" : "changed";
  const found = [
    ...(summary.undetermined === 0 ? [] : [`${summary.undetermined} undetermined`]),
    ...(summary.exempt === 0 ? [] : [`${summary.exempt} exempt`]),
  ];
  return [
    `${head} in ${duration(summary.seconds)}:`,
    `${counted(summary.accounts, "account")}: ${summary.stamped} succeeded, ${summary.skipped} left out, ${summary.failed} failed;`,
    `${counted(summary.changed, "stamp")} ${would}, ${summary.unchanged} left alone as unchanged; ${counted(summary.resources, "resource")}.`,
    ...(found.length === 0 ? [] : [`Of the rules' findings ${found.join(", ")}.`]),
  ].join(" ");
}

/** Warns of changes: the counts of stamps in which anything would change. */
export function changedStamps(run: RunRecord): number {
  return (
    run.summary?.changed ??
    run.stamps.filter(
      ({ counts }) =>
        counts !== undefined && counts.create + counts.update + counts.replace + counts.delete > 0,
    ).length
  );
}
