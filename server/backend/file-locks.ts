import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { StackLock, StackLocks } from "../ports";
import { parseLock } from "./lock-content";

/** The locks of a `file://` backend. */
export function fileLocks(backendUrl: string): StackLocks {
  const root = backendUrl.slice("file://".length);
  const folderOf = (stamp: StampName): string =>
    path.join(root, ".pulumi", "locks", "organization", PROJECT, stamp);
  return {
    list(stamp) {
      const folder = folderOf(stamp);
      if (!existsSync(folder)) return Promise.resolve([]);
      const locks = readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .flatMap((name): StackLock[] => {
          const text = textOf(path.join(folder, name));
          return text === undefined ? [] : [parseLock(name, text)];
        });
      return Promise.resolve(locks);
    },
    remove(stamp, id) {
      const file = path.join(folderOf(stamp), `${id}.json`);
      rmSync(file, { force: true });
      // What the file backend notes about each of its files.
      rmSync(`${file}.attrs`, { force: true });
      return Promise.resolve();
    },
  };
}

/** Undefined where the lock was given back between the two looks. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
