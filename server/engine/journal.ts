import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { PROJECT, type StampName } from "../../stacks/naming";
import { identityOf, sendSignal, stateOf, type ProcessIdentity } from "../processes";

/** The processes that worked on a stack, written down before they can take its lock. */
interface Entry {
  readonly processes: readonly ProcessIdentity[];
}

const fileOf = (folder: string, stamp: StampName): string => path.join(folder, `${stamp}.json`);

function read(folder: string, stamp: StampName): Entry | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(folder, stamp), "utf8")) as Entry;
  } catch {
    return undefined;
  }
}

/** Adds a process to the stack's journal. Synchronous on purpose: it is on the disk before the process gets anywhere. */
export function writeDown(folder: string, stamp: StampName, pid: number): void {
  const identity = identityOf(pid);
  if (identity === undefined) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const processes = [...(read(folder, stamp)?.processes ?? []), identity];
  const file = fileOf(folder, stamp);
  writeFileSync(`${file}.new`, JSON.stringify({ processes } satisfies Entry), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The folder with the locks of a stack in a file backend; undefined for other backends. */
function lockFolder(backendUrl: string, stamp: StampName): string | undefined {
  if (!backendUrl.startsWith("file://")) return undefined;
  const root = backendUrl.slice("file://".length);
  return path.join(root, ".pulumi", "locks", "organization", PROJECT, stamp);
}

interface Lock {
  readonly pid?: number;
  readonly hostname?: string;
}

/**
 * Cleans up after processes of ours that worked on a stack and are gone or should be: ends those that still run, then
 * removes the lock files that they left. A lock is ours only if the journal has its process, on this host; every other
 * lock stays, whatever its age, because its owner may be somebody on a laptop. Answers what was done, for people.
 */
export async function cleanUp(
  folder: string,
  stamp: StampName,
  backendUrl: string,
): Promise<readonly string[]> {
  const entry = read(folder, stamp);
  if (entry === undefined) return [];
  const done: string[] = [];
  const own = entry.processes.filter(({ host }) => host === hostname());
  for (const recorded of own) {
    if (stateOf(recorded) !== "alive") continue;
    done.push(`ended process ${recorded.pid} of an earlier run of ${stamp}`);
    sendSignal(-recorded.pid, "SIGKILL");
    sendSignal(recorded.pid, "SIGKILL");
  }
  for (let tries = 0; tries < 100 && own.some((one) => stateOf(one) === "alive"); tries++) {
    await sleep(20);
  }
  const locks = lockFolder(backendUrl, stamp);
  if (locks !== undefined && existsSync(locks)) {
    for (const name of readdirSync(locks)) {
      const file = path.join(locks, name);
      const lock = readLock(file);
      const owner = own.find(({ pid }) => pid === lock.pid);
      if (owner === undefined || lock.hostname !== hostname() || stateOf(owner) !== "dead")
        continue;
      rmSync(file, { force: true });
      // What the file backend notes about each of its files.
      rmSync(`${file}.attrs`, { force: true });
      done.push(`removed the lock that process ${owner.pid} left on ${stamp}`);
    }
  }
  if (own.length === entry.processes.length) rmSync(fileOf(folder, stamp), { force: true });
  return done;
}

function readLock(file: string): Lock {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    return {};
  }
}
