import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Key of a part in the cache: `<version>-<hash>`. The hash covers the contents of its sources and whatever else decides
 * the result (`recipe`, platform, processor), so that a change of any of them makes a new folder.
 */
export function cacheKey(version: string, folder: string, ...recipe: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of recipe) hash.update(`${part}\0`);
  for (const file of sourceFiles(folder)) {
    hash
      .update(`${path.relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return `${version}-${hash.digest("hex").slice(0, 12)}`;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? sourceFiles(file) : [file];
    })
    .filter((file) => !file.endsWith("_test.go"))
    .sort();
}

/**
 * Makes a folder of the cache: `fill` writes into a folder beside it, which is renamed when it is complete, so nobody
 * ever sees half a part. Two processes that want the same part wait for each other; the second finds it done.
 */
export async function fillOnce(
  folder: string,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(path.dirname(folder), { recursive: true });
  const release = await lock(`${folder}.lock`);
  const draft = `${folder}.${randomBytes(4).toString("hex")}.draft`;
  try {
    if (existsSync(folder)) return;
    mkdirSync(draft);
    await fill(draft);
    publish(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    release();
  }
}

/** A folder that appeared meanwhile (another machine on a shared disk) is as good as ours. */
function publish(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

const POLL_MS = 200;
/** A lock that was made this long ago and names nobody is left over from a crash between two system calls. */
const UNNAMED_LOCK_MS = 10_000;

/** Takes a lock file that names its process; one whose process is gone is removed. */
async function lock(file: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isStale(file)) rmSync(file, { force: true });
    else await sleep(POLL_MS);
  }
}

function isStale(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    if (pid > 0) return !isAlive(pid);
    return Date.now() - statSync(file).mtimeMs > UNNAMED_LOCK_MS;
  } catch {
    return false; // It was released in between.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
