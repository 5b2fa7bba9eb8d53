import { Stack } from "../../policies/model/stack";
import { judge, type Rule } from "../../policies/rules";
import type { RuleCases } from "../policy/fixtures";

/** Rules broken in the ways in which a rule is commonly broken. */
export const MUTANTS: Readonly<Record<string, (rule: Rule) => Rule>> = {
  "finds nothing wrong": (rule) => ({ ...rule, check: () => [] }),
  "finds everything wrong": (rule) => ({ ...rule, check: () => [{ wrong: "is wrong" }] }),
  "looks at nothing": (rule) => ({ ...rule, subjects: () => [] }),
  breaks: (rule) => ({
    ...rule,
    check: () => {
      throw new TypeError("broken");
    },
  }),
  "says something else to do": (rule) => ({ ...rule, fix: "Do something else." }),
};

/** What the table of a rule says of it: the first thing that is not as it should be, or undefined. */
export function redOf(rule: Rule, { passes, fails, undetermined }: RuleCases): string | undefined {
  const judged = (given: RuleCases["passes"][string]) => judge(rule, new Stack(given));
  for (const [name, given] of Object.entries(passes)) {
    const found = judged(given);
    if (found.length === 0 || found.some(({ verdict }) => verdict !== "pass")) return name;
  }
  for (const [name, { given, says }] of Object.entries(fails)) {
    const messages = judged(given).flatMap((one) => (one.verdict === "fail" ? [one.message] : []));
    if (messages.join("\n") !== says.join("\n")) return name;
  }
  for (const [name, { given, property }] of Object.entries(undetermined)) {
    const doubts = judged(given).flatMap((one) =>
      one.verdict === "undetermined" ? [one.property] : [],
    );
    if (doubts.join() !== property) return name;
  }
  return undefined;
}

/** Rules whose messages all end with what to set for the case, not with the rule's own fix. */
const OWN_WORDS = new Set([
  "kms-key-deletion-window-long",
  "kms-key-rotation-period",
  "secret-recovery-window-kept",
  "iam-role-session-short",
  "lambda-rotation-ends-in-time",
]);

/** One way in which a rule or its table was broken. */
export interface Mutant {
  readonly rule: string;
  readonly broken: string;
  /** The first case that went red; undefined: nobody saw it. */
  readonly seenBy: string | undefined;
}

/** Breaks a rule in every way, and says which case saw it. */
export function* brokenRules(cases: RuleCases): Generator<Mutant> {
  for (const [broken, mutate] of Object.entries(MUTANTS)) {
    if (broken.startsWith("says") && OWN_WORDS.has(cases.rule.id)) continue;
    yield { rule: cases.rule.id, broken, seenBy: redOf(mutate(cases.rule), cases) };
  }
}

/** Exchanges what fails and what passes, one case at a time, and says whether the rule sees it. */
export function* brokenFixtures(cases: RuleCases): Generator<Mutant> {
  const [good] = Object.values(cases.passes);
  if (good === undefined) throw new Error(`${cases.rule.id} has nothing that passes`);
  for (const [name, { given, says }] of Object.entries(cases.fails)) {
    const swapped = { ...cases, fails: { [name]: { given: good, says } } };
    const praised = { ...cases, passes: { [name]: given } };
    yield {
      rule: cases.rule.id,
      broken: `what passes, as "${name}"`,
      seenBy: redOf(cases.rule, swapped),
    };
    yield { rule: cases.rule.id, broken: `"${name}" passes`, seenBy: redOf(cases.rule, praised) };
  }
}
