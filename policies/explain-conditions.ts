import { effectOf, restrictsNothing } from "./iam/condition-effect";
import { demands, restrictsCaller, saysWhoCalls } from "./iam/conditions";
import type { Condition } from "./iam/document";

/** One line of a Condition block; its values are never told, they may be secrets. */
export interface ExplainedCondition {
  readonly operator: string;
  readonly key: string;
  readonly values: number;
  /** `caller`: it limits who asks. `request`: it limits something else. `nothing`: it only looks like a limit. */
  readonly restricts: "caller" | "request" | "nothing";
  readonly why: string;
}

/** What a condition restricts, and why it is so. */
export function explainedCondition(condition: Condition): ExplainedCondition {
  const { operator, quantifier, ifExists, key, values } = condition;
  const name = `${quantifier === undefined ? "" : `${quantifier}:`}${operator}${ifExists ? "ifexists" : ""}`;
  const [restricts, why] = reasoned(condition);
  return { operator: name, key, values: values.length, restricts, why };
}

function reasoned(
  condition: Condition,
): readonly [restricts: ExplainedCondition["restricts"], why: string] {
  const { operator, quantifier, ifExists, key } = condition;
  if (restrictsNothing(condition)) return ["nothing", whyNothing(condition)];
  if (effectOf(condition) === "never") return ["request", "no request meets it"];
  if (restrictsCaller(condition)) return ["caller", "it demands who is calling"];
  if (ifExists) return ["nothing", "it holds without the key"];
  if (quantifier === "forallvalues") {
    return ["nothing", "it holds without the key, as all of no values do"];
  }
  if (operator === "null") return ["request", "it asks only whether the key is there"];
  if (operator.includes("not")) {
    return ["request", "it keeps some out and lets in all others, also those without the key"];
  }
  if (saysWhoCalls(key) && demands(condition)) {
    return ["request", "its values are open where account or organization should be exact"];
  }
  if (key === "kms:viaservice") {
    return ["request", "it says through which service, not for whom; alone it keeps nobody out"];
  }
  return ["request", "it demands the key, which does not say who is calling"];
}

function whyNothing(condition: Condition): string {
  switch (effectOf(condition)) {
    case "always":
      return "it holds for every request";
    case "when-present":
      return condition.ifExists
        ? "it takes every value, and holds without the key"
        : "every request carries the key, and it takes every value";
    default:
      return "its limit leaves out nothing that happens";
  }
}
