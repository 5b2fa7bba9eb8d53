import { CATALOGUE, rulesOf, UNSEEN } from "./catalogue";
import { JUDGE } from "./config-keys";
import { PACKS, RULES } from "./rules";
import { CONFIRMED } from "./rules/objectives";
import type { RuleInfo } from "./rules";

/** How to write docs/policies.md anew; the test that finds it stale says this. */
export const DOCS_COMMAND =
  "node setup/build.mjs && node dist/policies/print-docs.js > docs/policies.md";

/** docs/policies.md, from the rules' own metadata. */
export function policiesPage(): string {
  const packs = Object.entries(PACKS).map(
    ([name, { description, rules }]) => `- \`${name}\`: ${description} ${rules.length} rules.`,
  );
  return `${[
    "# Policies",
    "<!-- Made from the rules; do not edit. -->",
    `Write it anew with \`${DOCS_COMMAND}\`.`,
    "## Packs",
    packs.join("\n"),
    "Run one on any program with `pulumi preview --policy-pack policies/strongroom` (after `npm run build`), or pass its folder as `policyPacks` of the Automation API. `npm run packs` makes npm packages of all but `strongroom`, for programs that have nothing to do with it: [policy-packs.md](policy-packs.md).",
    "## Verdicts",
    VERDICTS,
    JUDGED_WHEN,
    "## Settings",
    SETTINGS,
    `What stands against a configuration that weakens a pack, and what does not: [policy-packs.md](policy-packs.md#what-a-configuration-can-do).`,
    "## Catalogue",
    "What is asked of a stack that keeps secrets and their backups, by number, and the rules that see to it.",
    CATALOGUE.map(requirement).join("\n"),
    "What no pack can see of it:",
    Object.entries(UNSEEN)
      .map(([what, instead]) => `- **${what}**: ${instead}`)
      .join("\n"),
    "## Frameworks",
    FRAMEWORKS,
    `AWS's guide of Security Hub names these requirements of PCI DSS 4.0.1 for a control about the same thing (2026-11-25): ${Object.entries(
      CONFIRMED,
    )
      .map(([number, control]) => `${number} (${control})`)
      .join(
        ", ",
      )}. The other numbers of PCI DSS and those of HIPAA were not held against a source: check them before you rely on them. The domains of SOX are a custom of auditors.`,
    "## Rules",
    ...RULES.map((rule) => ruleSection(rule, [`- Packs: ${packsOf(rule)}`])),
  ].join("\n\n")}\n`;
}

/** What a rule can say, as a list. */
export const VERDICTS = [
  "- **pass**: nothing is wrong.",
  "- **fail**: reported with the rule, the resource, what is wrong and what to set. A mandatory rule stops the run.",
  "- **undetermined**: a value is not known yet, or cannot be read. It is reported with the property and counts like a failure of the same level; at `up`, when values are known, the rule judges again. Its message begins with `[undetermined]`.",
  "- **exempt**: it failed or could not be decided, and an exemption accepts it. It is advisory, and its message begins with `[exempt]`.",
  "- A rule that finds nothing to look at is not applicable.",
].join("\n");

/** When rules run. */
export const JUDGED_WHEN =
  "Rules decided by one resource run before it is made. Rules that join several (a bucket and its parts, a role and its policies) run at the end of a preview, so always preview before `up`, as the service does. No message repeats the text of a property.";

const SETTINGS = `Parameters are set in the pack's configuration (\`--policy-pack-config\`) under \`${JUDGE}\`, by rule: \`{"${JUDGE}": {"secret-rotation-frequent": {"maximumDays": 30}}}\`. Levels cannot be lowered there, and a pack cannot be turned off: what is accepted all the same stands under \`exemptions\` ([exemptions.md](exemptions.md)).`;

const FRAMEWORKS =
  "Each rule names the controls that it supports: of the CIS AWS Foundations Benchmark and AWS's Foundational Security Best Practices (ids of Security Hub's controls) where one asks for the same, and by its objective of PCI DSS 4.0.1, the HIPAA Security Rule and SOX section 404 (domains of general IT controls). A rule is evidence for a part of a control; none is fulfilled by a rule alone.";

function requirement({ number, asks }: (typeof CATALOGUE)[number]): string {
  const rules = rulesOf(number).map((id) => `[${id}](#${id})`);
  return `${number}. ${[code(asks), ...rules].join("; ")}`;
}

const packsOf = (rule: RuleInfo): string =>
  Object.entries(PACKS)
    .filter(([, { rules }]) => rules.some(({ id }) => id === rule.id))
    .map(([name]) => `\`${name}\``)
    .join(", ");

/** A rule as Markdown; `more` are facts about where it is. */
export function ruleSection(rule: RuleInfo, more: readonly string[] = []): string {
  const facts = [
    `- Level: ${rule.level}, severity: ${rule.severity}, decided by: ${rule.scope === "stack" ? "the whole stack" : "one resource"}`,
    ...more,
    `- Why: ${rule.why}`,
    `- Fix: ${code(rule.fix)}`,
    ...(rule.corresponds.length === 0
      ? []
      : [`- Corresponds to: ${rule.corresponds.map((id) => `\`${id}\``).join(", ")}`]),
    `- Catalogue: ${rule.catalogue.join(", ")}; objective: ${rule.objective}`,
    ...Object.entries(rule.frameworks).map(([name, ids]) => `- ${name}: ${ids.join(", ")}`),
    ...Object.entries(rule.parameters).map(
      ([name, { description, default: value }]) =>
        `- Parameter \`${name}\` (default \`${String(value)}\`): ${description}`,
    ),
  ];
  return `### ${rule.id}\n\n${code(rule.checks)}\n\n${facts.join("\n")}`;
}

/** Marks words that Markdown would read as emphasis. */
function code(text: string): string {
  return text.replace(/[^\s()"]*\*[^\s()",]*/g, (word) => `\`${word}\``);
}
