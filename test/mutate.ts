import { Command } from "commander";

import { table } from "../server/cli/table";
import { CASES } from "./policy/cases";
import { brokenFixtures, brokenRules, redOf } from "./support/rule-mutants";

/**
 * Breaks every rule and every fixture of its table, and prints which case saw it. A mutant that nobody saw survives: the
 * table does not show what it says. The unit tests demand the same of every change.
 */
const options = new Command("npm run mutate --")
  .description(
    "Break each policy rule and each of its fixtures, and show whether the rule's table sees it.\n" +
      "Ends with 0 where nothing survives, 1 where something does.",
  )
  .option("--rule <id>", "one rule only")
  .option("--all", "print every mutant, not the survivors and the sums alone")
  .option("--json", "print one JSON document")
  .parse()
  .opts<{ rule?: string; all?: boolean; json?: boolean }>();

const chosen = CASES.filter(({ rule }) => options.rule === undefined || rule.id === options.rule);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
if (chosen.length === 0) {
  process.stderr.write(`There is no rule "${options.rule ?? ""}": see docs/policies.md.\n`);
  process.exit(2);
}

const judged = chosen.map((cases) => {
  const before = redOf(cases.rule, cases);
  const rules = [...brokenRules(cases)];
  const fixtures = [...brokenFixtures(cases)];
  const mutants = [...rules, ...fixtures];
  const survivors = mutants.filter(({ seenBy }) => seenBy === undefined);
  return { rule: cases.rule.id, before, rules, fixtures, mutants, survivors };
});
const survivors = judged.flatMap((one) => one.survivors);
const red = judged.filter(({ before }) => before !== undefined);

if (options.json === true) {
  const mutants = judged.flatMap((one) => one.mutants);
  say(JSON.stringify({ mutants, survivors, red: red.map(({ rule }) => rule) }, undefined, 2));
} else {
  say(
    table(
      ["rule", "broken rules", "broken fixtures", "survivors"],
      judged.map(({ rule, rules, fixtures, survivors: left }) => [
        rule,
        String(rules.length),
        String(fixtures.length),
        String(left.length),
      ]),
    ),
  );
  const shown = options.all === true ? judged.flatMap((one) => one.mutants) : survivors;
  for (const { rule, broken, seenBy } of shown) {
    say(`${seenBy === undefined ? "survives" : "seen"}: ${rule}: ${broken}`);
  }
  for (const { rule, before } of red) say(`red before it is broken: ${rule}: ${before ?? ""}`);
  const count = judged.reduce((sum, { mutants }) => sum + mutants.length, 0);
  say(`${count} mutants of ${judged.length} rules, ${survivors.length} survive.`);
}
process.exit(survivors.length + red.length === 0 ? 0 : 1);
