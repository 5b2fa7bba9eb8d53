import { expect } from "chai";

import { Stack } from "../../policies/model/stack";
import { judge, RULES, type Rule } from "../../policies/rules";
import { CASES } from "./cases";
import type { RuleCases } from "./fixtures";

/** Rules broken in the ways in which a rule is commonly broken. */
const MUTANTS: Readonly<Record<string, (rule: Rule) => Rule>> = {
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
function redOf(rule: Rule, { passes, fails, undetermined }: RuleCases): string | undefined {
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

describe("a broken rule", () => {
  it("is seen by its table, in whatever way it is broken", () => {
    const unseen = CASES.flatMap((cases) => {
      expect(redOf(cases.rule, cases), cases.rule.id).to.equal(undefined);
      return Object.entries(MUTANTS).flatMap(([name, mutate]) => {
        if (name.startsWith("says") && OWN_WORDS.has(cases.rule.id)) return [];
        return redOf(mutate(cases.rule), cases) === undefined ? [`${cases.rule.id} ${name}`] : [];
      });
    });
    expect(unseen).to.deep.equal([]);
    expect(CASES).to.have.length(RULES.length);
  });
});

describe("a broken fixture", () => {
  it("is seen: what passes does not fail, what fails does not pass", () => {
    for (const cases of CASES) {
      const [good] = Object.values(cases.passes);
      if (good === undefined) throw new Error(`${cases.rule.id} has nothing that passes`);
      for (const [name, { given, says }] of Object.entries(cases.fails)) {
        const swapped = { ...cases, fails: { [name]: { given: good, says } } };
        expect(redOf(cases.rule, swapped), `${cases.rule.id}: ${name}`).to.equal(name);
        const praised = { ...cases, passes: { [name]: given } };
        expect(redOf(cases.rule, praised), `${cases.rule.id}: ${name}`).to.equal(name);
      }
    }
  });
});
