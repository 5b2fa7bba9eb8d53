import { PACKS, RULES } from "./rules";
import type { RuleInfo } from "./rules";
import { configSchemaOf } from "./config-schema";

/** What `strongroom policy list` tells of a rule. */
export interface ListedRule extends Omit<RuleInfo, "parameters"> {
  readonly packs: readonly string[];
  /** JSON schema of the rule's settings; absent where it has none. */
  readonly configSchema?: object;
}

/** Every rule, with its metadata and without what it does. */
export function ruleList(): ListedRule[] {
  return RULES.map((rule) => {
    const { id, catalogue, objective, severity, level, scope } = rule;
    const { checks, why, fix, corresponds, frameworks } = rule;
    const packs = Object.entries(PACKS).filter(([, { rules }]) =>
      rules.some((other) => other.id === id),
    );
    const configSchema = configSchemaOf([rule]).properties[id];
    return {
      id,
      catalogue,
      objective,
      severity,
      level,
      scope,
      checks,
      why,
      fix,
      corresponds,
      frameworks,
      packs: packs.map(([name]) => name),
      ...(configSchema === undefined ? {} : { configSchema }),
    };
  });
}
