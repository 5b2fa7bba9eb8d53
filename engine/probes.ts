import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;

/**
 * What `<program> version` prints, without a leading "v"; undefined where it does not run. Remembered in the tool cache
 * by the file's size and time, because starting a CLI costs a sixth of a second.
 */
export async function programVersion(program: string, home: string): Promise<string | undefined> {
  const identity = fileIdentity(program);
  if (identity === undefined) return undefined;
  const memory = readMemory(home);
  const known = memory[identity];
  if (known !== undefined) return known;
  const version = await askVersion(program);
  if (version !== undefined) remember(home, identity, version);
  return version;
}

async function askVersion(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, ["version"], { timeout: PROBE_TIMEOUT_MS });
    return /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  } catch {
    return undefined; // Not executable, not for this machine, or not a program of this kind.
  }
}

function fileIdentity(file: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

type Memory = Record<string, string>;

const memoryFile = (home: string): string => path.join(home, "versions.json");

function readMemory(home: string): Memory {
  try {
    return JSON.parse(readFileSync(memoryFile(home), "utf8")) as Memory;
  } catch {
    return {}; // Only a memory: without it, the program is asked again.
  }
}

function remember(home: string, identity: string, version: string): void {
  try {
    mkdirSync(home, { recursive: true });
    const draft = `${memoryFile(home)}.${process.pid}`;
    writeFileSync(draft, JSON.stringify({ ...readMemory(home), [identity]: version }, null, 1));
    renameSync(draft, memoryFile(home));
  } catch {
    // A cache that cannot be written (read-only image) costs time, nothing else.
  }
}

/** The first file of a name in the folders of PATH. */
export function findOnPath(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}
