import { Stack, type ResourceInput } from "./model/stack";
import { judge, RULES, type Level, type Rule } from "./rules";

/** What a rule found wrong in a deployed state, or could not decide there. */
export interface DeployedFinding {
  readonly rule: string;
  readonly level: Level;
  readonly verdict: "fail" | "undetermined";
  /** URN of the resource. */
  readonly urn: string;
  readonly message: string;
}

/** How often the rules said what about one stack. */
export interface VerdictCounts {
  readonly pass: number;
  readonly fail: number;
  readonly undetermined: number;
}

export interface DeployedJudgement {
  readonly counts: VerdictCounts;
  readonly findings: readonly DeployedFinding[];
  /** A mandatory rule failed, or could not be decided: everything is known by now, so a doubt counts as a failure. */
  readonly failed: boolean;
}

/** Judges the resources of a stack that is there already by the same rules as a program before it is deployed. */
export function judgeDeployed(
  resources: readonly ResourceInput[],
  rules: readonly Rule[] = RULES,
): DeployedJudgement {
  const stack = new Stack(resources);
  const counts = { pass: 0, fail: 0, undetermined: 0 };
  const findings: DeployedFinding[] = [];
  for (const rule of rules) {
    for (const verdict of judge(rule, stack)) {
      counts[verdict.verdict]++;
      if (verdict.verdict === "pass") continue;
      findings.push({
        rule: rule.id,
        level: rule.level,
        verdict: verdict.verdict,
        urn: verdict.resource.urn,
        message: verdict.message,
      });
    }
  }
  return { counts, findings, failed: findings.some(({ level }) => level === "mandatory") };
}
