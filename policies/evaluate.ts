import { excused, exempts, type Exemption, type Finding } from "../stacks/exemptions";
import { Stack, type ResourceInput } from "./model/stack";
import { blocks, judge, RULES, type Rule, type Settings, type Verdict } from "./rules";

/** One line of an evaluation. `message` says what is wrong and what to set; for a pass, what was checked. */
export interface EvaluationLine {
  readonly rule: string;
  readonly resource: string;
  /** `exempt`: it failed or could not be decided, and an exemption says why that is accepted. */
  readonly verdict: "pass" | "fail" | "undetermined" | "not-applicable" | "exempt";
  readonly message: string;
}

export interface Evaluation {
  readonly lines: readonly EvaluationLine[];
  /** Exemptions that were used, each once. */
  readonly used: ReadonlySet<Exemption>;
  /** Whether a mandatory rule failed, or could not be decided on a type that matters for security. */
  readonly blocked: boolean;
}

export interface EvaluationOptions {
  readonly rules?: readonly Rule[];
  /** Settings by rule, as in a pack's configuration. */
  readonly config?: Readonly<Record<string, Partial<Settings>>>;
  /** Exemptions that hold today; the caller leaves out what has expired. */
  readonly exemptions?: readonly Exemption[];
  /** Adds a line, without resource, for each rule that found nothing to look at. */
  readonly notApplicable?: boolean;
}

/** Judges resources that belong together by rules, without an engine. Never throws. */
export function evaluate(
  resources: readonly ResourceInput[],
  { rules = RULES, config = {}, exemptions = [], notApplicable = false }: EvaluationOptions = {},
): Evaluation {
  const stack = new Stack(resources);
  const lines: EvaluationLine[] = [];
  const used = new Set<Exemption>();
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
      const exemption =
        verdict.verdict === "pass"
          ? undefined
          : exemptions.find((one) => exempts(one, { rule: rule.id, ...identityOf(verdict) }));
      if (exemption !== undefined && verdict.verdict !== "pass") {
        used.add(exemption);
        lines.push({
          rule: rule.id,
          resource: verdict.resource.name,
          verdict: "exempt",
          message: excused(verdict.message, exemption),
        });
        continue;
      }
      blocked ||= blocks(verdict);
      lines.push({
        rule: rule.id,
        resource: verdict.resource.name,
        verdict: verdict.verdict,
        message: verdict.verdict === "pass" ? rule.checks : verdict.message,
      });
    }
  }
  return { lines, used, blocked };
}

function identityOf({ resource: { type, name, urn } }: Verdict): Omit<Finding, "rule"> {
  return { type, name, urn };
}
