import type { RuleInfo } from "./rules";

/** JSON schema of one rule's settings. */
export interface RuleSettingsSchema {
  readonly type: "object";
  readonly description: string;
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, object>>;
}

/** The configuration that a pack accepts: an object for each rule with parameters. */
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
