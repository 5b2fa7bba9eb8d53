import { markdownText as md } from "./escape";
import { counted, noun, SIGNS } from "./kinds";
import type { PreviewReport, ReportAccount } from "./model";

/** Longest text of a comment on GitHub; counted in bytes here, which is never too few. */
export const COMMENT_LIMIT = 65_535;
/** Names of accounts in one cell, resources and accounts in one folded list. */
const MOST_NAMES = 3;
const MOST_CHANGES = 60;

export interface MarkdownOptions {
  /** Most bytes; {@link COMMENT_LIMIT} by default. */
  readonly limit?: number;
  /** Address of the whole report; by default the command that shows it is named. */
  readonly fullReport?: string;
}

/** A part of the comment that is there as a whole, in short, or not at all. */
interface Section {
  readonly title: string;
  readonly whole: string;
  /** The same with only what must not be missed. */
  readonly short?: string;
}

/** The hidden mark by which the one comment of a project is found again. */
export const marker = (project: string): string => `<!-- strongroom:preview:${project} -->`;

/**
 * The report as one comment of a pull request: what cannot be had back first, then what stops it, who gains what, and the
 * accounts by equal change. Cut by whole sections where it is too long; it then says what is missing and where it is.
 */
export function renderMarkdown(report: PreviewReport, options: MarkdownOptions = {}): string {
  const limit = options.limit ?? COMMENT_LIMIT;
  const head = [
    marker(report.project),
    `### Strongroom preview: ${headline(report)}`,
    totals(report),
  ];
  const where =
    options.fullReport === undefined
      ? `\`strongroom report preview ${report.run.id}\` shows the whole report.`
      : `The [whole report](${options.fullReport}) has everything.`;
  const footer = (cut: readonly string[]): string =>
    cut.length === 0
      ? `<sub>Run ${md(report.run.id)}. ${where}</sub>`
      : `**Cut to fit:** ${cut.join(", ")}. ${where}`;
  const sections = sectionsOf(report);
  // Room for a footer that names every section, whatever is cut.
  const room =
    limit - bytes([...head, ""].join("\n\n")) - bytes(footer(sections.map(({ title }) => title)));
  const { kept, cut } = fit(sections, room);
  return `${[...head, ...kept, footer(cut)].join("\n\n")}\n`;
}

/** What stands in the place of an older comment when a pull request no longer changes anything. */
export function renderNothingLeft(project: string): string {
  return `${marker(project)}\n\n### Strongroom preview: no longer applicable\n\nNothing that Strongroom deploys is changed by this pull request any more.\n`;
}

const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/** Keeps the sections that fit, the first ones first: each whole, else short, else not at all. */
function fit(sections: readonly Section[], room: number): { kept: string[]; cut: string[] } {
  const kept: string[] = [];
  const cut: string[] = [];
  let left = room;
  for (const { title, whole, short } of sections) {
    const chosen = [whole, short].find((text) => text !== undefined && bytes(text) + 2 <= left);
    if (chosen !== whole) cut.push(title);
    if (chosen === undefined) continue;
    kept.push(chosen);
    left -= bytes(chosen) + 2;
  }
  return { kept, cut };
}

const HEADLINES: Readonly<Record<PreviewReport["outcome"], string>> = {
  failed: "❌ it could not be made everywhere",
  stopped: "❌ stopped by policy",
  unfinished: "⚠️ unfinished",
  destructive: "⚠️ keys, secrets or buckets would be deleted or replaced",
  changes: "changes",
  "no-change": "✅ no change",
};

function headline({ outcome, totals }: PreviewReport): string {
  const changed =
    totals.changedAccounts === 0
      ? "no account changes"
      : `${counted(totals.changedAccounts, "account")} of ${totals.accounts} would change`;
  return outcome === "changes"
    ? changed
    : `${HEADLINES[outcome]}${outcome === "no-change" ? "" : `, ${changed}`}`;
}

