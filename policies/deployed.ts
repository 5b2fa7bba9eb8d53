import { excused, type Exemption } from "../stacks/exemptions";
import { Exempting } from "./exempting";
import { Stack, type ResourceInput } from "./model/stack";
import { judge, RULES, type Level, type Rule } from "./rules";

/** What a rule found wrong in a deployed state, or could not decide there. */
export interface DeployedFinding {
  readonly rule: string;
  /** As with a pack, what is exempt is advisory. */
  readonly level: Level;
  /** `exempt`: it failed or could not be decided, and an exemption accepts it. */
  readonly verdict: "fail" | "undetermined" | "exempt";
  /** URN of the resource; empty for an exemption that is itself wrong. */
  readonly urn: string;
  readonly message: string;
}

/** How often the rules said what about one stack. */
export interface VerdictCounts {
  readonly pass: number;
  readonly fail: number;
  readonly undetermined: number;
  /** Absent in what older versions wrote down. */
  readonly exempt?: number;
}

export interface DeployedJudgement {
  readonly counts: VerdictCounts;
  readonly findings: readonly DeployedFinding[];
  /** A mandatory rule failed, or could not be decided: everything is known by now, so a doubt counts as a failure. */
  readonly failed: boolean;
}

export interface DeployedOptions {
  /** Name of the stack: an exemption that names it exactly must excuse something in it. */
  readonly stack: string;
  /** Exemptions that are about the stack. */
  readonly exemptions?: readonly Exemption[];
  /** `YYYY-MM-DD`. */
  readonly today: string;
  readonly rules?: readonly Rule[];
}

/** Judges the resources of a stack that is there already by the same rules as a program before it is deployed. */
export function judgeDeployed(
  resources: readonly ResourceInput[],
  { stack: name, exemptions = [], today, rules = RULES }: DeployedOptions,
): DeployedJudgement {
  const stack = new Stack(resources);
  const exempting = new Exempting(exemptions, today);
  const counts = { pass: 0, fail: 0, undetermined: 0, exempt: 0 };
  const findings: DeployedFinding[] = [];
  for (const rule of rules) {
    for (const verdict of judge(rule, stack)) {
      if (verdict.verdict === "pass") {
        counts.pass++;
        continue;
      }
      const { message } = verdict;
      const exemption = exempting.excuse(verdict);
      const found = { rule: rule.id, urn: verdict.resource.urn };
      findings.push(
        exemption === undefined
          ? { ...found, level: rule.level, verdict: verdict.verdict, message }
          : {
              ...found,
              level: "advisory",
              verdict: "exempt",
              message: excused(message, exemption),
            },
      );
    }
  }
  const ids = new Set(rules.map(({ id }) => id));
  for (const { exemption, message } of exempting.faults(name, ids)) {
    findings.push({ rule: exemption.rule, level: "mandatory", verdict: "fail", urn: "", message });
  }
  for (const { verdict } of findings) counts[verdict]++;
  return { counts, findings, failed: findings.some(({ level }) => level === "mandatory") };
}
