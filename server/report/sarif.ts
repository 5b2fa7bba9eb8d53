import { createHash } from "node:crypto";

import { RULES, type RuleInfo } from "../../policies/rules";
import { oneLine } from "./escape";
import type { PreviewReport, ReportFinding, ReportPlace } from "./model";

/** GitHub keeps so many results of a run and drops the rest; ours come in the order of how bad they are. */
const MOST_RESULTS = 5000;

/** As GitHub reads them: above 9 is critical, above 7 high, above 4 medium. */
const SECURITY_SEVERITY: Readonly<Record<ReportFinding["severity"], string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
};

const PRECIOUS_RULE = "precious-resource-kept";

export interface SarifOptions {
  /** Version of the product. */
  readonly version: string;
  /** Folder of the repository in which the named files are, with a slash at its end; none by default. */
  readonly folder?: string;
}

/**
 * The report as SARIF 2.1.0, for whatever reads that: a result for each finding in each account, and one for each key,
 * secret or bucket that would be deleted or replaced. Ids of rules are stable; the fingerprint is that of rule, account
 * and resource, so that a finding keeps its history.
 */
export function renderSarif(
  report: PreviewReport,
  options: SarifOptions,
): Readonly<Record<string, unknown>> {
  const results = [...preciousResults(report, options), ...findingResults(report, options)];
  const used = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const places = new Map(used.map((id, index) => [id, index]));
  return {
    $schema:
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "strongroom",
            semanticVersion: options.version,
            rules: used.map((id) => ruleOf(id, report)),
          },
        },
        automationDetails: { id: `strongroom/preview/${report.project}/` },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: report.outcome !== "failed" && report.outcome !== "unfinished",
            toolExecutionNotifications: report.failures.map(({ code, message, accountIds }) => ({
              level: "error",
              descriptor: { id: code },
              message: {
                text: `${oneLine(message)} (${accountIds.length === 0 ? "the run as a whole" : `${accountIds.length} accounts`})`,
              },
            })),
          },
        ],
        results: results
          .slice(0, MOST_RESULTS)
          .map((result) => ({ ...result, ruleIndex: places.get(result.ruleId) ?? -1 })),
        properties: { resultsLeftOut: Math.max(0, results.length - MOST_RESULTS) },
      },
    ],
  };
}

function findingResults({ findings }: PreviewReport, options: SarifOptions) {
  return findings.flatMap((finding) =>
    finding.occurrences.map(({ accountId, urn, stamp, place }) => ({
      ruleId: finding.rule,
      kind: finding.verdict === "undetermined" ? "open" : "fail",
      // SARIF has levels for failures only: what is open has none.
      level:
        finding.verdict === "undetermined"
          ? "none"
          : finding.level === "mandatory"
            ? "error"
            : "warning",
      message: { text: `${oneLine(finding.message)} [${stamp}]` },
      ...(finding.verdict === "exempt"
        ? // Its message says until when and who answers for it.
          {
            suppressions: [
              { kind: "external", status: "accepted", justification: oneLine(finding.message) },
            ],
          }
        : {}),
      ...whereabouts(place, urn === "" ? stamp : urn, options),
      partialFingerprints: { "strongroom/v1": fingerprint(finding.rule, accountId, urn) },
      properties: { accountId, verdict: finding.verdict, level: finding.level },
    })),
  );
}

function preciousResults({ precious }: PreviewReport, options: SarifOptions) {
  return precious.flatMap(({ operation, kind, type, name, occurrences, stackKind }) =>
    occurrences.map(({ accountId, place }) => {
      const resource = `${stackKind}-${accountId}::${type}::${name}`;
      return {
        ruleId: PRECIOUS_RULE,
        kind: "fail",
        level: "warning",
        message: {
          text: `The ${kind} "${oneLine(name)}" of account ${accountId} would be ${operation === "delete" ? "deleted" : "replaced"}.`,
        },
        ...whereabouts(place, resource, options),
        partialFingerprints: { "strongroom/v1": fingerprint(PRECIOUS_RULE, accountId, resource) },
        properties: { accountId, verdict: "fail", level: "advisory" },
      };
    }),
  );
}

function whereabouts(place: ReportPlace, resource: string, { folder = "" }: SarifOptions) {
  return {
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(`${folder}${place.file}`) },
          region: { startLine: place.line },
        },
        logicalLocations: [{ fullyQualifiedName: oneLine(resource), kind: "resource" }],
      },
    ],
  };
}

function fingerprint(rule: string, accountId: string, urn: string): string {
  return createHash("sha256")
    .update(JSON.stringify([rule, accountId, urn]))
    .digest("hex");
}

const INFO = new Map<string, RuleInfo>(RULES.map((rule) => [rule.id, rule]));

function ruleOf(id: string, { findings }: PreviewReport) {
  if (id === PRECIOUS_RULE) {
    return descriptor(id, {
      checks: "No key, secret, bucket or backup vault is deleted or replaced.",
      why: "What was encrypted with it or kept in it may be lost for good.",
      fix: "Keep the resource, or take it out of the stack without deleting it.",
      severity: "critical",
      tags: [],
    });
  }
  const info = INFO.get(id);
  const found = findings.find(({ rule }) => rule === id);
  return descriptor(id, {
    checks: info?.checks ?? id,
    why: info?.why ?? "",
    fix: info?.fix ?? "",
    severity: found?.severity ?? "medium",
    tags: [...(info?.corresponds ?? [])],
  });
}

interface RuleText {
  readonly checks: string;
  readonly why: string;
  readonly fix: string;
  readonly severity: ReportFinding["severity"];
  readonly tags: readonly string[];
}

function descriptor(id: string, { checks, why, fix, severity, tags }: RuleText) {
  return {
    id,
    name: id,
    shortDescription: { text: checks },
    ...(why === "" ? {} : { fullDescription: { text: why } }),
    help: {
      text: fix === "" ? checks : fix,
      markdown: `**${checks}**\n\n${why}\n\n**To set right:** ${fix}`,
    },
    defaultConfiguration: { level: severity === "low" ? "warning" : "error" },
    properties: {
      tags: ["security", ...tags],
      precision: "very-high",
      "security-severity": SECURITY_SEVERITY[severity],
    },
  };
}