function totals({ totals: all }: PreviewReport): string {
  const { changes } = all;
  const rows = [
    `| accounts | changed | + create | ~ update | ± replace | − delete | violations | advisory | undetermined | exempt | failed |`,
    `| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |`,
    `| ${all.accounts} | ${all.changedAccounts} | ${changes.create} | ${changes.update} | ${strong(changes.replace)} | ${strong(changes.delete)} | ${strong(all.mandatory)} | ${all.advisory} | ${strong(all.undetermined)} | ${all.exempt} | ${strong(all.failures)} |`,
  ];
  return rows.join("\n");
}

const strong = (count: number): string => (count === 0 ? "0" : `**${count}**`);

function sectionsOf(report: PreviewReport): Section[] {
  const names = new Map(report.accounts.map((account) => [account.accountId, account]));
  return [
    preciousSection(report, names),
    failureSection(report, names),
    findingSection(report, names, "fail"),
    findingSection(report, names, "undetermined"),
    findingSection(report, names, "exempt"),
    accessSection(report, names),
    groupSection(report, names),
    costSection(report),
    leftOutSection(report),
  ].filter((section) => section !== undefined);
}

type Names = ReadonlyMap<string, ReportAccount>;

const accountText = (names: Names, id: string): string => {
  const name = names.get(id)?.name ?? "";
  return name === "" ? id : `${md(name)} (${id})`;
};

/** `app (111122223333)`, or `47 accounts: a, b, c, …`. */
function accountsText(names: Names, ids: readonly string[]): string {
  const shown = ids.slice(0, MOST_NAMES).map((id) => accountText(names, id));
  if (ids.length === 1) return shown.join("");
  return `${counted(ids.length, "account")}: ${shown.join(", ")}${ids.length > MOST_NAMES ? ", …" : ""}`;
}

function section(title: string, lines: readonly string[], short?: string): Section {
  const whole = `#### ${title}\n\n${lines.join("\n")}`;
  return { title, whole, ...(short === undefined ? {} : { short: `#### ${title}\n\n${short}` }) };
}

function preciousSection({ precious }: PreviewReport, names: Names): Section | undefined {
  if (precious.length === 0) return undefined;
  const rows = precious.map(({ operation, kind, name, properties, accountIds }) => {
    const because = properties.length === 0 ? "" : md(properties.join(", "));
    return `| **${SIGNS[operation]} ${operation} ${kind}** | **${md(name)}** | ${because} | ${accountsText(names, accountIds)} |`;
  });
  const count = precious.reduce((sum, { accountIds }) => sum + accountIds.length, 0);
  return section(
    "⚠️ Keys, secrets and buckets that would be deleted or replaced",
    ["| what | resource | because of | where |", "| --- | --- | --- | --- |", ...rows],
    `**${count} of them. Do not merge this before you have seen each one.**`,
  );
}

function failureSection({ failures }: PreviewReport, names: Names): Section | undefined {
  if (failures.length === 0) return undefined;
  return section(
    "❌ Could not be previewed",
    failures.map(
      ({ code, message, action, accountIds }) =>
        `- **${code}** ${md(message)}${action === undefined ? "" : ` → ${md(action)}`} (${accountIds.length === 0 ? "the run as a whole" : accountsText(names, accountIds)})`,
    ),
    `${failures.length} different reasons.`,
  );
}

const FINDING_TITLES = {
  fail: "Violations of policy",
  undetermined: "Undetermined: rules that could not decide",
  exempt: "Exempt: accepted until a day",
} as const;

function findingSection(
  { findings }: PreviewReport,
  names: Names,
  verdict: keyof typeof FINDING_TITLES,
): Section | undefined {
  const found = findings.filter((finding) => finding.verdict === verdict);
  if (found.length === 0) return undefined;
  const lines = found.flatMap(({ rule, level, severity, resource, message, accountIds, why }) => [
    `- **${md(rule)}** (${level}, ${severity}) on ${resource === "" ? "the whole stack" : `**${md(resource)}**`}, ${accountsText(names, accountIds)}`,
    `  <br>${md(message)}${why === undefined ? "" : `<br><sub>${md(why)}</sub>`}`,
  ]);
  const rules = [...new Set(found.map(({ rule }) => rule))];
  return section(
    FINDING_TITLES[verdict],
    lines,
    `${counted(found.length, "finding")} of ${counted(rules.length, "rule")}: ${rules.map(md).join(", ")}`,
  );
}

