import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import path from "node:path";

import { Command } from "commander";

import { projectRoot } from "../engine/parts";
import { resolveToolchain } from "../engine/toolchain";
import { startEmulator, type Emulator } from "../emulator/start";
import { table } from "../server/cli/table";
import { wholeNumber } from "../server/cli/whole-number";
import type { Result } from "./contestant";
import { runPulumi } from "./contestants/pulumi";
import { runService } from "./contestants/service";
import { runTerraform } from "./contestants/terraform";
import { findExecutable } from "./find-executable";

interface Options {
  readonly accounts: number;
  readonly concurrency: number;
  readonly keep: boolean;
}

const whole = wholeNumber(1, 12);

const options = new Command("npm run bench --")
  .description(
    "Time, CPU and memory of the service, the stock pulumi CLI and terraform for the same stamps, on emulators of their\n" +
      "own, one contestant after the other in one run. Figures of an emulator say nothing about AWS's own times.",
  )
  .option("--accounts <n>", "member accounts beside the vault account", whole, 3)
  .option("--concurrency <n>", "stamps at a time in the service", whole, 4)
  .option("--keep", "keep the working folders with the logs", false)
  .parse()
  .opts<Options>();

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Each contestant has a fresh organization, so that all do the same work. */
async function withEmulator<T>(work: (emulator: Emulator) => Promise<T>): Promise<T> {
  const emulator = await startEmulator({ valueSeed: "bench" });
  Object.assign(process.env, emulator.env);
  try {
    return await work(emulator);
  } finally {
    await emulator.stop();
  }
}

async function runAll(folder: string): Promise<Result[]> {
  const { parts } = await resolveToolchain();
  const place = (name: string): string => path.join(folder, name);
  const members = [
    "600000000001",
    "600000000002",
    "600000000011",
    "600000000021",
    "600000000012",
  ].slice(0, options.accounts);
  const service = await withEmulator((emulator) =>
    runService(
      { emulator, folder: place("service"), say },
      [emulator.organization.vaultAccountId, ...members],
      options.concurrency,
    ),
  );
  const { workload, laptop } = service;
  const results = [...service.results];
  mkdirSync(place("pulumi"));
  results.push(
    ...(await withEmulator((emulator) =>
      runPulumi({ emulator, folder: place("pulumi"), say }, workload, laptop),
    )),
  );
  const command =
    findExecutable("terraform", process.env["PATH"]) ?? findExecutable("tofu", process.env["PATH"]);
  const provider = parts.find(({ name }) => name === "terraform-provider-aws")?.path;
  if (command === undefined || provider === undefined) {
    say("terraform is not installed (or its aws provider is not in a plugin folder): left out");
  } else {
    mkdirSync(place("terraform"));
    results.push(
      ...(await withEmulator((emulator) =>
        runTerraform({ emulator, folder: place("terraform"), say }, workload, laptop, {
          command,
          provider,
        }),
      )),
    );
  }
  return results;
}

/** Ratios first: they hold when the machine's speed drifts between runs; the absolute figures do not. */
function render(results: readonly Result[]): string {
  const rows = results.map(({ contestant, phase, stamps, resources, cost, notes }) => {
    const base = results.find((other) => other.contestant === "service" && other.phase === phase);
    const ratio = (pick: (result: Result) => number): string =>
      base === undefined
        ? ""
        : (pick({ contestant, phase, stamps, resources, cost, notes }) / pick(base)).toFixed(2);
    return [
      contestant,
      phase,
      ratio((result) => result.cost.wallSeconds),
      ratio((result) => result.cost.cpuSeconds),
      ratio((result) => result.cost.peakMemoryMiB),
      (cost.wallSeconds / stamps).toFixed(1),
      (cost.cpuSeconds / stamps).toFixed(1),
      cost.peakMemoryMiB.toFixed(0),
      String(stamps),
      String(resources),
      notes.join("; "),
    ];
  });
  return table(
    [
      "who",
      "phase",
      "time ×",
      "CPU ×",
      "memory ×",
      "s/stamp",
      "CPU-s/stamp",
      "peak MiB",
      "stamps",
      "resources",
      "notes",
    ],
    rows,
  );
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "strongroom-bench-"));
  try {
    const results = await runAll(folder);
    process.stdout.write(`\nRatios are to the service in the same phase.\n${render(results)}\n`);
    const file = path.join(
      projectRoot(),
      "bench/results",
      `${new Date().toISOString().replaceAll(":", "-")}.json`,
    );
    mkdirSync(path.dirname(file), { recursive: true });
    const machine = {
      processors: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
    writeFileSync(
      file,
      JSON.stringify({ at: new Date().toISOString(), machine, options, results }, null, 2),
    );
    process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
  } finally {
    if (options.keep) say(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
