import { Stack, type ResourceInput } from "./model/stack";
import { blocks, judge, RULES, type Rule, type Settings } from "./rules";

/** One line of an evaluation. `message` says what is wrong and what to set; for a pass, what was checked. */
export interface EvaluationLine {
  readonly rule: string;
  readonly resource: string;
  readonly verdict: "pass" | "fail" | "undetermined" | "not-applicable";
  readonly message: string;
}

export interface Evaluation {
  readonly lines: readonly EvaluationLine[];
  /** Whether a mandatory rule failed, or could not be decided on a type that matters for security. */
  readonly blocked: boolean;
}

export interface EvaluationOptions {
  readonly rules?: readonly Rule[];
  /** Settings by rule, as in a pack's configuration. */
  readonly config?: Readonly<Record<string, Partial<Settings>>>;
  /** Adds a line, without resource, for each rule that found nothing to look at. */
  readonly notApplicable?: boolean;
}

/** Judges resources that belong together by rules, without an engine. Never throws. */
export function evaluate(
  resources: readonly ResourceInput[],
  { rules = RULES, config = {}, notApplicable = false }: EvaluationOptions = {},
): Evaluation {
  const stack = new Stack(resources);
  const lines: EvaluationLine[] = [];
  let blocked = false;
  for (const rule of rules) {
    const verdicts = judge(rule, stack, config[rule.id]);
    if (verdicts.length === 0 && notApplicable) {
      lines.push({
        rule: rule.id,
        resource: "",
        verdict: "not-applicable",
        message: "No resource of this file is the rule's affair.",
      });
    }
    for (const verdict of verdicts) {
      blocked ||= blocks(verdict);
      lines.push({
        rule: rule.id,
        resource: verdict.resource.name,
        verdict: verdict.verdict,
        message: verdict.verdict === "pass" ? rule.checks : verdict.message,
      });
    }
  }
  return { lines, blocked };
}