function accessSection({ access }: PreviewReport, names: Names): Section | undefined {
  if (access.length === 0) return undefined;
  const marks = { gains: "➕", loses: "➖", alters: "🔀", unclear: "❔" };
  const lines = access.map(({ change, sentence, accountIds }) =>
    `- ${marks[change]} ${md(sentence)} in account ${accountsText(names, accountIds)}`.replace(
      / in account (\d+ accounts)/,
      " in $1",
    ),
  );
  const count = (wanted: string): number => access.filter(({ change }) => change === wanted).length;
  return section(
    "What identities gain and lose",
    lines,
    `${count("gains")} gained, ${count("alters")} under another condition, ${count("loses")} lost, ${count("unclear")} cannot be told.`,
  );
}

function groupSection({ groups }: PreviewReport, names: Names): Section | undefined {
  if (groups.length === 0) return undefined;
  const table = [
    "| accounts | change |",
    "| --- | --- |",
    ...groups.map(
      ({ accountIds, summary }) => `| ${accountsText(names, accountIds)} | ${md(summary)} |`,
    ),
  ];
  const details = groups.flatMap(({ accountIds, summary, changes }) => [
    "",
    `<details><summary>${counted(accountIds.length, "account")}: ${md(summary)}</summary>`,
    "",
    ...changes.slice(0, MOST_CHANGES).map(({ operation, type, name, properties }) => {
      const what = properties.length === 0 ? "" : ` (${md(properties.join(", "))})`;
      return `- ${SIGNS[operation]} ${md(noun(type))} **${md(name)}**${what}`;
    }),
    ...(changes.length > MOST_CHANGES ? [`- … and ${changes.length - MOST_CHANGES} more`] : []),
    "",
    ...accountIds.map((id) => `- ${accountLine(names, id)}`),
    "",
    "</details>",
  ]);
  return section(
    "Changes, by accounts in which the same changes",
    [...table, ...details],
    table.join("\n"),
  );
}

function accountLine(names: Names, id: string): string {
  const account = names.get(id);
  const labels = [
    ...(account?.environment === undefined ? [] : [account.environment]),
    ...Object.entries(account?.tags ?? {}).map(([key, value]) => `${key}=${value}`),
  ];
  return [accountText(names, id), ...labels.map(md)].join(" · ");
}

function costSection({ cost }: PreviewReport): Section | undefined {
  const { requests } = cost;
  if (cost.lines.length === 0 && requests === undefined) return undefined;
  const signed = (amount: number): string =>
    `${amount < 0 ? "−" : "+"}${Math.abs(amount).toFixed(2)}`;
  return section("Cost", [
    `**${signed(cost.monthly)} ${cost.currency} a month** for what can be counted.`,
    "",
    "| what | before | after | each | a month |",
    "| --- | --: | --: | --: | --: |",
    ...cost.lines.map(
      ({ what, before, after, unitPrice, difference }) =>
        `| ${what} | ${before} | ${after} | ${unitPrice.toFixed(2)} | ${signed(difference)} |`,
    ),
    ...(requests === undefined
      ? []
      : [
          `| ${requests.what} | ${requests.before} | ${requests.after} | | ${signed(requests.difference)} |`,
        ]),
    "",
    ...(requests === undefined
      ? []
      : [`<sub>Assumed for requests: ${requests.assumed.join("; ")}.</sub>`, ""]),
    `<sub>Not counted: ${cost.notCounted.join("; ")}. List prices of ${cost.prices.date}: ${cost.prices.source}.</sub>`,
  ]);
}

function leftOutSection({ leftOut, totals: all }: PreviewReport): Section | undefined {
  if (leftOut.length === 0) return undefined;
  return section(
    "Left out",
    [
      `<details><summary>${counted(all.leftOut, "account")} of the organization</summary>`,
      "",
      ...leftOut.map(({ reason, accounts }) => `- ${counted(accounts, "account")}: ${md(reason)}`),
      "",
      "</details>",
    ],
    counted(all.leftOut, "account"),
  );
}
