import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { EarlierState, StackStates } from "../ports";

/** The states of a `file://` backend. */
export function fileStates(backendUrl: string): StackStates {
  const root = path.join(backendUrl.slice("file://".length), ".pulumi");
  const fileOf = (stamp: StampName): string => path.join(root, "stacks", PROJECT, `${stamp}.json`);
  return {
    signs(stamps) {
      const signs = new Map<StampName, string>();
      for (const stamp of stamps) {
        const found = statSync(fileOf(stamp), { throwIfNoEntry: false });
        // The engine writes the file anew with each change.
        if (found !== undefined) signs.set(stamp, `${found.size}-${found.mtimeMs}-${found.ino}`);
      }
      return Promise.resolve(signs);
    },
    read(stamp) {
      const file = fileOf(stamp);
      return Promise.resolve(existsSync(file) ? readFileSync(file, "utf8") : undefined);
    },
    earlier(stamp) {
      const folder = path.join(root, "backups", PROJECT, stamp);
      const kept = existsSync(folder) ? readdirSync(folder) : [];
      const backups = newestFirst(kept).map((name) => path.join(folder, name));
      const files = [`${fileOf(stamp)}.bak`, ...backups].filter((file) => existsSync(file));
      return Promise.resolve(
        files.map((name): EarlierState => ({
          name,
          // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown is a rejection
          read: async () => readFileSync(name, "utf8"),
        })),
      );
    },
  };
}

/** Backups by the time in their names, `<stack>.<nanoseconds>.json`; other files are left out. */
export function newestFirst(names: readonly string[]): readonly string[] {
  const timed = names.flatMap((name) => {
    const nanoseconds = /\.(\d+)\.json$/.exec(name)?.[1];
    return nanoseconds === undefined ? [] : [{ name, at: BigInt(nanoseconds) }];
  });
  return timed.sort((a, b) => (a.at < b.at ? 1 : -1)).map(({ name }) => name);
}
