import { DAY } from "../stacks/exemptions";
import { EXEMPTIONS } from "./config-keys";
import { RULES, type RuleInfo } from "./rules";

/** JSON schema of one rule's settings. */
export interface RuleSettingsSchema {
  readonly type: "object";
  readonly description: string;
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, object>>;
}

const text = (minLength: number, more: object = {}): object => ({
  type: "string",
  minLength,
  ...more,
});

/**
 * Exemptions as a pack's configuration holds them: those of the reviewed file (stacks/exemptions-file.ts). A rule that the
 * pack does not have is allowed, so that one list serves all packs.
 */
const EXEMPTIONS_SCHEMA = {
  type: "array",
  description: "What is accepted all the same: by whom, why and until when.",
  items: {
    type: "object",
    additionalProperties: false,
    required: ["rule", "reason", "owner", "expires"],
    anyOf: [{ required: ["stack"] }, { required: ["resource"] }],
    properties: {
      rule: { type: "string", enum: RULES.map(({ id }) => id) },
      stack: text(1),
      resource: text(1),
      reason: text(10),
      owner: text(1),
      expires: text(1, { pattern: DAY.source }),
    },
  },
} as const;

/** The configuration that the judge of a pack accepts: the exemptions, and an object for each rule with parameters. */
export function judgeSchemaOf(rules: readonly RuleInfo[]): {
  properties: Record<string, object>;
} {
  const { properties } = configSchemaOf(rules);
  return { properties: { [EXEMPTIONS]: EXEMPTIONS_SCHEMA, ...properties } };
}

/** The settings of rules: an object for each one with parameters. */
export function configSchemaOf(rules: readonly RuleInfo[]): {
  properties: Record<string, RuleSettingsSchema>;
} {
  const properties: Record<string, RuleSettingsSchema> = {};
  for (const rule of rules) {
    if (Object.keys(rule.parameters).length === 0) continue;
    properties[rule.id] = {
      type: "object",
      description: rule.checks,
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(rule.parameters).map(([name, parameter]) => [name, { ...parameter }]),
      ),
    };
  }
  return { properties };
}
