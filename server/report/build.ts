import { RULES } from "../../policies/rules";
import { OWN_ACCOUNT, type Change } from "../../stacks/change-groups";
import { PROJECT } from "../../stacks/naming";
import type { PolicyViolation } from "../ports";
import type { RunRecord, StampResult } from "../runs-ports";
import { accessOf } from "./access";
import { costOf } from "./cost";
import { accountIdsOf, changeGroups, preciousGroups } from "./groups";
import type { PreviewReport, ReportAccount, ReportFinding, ReportPlace } from "./model";
import { together } from "./together";

/** What a run's record does not say. */
export interface ReportContext {
  /** What is known of the organization's accounts; those that are missing appear with the run's own name. */
  readonly accounts: readonly ReportAccount[];
  /** Where the cause of what a stamp does is best looked for. */
  readonly placeOf: (stamp: StampResult) => ReportPlace;
}

const RULE_BY_ID = new Map(RULES.map((rule) => [rule.id, rule]));
const DONE = new Set(["succeeded", "failed"]);

/** The report about a preview that has ended, or about as much of it as there is. Pure. */
export function buildReport(run: RunRecord, context: ReportContext): PreviewReport {
  const { stamps } = run;
  const names = new Map(run.accounts.map(({ accountId, name }) => [accountId, name]));
  const known = new Map(context.accounts.map((account) => [account.accountId, account]));
  const ids = [...new Set(stamps.map(({ accountId }) => accountId))].sort();
  const accounts = ids.map(
    (accountId) =>
      known.get(accountId) ?? { accountId, name: names.get(accountId) ?? "", tags: {} },
  );
  const nameOf = (id: string): string | undefined => known.get(id)?.name ?? names.get(id);

  const groups = changeGroups(stamps).map(({ digest, summary, changes, accountIds }) => ({
    digest,
    summary,
    counts: countsOf(changes),
    changes: changes.map((change) => ({ ...change, properties: [...change.properties] })),
    accountIds: [...accountIds],
  }));
  const precious = preciousChanges(stamps, context);
  const findings = findingsOf(stamps, context);
  const failures = [...failuresOf(stamps), ...wholeFailure(run)];
  const left = run.accounts.filter(({ status }) => status === "skipped");
  const all = stamps.flatMap(({ changes }) => changes ?? []);
  const occurrences = (wanted: (finding: (typeof findings)[number]) => boolean): number =>
    findings.filter(wanted).reduce((sum, { occurrences: own }) => sum + own.length, 0);
  const totals = {
    accounts: ids.length,
    changedAccounts: groups.reduce((sum, { accountIds }) => sum + accountIds.length, 0),
    leftOut: left.length,
    stamps: stamps.length,
    changes: countsOf(all),
    mandatory: occurrences(({ level, verdict }) => level === "mandatory" && verdict === "fail"),
    advisory: occurrences(({ level, verdict }) => level === "advisory" && verdict === "fail"),
    undetermined: occurrences(({ verdict }) => verdict === "undetermined"),
    exempt: occurrences(({ verdict }) => verdict === "exempt"),
    // One about the run as a whole is about no account in particular.
    failures: failures.reduce((sum, { accountIds }) => sum + Math.max(1, accountIds.length), 0),
  };
  return {
    version: 1,
    project: PROJECT,
    run: { id: run.id, operation: run.operation, status: run.status },
    outcome: outcomeOf(run, totals, precious.length > 0),
    totals,
    precious,
    findings,
    access: accessOf(stamps, nameOf),
    groups,
    cost: costOf(stamps),
    failures,
    leftOut: countedReasons(left.map(({ reason }) => reason ?? "")),
    accounts,
  };
}

function outcomeOf(
  run: RunRecord,
  totals: PreviewReport["totals"],
  destructive: boolean,
): PreviewReport["outcome"] {
  if (totals.failures > 0 || run.status === "needs_attention") return "failed";
  if (totals.mandatory > 0 || run.stamps.some(stoppedByPolicy)) return "stopped";
  if (run.stamps.some(({ status }) => !DONE.has(status))) return "unfinished";
  if (destructive) return "destructive";
  return totals.changedAccounts > 0 ? "changes" : "no-change";
}

const stoppedByPolicy = ({ error }: StampResult): boolean => error?.code === "POLICY_VIOLATION";

