import { oneLine } from "./escape";
import { counted } from "./kinds";
import { renderMarkdown } from "./markdown";
import type { PreviewReport, ReportPlace } from "./model";

/** An annotation of GitHub's Checks API, on a line of a file. */
export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: "failure" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
}

/** A check run as GitHub takes it, but for the commit. */
export interface Check {
  readonly name: string;
  readonly conclusion: "success" | "failure" | "neutral" | "action_required";
  readonly title: string;
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
}

/** GitHub takes longer messages, and nobody reads them beside a line. */
const LONGEST_MESSAGE = 4000;
/** More are drawn by nobody; the comment and the SARIF file have the rest. */
const MOST_ANNOTATIONS = 500;

const CONCLUSIONS: Readonly<Record<PreviewReport["outcome"], Check["conclusion"]>> = {
  failed: "failure",
  stopped: "failure",
  unfinished: "neutral",
  // Somebody must look before it is merged: a rule of the branch can demand that.
  destructive: "action_required",
  changes: "success",
  "no-change": "success",
};

/** The report as a check of a commit, with annotations where the causes are. */
export function renderCheck(report: PreviewReport, folder = ""): Check {
  const { totals, outcome } = report;
  const parts = [
    totals.changedAccounts === 0
      ? "no change"
      : `${counted(totals.changedAccounts, "account")} would change`,
    ...(totals.mandatory === 0 ? [] : [counted(totals.mandatory, "violation")]),
    ...(totals.undetermined === 0 ? [] : [`${totals.undetermined} undetermined`]),
    ...(totals.exempt === 0 ? [] : [`${totals.exempt} exempt`]),
    ...(report.precious.length === 0 ? [] : ["keys, secrets or buckets deleted or replaced"]),
    ...(totals.failures === 0 ? [] : [counted(totals.failures, "failure")]),
  ];
  return {
    name: `strongroom preview (${report.project})`,
    conclusion: CONCLUSIONS[outcome],
    title: parts.join(", "),
    summary: renderMarkdown(report),
    annotations: annotationsOf(report, folder),
  };
}

function annotationsOf(report: PreviewReport, folder: string): CheckAnnotation[] {
  const precious = report.precious.flatMap(({ operation, kind, name, occurrences }) =>
    byPlace(occurrences, folder).map(({ place, count }) => ({
      ...place,
      annotation_level: "failure" as const,
      title: `${kind} ${operation}d`,
      message: text(`The ${kind} "${name}" would be ${operation}d (${counted(count, "account")}).`),
    })),
  );
  const findings = report.findings.flatMap(({ rule, level, verdict, message, occurrences }) =>
    byPlace(occurrences, folder).map(({ place, count }) => ({
      ...place,
      annotation_level: level === "mandatory" ? ("failure" as const) : ("warning" as const),
      title: verdict === "fail" ? rule : `${rule} (${verdict})`,
      message: text(`${message} (${counted(count, "account")})`),
    })),
  );
  return [...precious, ...findings].slice(0, MOST_ANNOTATIONS);
}

/** Each line once, with how many accounts it is about. */
function byPlace(occurrences: readonly { readonly place: ReportPlace }[], folder: string) {
  const counts = new Map<string, { place: ReportPlace; count: number }>();
  for (const { place } of occurrences) {
    const key = `${place.file}:${place.line}`;
    counts.set(key, { place, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].map(({ place: { file, line }, count }) => ({
    place: { path: `${folder}${file}`, start_line: line, end_line: line },
    count,
  }));
}

const text = (message: string): string => oneLine(message).slice(0, LONGEST_MESSAGE);
