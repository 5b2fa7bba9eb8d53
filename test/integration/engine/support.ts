import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type InlineProgramArgs,
  LocalWorkspace,
  PulumiCommand,
  type Stack,
} from "@pulumi/pulumi/automation";
import type { Emulator } from "../../../emulator/start";
import type { Toolchain } from "../../../engine/toolchain";

// Pulumi keeps the stack's root here; named before the tests start, it is not taken for a leak of one of them.
(globalThis as { stackResource?: unknown }).stackResource ??= undefined;

export const ACCOUNT = "700000000001";
export const REGION = "eu-central-1";
export const RECOVERY_REGION = "eu-west-1";

/** A folder with a file backend, in which stacks live until `remove`. */
export interface Bench {
  readonly folder: string;
  /** Environment of a CLI: engine, backend, emulator, and a mark by which its processes are found. */
  readonly env: Readonly<Record<string, string>>;
  /** Processes that carry the mark: the CLI, its plugins and whatever these started. Linux only. */
  processes(): string[];
  /** Waits until none is left, and returns what is left after ten seconds. */
  leftovers(): Promise<string[]>;
  stack(program: InlineProgramArgs["program"], name?: string): Promise<Stack>;
  remove(): void;
}

const LEFTOVER_MS = 10_000;

export function newBench(toolchain: Toolchain, emulator: Emulator, account = ACCOUNT): Bench {
  const folder = mkdtempSync(path.join(os.tmpdir(), "strongroom-engine-"));
  for (const name of ["state", "home", "work"]) mkdirSync(path.join(folder, name));
  const mark = `STRONGROOM_TEST_MARK=${randomUUID()}`;
  const { accessKeyId, secretAccessKey } = emulator.credentialsOf(account);
  const env = {
    ...toolchain.env,
    PULUMI_HOME: path.join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    STRONGROOM_TEST_MARK: mark.slice(mark.indexOf("=") + 1),
  };
  const processes = (): string[] => markedProcesses(mark);
  return {
    folder,
    env,
    processes,
    leftovers: async () => {
      const until = Date.now() + LEFTOVER_MS;
      while (processes().length > 0 && Date.now() < until) await sleep(100);
      return processes();
    },
    stack: async (program, name = `test-${account}`) => {
      const { PATH } = process.env;
      process.env["PATH"] = toolchain.env["PATH"];
      const pulumiCommand = await PulumiCommand.get().finally(() => {
        process.env["PATH"] = PATH;
      });
      return LocalWorkspace.createOrSelectStack(
        { stackName: name, projectName: "strongroom", program },
        { workDir: path.join(folder, "work"), pulumiCommand, envVars: env },
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function markedProcesses(mark: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return command === "" ? [] : [`${pid} ${command.slice(0, 120)}`];
      } catch {
        return []; // It ended meanwhile, or is not ours to read.
      }
    });
}
