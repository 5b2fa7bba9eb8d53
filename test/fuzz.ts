import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Command } from "commander";
import fc from "fast-check";

import { wholeNumber } from "../server/cli/whole-number";
import { CORPUS, judgeText, mutatedTexts } from "./support/policy-fuzz";
import { escalationCases, escalationDisagreements } from "./support/escalation-cases";
import { disagreements, policyCases } from "./support/policy-cases";
import { trustCases, trustDisagreements } from "./support/trust-cases";

/**
 * Looks for inputs that the judge of policies reads wrongly, crashes on or hangs on: random policies, trust policies and
 * ways to more permissions against the slow reference, and mutated files against the rules. What is found is kept in the corpus, which the unit tests replay.
 */
const options = new Command("npm run fuzz --")
  .description("Hold the judge of policies against random policies and broken files.")
  .option("--minutes <n>", "how long, at most", wholeNumber(1, 24 * 60), 5)
  .option("--cases <n>", "how many of each sort, at most", wholeNumber(1, 100_000_000), 100_000)
  .option("--seed <n>", "the seed of an earlier run", wholeNumber(0, 2 ** 31 - 1))
  .parse()
  .opts<{ minutes: number; cases: number; seed?: number }>();

const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
const started = Date.now();
const deadline = started + options.minutes * 60_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a property until the time or the number is used up; false where something was found, which is then kept. */
function search<T>(
  title: string,
  cases: number,
  until: number,
  arbitrary: fc.Arbitrary<T>,
  problems: (given: T) => readonly string[],
  kept: (given: T) => string,
): boolean {
  const result = fc.check(
    fc.property(arbitrary, (given) => problems(given).length === 0),
    { seed, numRuns: cases, interruptAfterTimeLimit: Math.max(1, until - Date.now()) },
  );
  say(`${title}: ${result.numRuns} cases`);
  if (!result.failed || result.counterexample === null) return true;
  const [found] = result.counterexample;
  const text = kept(found);
  const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.txt`;
  mkdirSync(CORPUS, { recursive: true });
  writeFileSync(path.join(CORPUS, name), text);
  say(`${title}: found, kept as ${name}\n  ${problems(found).slice(0, 3).join("\n  ")}`);
  return false;
}

say(`Seed ${seed}`);
/** What of the time may be used up when a search ends: on a slow machine the first one would use all of it. */
const until = (share: number): number => started + (deadline - started) * share;
const json = (given: unknown): string => `${JSON.stringify(given)}\n`;
const results = [
  search(
    "Policies against the reference",
    options.cases,
    until(0.4),
    policyCases,
    disagreements,
    json,
  ),
  search("Trust policies", options.cases, until(0.55), trustCases, trustDisagreements, json),
  search(
    "Ways to more permissions",
    options.cases,
    until(0.8),
    escalationCases,
    escalationDisagreements,
    json,
  ),
  search(
    "Mutated files",
    Number.MAX_SAFE_INTEGER,
    deadline,
    mutatedTexts,
    judgeText,
    (text) => text,
  ),
];
say(`Ended after ${Math.round((Date.now() - started) / 1000)} s`);
process.exit(results.every(Boolean) ? 0 : 1);