function countsOf(
  changes: readonly Pick<Change, "operation">[],
): PreviewReport["totals"]["changes"] {
  const counts = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { operation } of changes) counts[operation]++;
  return counts;
}

const addAccount = (list: string[], id: string): void => {
  if (!list.includes(id)) list.push(id);
};

function preciousChanges(
  stamps: readonly StampResult[],
  { placeOf }: ReportContext,
): PreviewReport["precious"] {
  return preciousGroups(stamps).map(({ stamps: own, properties, ...what }) => ({
    ...what,
    properties: [...properties],
    occurrences: own.map((stamp) => ({ accountId: stamp.accountId, place: placeOf(stamp) })),
    accountIds: accountIdsOf(own),
  }));
}

const SEVERITIES = ["critical", "high", "medium", "low"] as const;

function findingsOf(
  stamps: readonly StampResult[],
  { placeOf }: ReportContext,
): PreviewReport["findings"] {
  const found = stamps.flatMap((stamp) =>
    (stamp.violations ?? []).map((violation: PolicyViolation) => ({ stamp, violation })),
  );
  const plain = (text: string, { accountId }: StampResult): string =>
    text.replaceAll(accountId, OWN_ACCOUNT);
  const groups = together(
    found,
    ({ stamp, violation: { pack, rule, level, verdict, urn, message } }) => [
      [pack, rule, level, verdict ?? "fail", stamp.kind],
      [plain(nameOfUrn(urn), stamp), plain(message, stamp)],
    ],
    ({ stamp, violation: { pack, rule, level, verdict, urn, message } }) => {
      const info = RULE_BY_ID.get(rule);
      return {
        pack,
        rule,
        level,
        verdict: verdict ?? ("fail" as const),
        severity: info?.severity ?? (level === "mandatory" ? ("high" as const) : ("low" as const)),
        message: plain(message, stamp),
        ...(info === undefined ? {} : { fix: info.fix, why: info.why }),
        resource: plain(nameOfUrn(urn), stamp),
        stackKind: stamp.kind,
        occurrences: [] as ReportFinding["occurrences"],
        accountIds: [] as string[],
      };
    },
    (group, { stamp, violation }) => {
      const { accountId, stamp: name } = stamp;
      group.occurrences.push({
        accountId,
        stamp: name,
        urn: violation.urn,
        place: placeOf(stamp),
      });
      addAccount(group.accountIds, accountId);
    },
  );
  const rank = ({ level, severity }: (typeof groups)[number]): number =>
    (level === "mandatory" ? 0 : 10) + SEVERITIES.indexOf(severity);
  return groups.sort((a, b) => rank(a) - rank(b) || b.accountIds.length - a.accountIds.length);
}

const nameOfUrn = (urn: string): string => (urn === "" ? "" : urn.slice(urn.lastIndexOf("::") + 2));

function failuresOf(stamps: readonly StampResult[]): PreviewReport["failures"] {
  const failed = stamps.flatMap((stamp) =>
    stamp.error === undefined || stoppedByPolicy(stamp) || stamp.error.code === "RUN_CANCELLED"
      ? []
      : [{ stamp, error: stamp.error }],
  );
  const plain = (text: string, { accountId }: StampResult): string =>
    text.replaceAll(accountId, OWN_ACCOUNT);
  return together(
    failed,
    ({ stamp, error }) => [error.code, plain(error.message, stamp)],
    ({ stamp, error: { code, message, action } }) => ({
      code,
      message: plain(message, stamp),
      ...(action === undefined ? {} : { action: plain(action, stamp) }),
      accountIds: [] as string[],
    }),
    ({ accountIds }, { stamp }) => addAccount(accountIds, stamp.accountId),
  );
}

function wholeFailure({ error }: RunRecord): PreviewReport["failures"] {
  if (error === undefined) return [];
  const { code, message, action, problems = [] } = error;
  const all = [message, ...problems.map((problem) => problem.message)].join("; ");
  return [{ code, message: all, ...(action === undefined ? {} : { action }), accountIds: [] }];
}

function countedReasons(reasons: readonly string[]): PreviewReport["leftOut"] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, accounts]) => ({ reason, accounts }))
    .sort((a, b) => b.accounts - a.accounts);
}
