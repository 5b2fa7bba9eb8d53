import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import path from "node:path";

import { projectRoot } from "../engine/parts";
import { benchCommand, type BenchOptions, type Part } from "./options";
import { runBackups } from "./parts/backups";
import { runKilledWorker } from "./parts/killed-worker";
import { renderPolicies, runPolicies } from "./parts/policies";
import { runReaders } from "./parts/readers";
import { runStamps } from "./parts/stamps";
import { renderBackups } from "./render-backups";
import { renderKilledWorker } from "./render-killed-worker";
import { renderReaders } from "./render-readers";
import { renderDifferences, renderStamps } from "./render-stamps";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Measured {
  readonly report: unknown;
  readonly text: string;
}

const PARTS: Readonly<Record<Part, (folder: string, options: BenchOptions) => Promise<Measured>>> =
  {
    stamps: async (folder, options) => {
      const report = await runStamps(folder, options, say);
      const differences = renderDifferences(report.inventory);
      return { report, text: [renderStamps(report.results), ...differences].join("\n") };
    },
    backups: async (folder, options) => {
      const report = await runBackups(folder, options, say);
      return { report, text: renderBackups(report) };
    },
    readers: async (folder, options) => {
      const report = await runReaders(folder, options, say);
      return { report, text: renderReaders(report) };
    },
    "killed-worker": async (folder) => {
      const report = await runKilledWorker(folder, say);
      return { report, text: renderKilledWorker(report) };
    },
    policies: (folder) => {
      const report = runPolicies(folder);
      return Promise.resolve({ report, text: renderPolicies(report) });
    },
  };

async function main(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "strongroom-bench-"));
  try {
    const reports: Partial<Record<Part, unknown>> = {};
    for (const part of options.parts) {
      const own = path.join(folder, part);
      mkdirSync(own);
      const { report, text } = await PARTS[part](own, options);
      reports[part] = report;
      if (!options.json) process.stdout.write(`\n${text}\n`);
    }
    const at = new Date().toISOString();
    const machine = {
      processors: cpus().length,
      model: cpus()[0]?.model,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
    const document = JSON.stringify({ at, machine, options, ...reports }, null, 2);
    if (options.json) process.stdout.write(`${document}\n`);
    const file = path.join(projectRoot(), "bench/results", `${at.replaceAll(":", "-")}.json`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, document);
    say(`Written to ${path.relative(process.cwd(), file)}`);
  } finally {
    if (options.keep) say(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

void benchCommand(main)
  .parseAsync()
  .then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
