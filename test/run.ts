import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { leftoverProcesses, uptimeSeconds } from "./support/leftovers";

/**
 * The test command. `all` (default): types, lint, unit, policy and integration tests, coverage, and a look for processes
 * left behind; `unit`: the unit and policy tests alone, in seconds; anything else: the built test files that it names.
 * Ends with a line `N passed, N failed` and exits with 1 when anything failed.
 */

interface Counts {
  passed: number;
  failed: number;
}

const root = path.resolve(__dirname, "../..");
const bin = (name: string): string => path.join(root, "node_modules/.bin", name);
const scratch = mkdtempSync(path.join(tmpdir(), "strongroom-test-"));
const countsFile = path.join(scratch, "counts.jsonl");
const coverage = path.join(scratch, "coverage");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs one command with its output passed on; answers its exit code (1 when it was killed). */
function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function timed(title: string, work: () => Promise<Counts>): Promise<Counts> {
  say(`\n== ${title}`);
  const started = Date.now();
  const counts = await work();
  const seconds = Math.round((Date.now() - started) / 1000);
  say(`== ${title}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  return counts;
}

const check = async (command: string, args: readonly string[]): Promise<Counts> =>
  (await run(command, args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

async function mocha(
  patterns: readonly string[],
  options: readonly string[],
  measure: boolean,
): Promise<Counts> {
  rmSync(countsFile, { force: true });
  const code = await run(
    bin("mocha"),
    ["--reporter", path.join(__dirname, "support/reporter.js"), ...options, ...patterns],
    { TEST_COUNTS_FILE: countsFile, ...(measure ? { NODE_V8_COVERAGE: coverage } : {}) },
  );
  const counts: Counts = { passed: 0, failed: 0 };
  if (existsSync(countsFile)) {
    for (const line of readFileSync(countsFile, "utf8").trim().split("\n")) {
      const { passed, failed } = JSON.parse(line) as Counts;
      counts.passed += passed;
      counts.failed += failed;
    }
  }
  // A run that broke before or after its tests must not look like a run without failures; nor must an empty one.
  if ((code !== 0 || counts.passed === 0) && counts.failed === 0) counts.failed = 1;
  return counts;
}

const QUICK = ["dist/test/unit/**/*.test.js", "dist/test/policy/**/*.test.js"];
const INTEGRATION = ["dist/test/integration/**/*.test.js"];
/** Integration files start engines and emulators of their own: as many at a time as the machine has cores, at most 2. */
const QUICK_OPTIONS = ["--parallel"];
const INTEGRATION_OPTIONS = ["--parallel", "--jobs", "2", "--timeout", "300000"];

async function printCoverage(): Promise<void> {
  if (!existsSync(coverage)) return;
  say("\n== Coverage");
  await run(bin("c8"), [
    "report",
    `--temp-directory=${coverage}`,
    "--reporter=text-summary",
    "--reporter=html",
    "--reports-dir=coverage",
    "--include=dist/**",
    "--exclude=dist/test/**",
    "--exclude-after-remap=false",
  ]);
}

function findLeftovers(since: number): Promise<Counts> {
  const left = leftoverProcesses(since);
  for (const { pid, command } of left) say(`left behind: ${pid} ${command}`);
  return Promise.resolve(left.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
}

async function suites(what: readonly string[]): Promise<Counts[]> {
  if (what[0] === "unit")
    return [await timed("Unit and policy tests", () => mocha(QUICK, QUICK_OPTIONS, false))];
  const since = uptimeSeconds();
  if (what.length > 0 && what[0] !== "all") {
    return [await timed(what.join(" "), () => mocha(what, ["--timeout", "300000"], false))];
  }
  const results = [
    await timed("Types", () => check(bin("tsc"), ["-p", "tsconfig.json"])),
    await timed("Lint", () => check(bin("eslint"), [".", "--max-warnings", "0"])),
    await timed("Format", () => check(bin("prettier"), ["--check", "--log-level", "warn", "."])),
    await timed("Unit and policy tests", () => mocha(QUICK, QUICK_OPTIONS, true)),
    await timed("Integration tests", () => mocha(INTEGRATION, INTEGRATION_OPTIONS, true)),
    await timed("No process is left behind", () => findLeftovers(since)),
  ];
  await printCoverage();
  return results;
}

async function main(): Promise<void> {
  const results = await suites(process.argv.slice(2));
  const passed = results.reduce((sum, counts) => sum + counts.passed, 0);
  const failed = results.reduce((sum, counts) => sum + counts.failed, 0);
  rmSync(scratch, { recursive: true, force: true });
  process.exitCode = failed === 0 ? 0 : 1;
  say(`\n${passed} passed, ${failed} failed`);
}

void main();
