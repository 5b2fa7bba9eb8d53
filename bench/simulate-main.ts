import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Command } from "commander";

import { wholeNumber } from "../server/cli/whole-number";
import { measureUnchanged } from "./parts/unchanged";
import { simulate } from "./simulate";

interface Options {
  readonly accounts: number;
  readonly seed: number;
  readonly workers: number;
  readonly concurrency: number;
  readonly takes: number;
  readonly failures: number;
  readonly awsLimits?: boolean;
}

/** `npm run simulate`: a large fleet on a real database with an engine that only takes time. Prints one JSON document. */
async function main(): Promise<void> {
  const command = new Command("simulate")
    .description("Run a large fleet through the queue, the waves and the ledger, without an engine")
    .option("--accounts <count>", "accounts, two stamps each", wholeNumber(1, 20_000), 1000)
    .option("--seed <number>", "decides times and failures", wholeNumber(0, 2 ** 31), 1)
    .option("--workers <count>", "processes that work on the one database", wholeNumber(1, 16), 4)
    .option("--concurrency <count>", "operations at a time in each", wholeNumber(1, 64), 16)
    .option("--takes <ms>", "longest operation, milliseconds", wholeNumber(0, 60_000), 200)
    .option("--failures <percent>", "stamps that fail", wholeNumber(0, 100), 3)
    .option("--aws-limits", "space out the starts by the default rates of STS and IAM");
  const options = command.parse().opts<Options>();
  const stateDir = mkdtempSync(path.join(tmpdir(), "strongroom-simulate-"));
  process.stderr.write(`seed ${options.seed}\n`);
  try {
    const fleet = await simulate({
      ...options,
      takesMs: options.takes,
      failureRate: options.failures / 100,
      awsLimits: options.awsLimits === true,
      stateDir,
      report: (line) => process.stderr.write(`${line}\n`),
    });
    const built = (name: string): string => path.join(__dirname, "..", name);
    const unchanged = await measureUnchanged(1000, {
      program: ["programs", "stacks", "lambdas/bundles", "server/engine"].map(built),
      packs: [built("policies")],
    });
    process.stdout.write(`${JSON.stringify({ fleet, unchanged }, undefined, 2)}\n`);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

void main();
