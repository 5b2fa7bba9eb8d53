import { EXEMPTIONS, JUDGE } from "./config-keys";
import { JUDGED_WHEN, ruleSection, VERDICTS } from "./docs";
import { TABLE_DATE, TABLE_SOURCE } from "./iam/action-table";
import { PACKS, type PackName } from "./rules";

/** What the published package of a pack says of itself beside its code. */
export interface PackFacts {
  readonly description: string;
  readonly rules: readonly string[];
  /** Where the table of AWS's actions comes from that its rules know, and the day of its data. */
  readonly actionTable: { readonly source: string; readonly date: string };
}

export function packFacts(name: PackName): PackFacts {
  const { description, rules } = PACKS[name];
  return {
    description,
    rules: rules.map(({ id }) => id),
    actionTable: { source: TABLE_SOURCE, date: TABLE_DATE },
  };
}

/** An exemption as the README shows it; a test puts it through the schema of the configuration. */
export const EXAMPLE = {
  stack: "shop-prod",
  reason: "Accepted until the move to the new account.",
  owner: "platform",
  expires: "2027-01-31",
} as const;

/** README.md of a pack's published package: how to run it, what may be configured, and its rules. */
export function packReadme(name: PackName, packageName: string): string {
  const { description, rules } = PACKS[name];
  const [first] = rules;
  const configured = rules.find(({ parameters }) => Object.keys(parameters).length > 0);
  const settings =
    configured === undefined
      ? {}
      : {
          [configured.id]: Object.fromEntries(
            Object.entries(configured.parameters).map(([key, value]) => [key, value.default]),
          ),
        };
  const example = {
    [JUDGE]: { ...settings, [EXEMPTIONS]: [{ rule: first?.id, ...EXAMPLE }] },
  };
  return `${[
    `# ${packageName}`,
    `${description} A policy pack for Pulumi programs with the providers \`aws\` 7 or \`aws-native\`: ${rules.length} rules.`,
    "## Use",
    `\`\`\`sh\nnpm install --save-dev --save-exact ${packageName}\npulumi preview --policy-pack node_modules/${packageName}\n\`\`\``,
    "The pack calls nobody: it judges by what the engine shows it, whatever language the program is in. For one that is not JavaScript, install the package in a folder of its own.",
    "## Verdicts",
    VERDICTS,
    JUDGED_WHEN,
    "## Configuration",
    `Everything stands under \`${JUDGE}\` in a file that \`--policy-pack-config\` names, once for each \`--policy-pack\`:`,
    `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    `A rule's parameters are named below. An entry of \`${EXEMPTIONS}\` names a rule, and a stack (with \`*\` and \`?\` as wildcards), a resource (its name, \`type::name\` or URN) or both; a reason, an owner and the last day on which it holds. An expired one fails, and so does one that names a stack exactly and excuses nothing in it. Levels cannot be lowered, and the pack cannot be turned off: a configuration that wants that fails the stack.`,
    "## Rules",
    `Rules about IAM know the actions that AWS published by ${TABLE_DATE} (${TABLE_SOURCE}, MIT licence).`,
    ...rules.map((rule) => ruleSection(rule)),
  ].join("\n\n")}\n`;
}
