import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

interface Seen {
  readonly size: number;
  readonly modified: number;
  readonly hash: string;
}

/** Source maps and notes of the build say nothing about what a program does. */
const COUNTS = /\.(c?js|json|ya?ml)$/;

/**
 * The digest of what some files and folders hold, by content: the same on every machine that has the same build. A file
 * is read again only when its size or time changed, so that asking for each run costs a look at some hundred names.
 */
export class Sources {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly paths: readonly string[]) {}

  /** 64 hex digits. What is not there counts as such: a pack that is taken away changes the digest. */
  digest(): string {
    const all = createHash("sha256");
    for (const each of this.paths) {
      const root = path.resolve(each);
      for (const file of filesBelow(root)) {
        all.update(`${path.basename(root)}/${path.relative(root, file)}\0${this.hashOf(file)}\n`);
      }
      all.update("\n");
    }
    return all.digest("hex");
  }

  private hashOf(file: string): string {
    const { size, mtimeMs: modified } = statSync(file);
    const before = this.seen.get(file);
    if (before?.size === size && before.modified === modified) return before.hash;
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
    this.seen.set(file, { size, modified, hash });
    return hash;
  }
}

/** Files that count, in one order everywhere; a path may also be a single file, whatever its name. */
function filesBelow(root: string): readonly string[] {
  const found = statSync(root, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [root];
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && COUNTS.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`))
    .sort();
}
