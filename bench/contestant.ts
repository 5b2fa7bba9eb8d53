import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";

import type { Emulator } from "../emulator/start";
import type { Connection, StackSpec } from "../stacks/spec";
import type { StampName } from "../stacks/naming";
import type { Cost } from "./process-tree";

/** One stamp of the workload, as every contestant gets it. */
export interface Workload {
  readonly stamp: StampName;
  readonly spec: StackSpec;
  readonly connection: Connection;
  /** Its `Pulumi.<stack>.yaml`. */
  readonly file: string;
}

/** What a contestant did in one go over the whole workload. */
export interface Result {
  readonly contestant: "service" | "pulumi" | "terraform";
  /** `unchanged`: a re-run in which the contestant may leave alone what it knows to be as it was; the service alone can. */
  readonly phase: "first" | "re-run" | "unchanged";
  readonly stamps: number;
  readonly resources: number;
  /** Resources that the contestant says it created, changed, replaced or deleted. */
  readonly changes: number;
  readonly cost: Cost;
  /** What is not the same as for the others. */
  readonly notes: readonly string[];
}

export interface Bench {
  readonly emulator: Emulator;
  /** The contestant's own folder. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Runs a command to its end, its output in `<folder>/log.txt`; throws with the log's place when it fails. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, folder }: { cwd: string; env: NodeJS.ProcessEnv; folder: string },
): Promise<string> {
  const file = path.join(folder, "log.txt");
  const log = createWriteStream(file, { flags: "a" });
  log.write(`\n$ ${path.basename(command)} ${args.join(" ")}\n`);
  let output = "";
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      log.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => log.write(chunk));
    child.once("error", reject);
    child.once("close", resolve);
  });
  log.end();
  if (code !== 0)
    throw new Error(
      `${path.basename(command)} ${args[0] ?? ""} ended with ${String(code)}; see ${file}`,
    );
  return output;
}
