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

import type { StampName } from "../../stacks/naming";
import type { ProcessWatch, StackLocks } from "../ports";
import { identityOf, sendSignal, startOf, stateOf, type ProcessIdentity } from "../processes";

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

/**
 * Adds a process to the stack's journal and answers who it is. Synchronous on purpose: it is on the disk before the process
 * gets anywhere.
 */
export function writeDown(
  folder: string,
  stamp: StampName,
  pid: number,
): ProcessIdentity | undefined {
  const identity = identityOf(pid);
  if (identity === undefined) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const processes = [...(read(folder, stamp)?.processes ?? []), identity];
  const file = fileOf(folder, stamp);
  writeFileSync(`${file}.new`, JSON.stringify({ processes } satisfies Entry), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return identity;
}

/** What a clean-up needs to know. */
export interface CleanUp {
  /** The journal of this state folder. */
  readonly folder: string;
  readonly stamp: StampName;
  readonly locks: StackLocks;
  /** Processes that other state folders or other hosts have written down for the stack. */
  readonly earlier?: ProcessWatch["earlier"];
}

/**
 * Cleans up after processes of ours that worked on a stack and are gone or should be: ends those that still run, then
 * removes the locks that they left, each by its id. A lock is ours only if a process that was written down has taken it
 * and is proven dead: by a look at this host, or by somebody's word on its own host. Every other lock stays, whatever its
 * age, because its owner may be somebody on a laptop. Answers what was done, for people.
 */
export async function cleanUp({
  folder,
  stamp,
  locks,
  earlier = [],
}: CleanUp): Promise<readonly string[]> {
  const entry = read(folder, stamp);
  const journal = entry?.processes ?? [];
  const recorded = [...journal.map((process) => ({ process, dead: false })), ...earlier];
  if (recorded.length === 0) return [];
  const done: string[] = [];
  const own = recorded.map(({ process }) => process).filter(({ host }) => host === hostname());
  for (const one of own) {
    if (stateOf(one) !== "alive") continue;
    done.push(`ended process ${one.pid} of an earlier run of ${stamp}`);
    sendSignal(-one.pid, "SIGKILL");
    sendSignal(one.pid, "SIGKILL");
  }
  for (let tries = 0; tries < 100 && own.some((one) => stateOf(one) === "alive"); tries++) {
    await sleep(20);
  }
  const gone = recorded.filter(({ process, dead }) => dead || stateOf(process) === "dead");
  if (gone.length > 0) {
    for (const { id, pid, hostname: host } of await locks.list(stamp)) {
      const owner = gone.find(({ process }) => process.pid === pid && process.host === host);
      // A pid is used again: a process that lives under it now may be a person's, and so may the lock.
      if (owner === undefined || (host === hostname() && startOf(pid ?? 0) !== undefined)) continue;
      await locks.remove(stamp, id);
      done.push(`removed the lock that process ${owner.process.pid} on ${host} left on ${stamp}`);
    }
  }
  if (journal.every(({ host }) => host === hostname())) {
    rmSync(fileOf(folder, stamp), { force: true });
  }
  return done;
}

/** The stacks that a journal has entries of: somebody worked on them and did not clean up. */
export function unfinished(folder: string): readonly StampName[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length) as StampName);
}
