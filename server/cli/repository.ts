import { execa } from "execa";
import path from "node:path";

import { CliFailure, EXIT } from "./failure";

/** What has changed since a commit, as `git` knows it. */
export interface RepositoryChange {
  /** Files that differ between the commit and the working tree, from the top of the repository; new ones too. */
  readonly paths: readonly string[];
  /** Path of the fleet file from the top; undefined where it is somewhere else. */
  readonly fleetPath?: string;
  /** The fleet file as it was at the commit; undefined where it was not there. */
  readonly fleet?: string;
}

/** A fleet file is far smaller; more is not one. */
const MOST_BYTES = 4 * 2 ** 20;

/**
 * Compares the working tree with a commit. Throws a usage error where there is no repository or no such commit: a
 * comparison with nothing must not look like "nothing has changed".
 */
export async function changesSince(
  reference: string,
  fleetFile: string,
  workingDirectory: string,
): Promise<RepositoryChange> {
  const git = async (...args: readonly string[]): Promise<string | undefined> => {
    const { stdout, failed } = await execa("git", ["-c", "core.quotePath=false", ...args], {
      cwd: workingDirectory,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: MOST_BYTES * 4,
    });
    return failed ? undefined : stdout;
  };
  const top = (await git("rev-parse", "--show-toplevel"))?.trimEnd();
  if (top === undefined) {
    throw usage("This folder is not in a git repository.", "Run it in a checkout.");
  }
  const commit = (
    await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${reference}^{commit}`)
  )?.trim();
  if (commit === undefined) {
    throw usage(
      `${JSON.stringify(reference)} is not a commit that this repository has.`,
      "Fetch it first; in a pipeline, check out with the whole history (fetch-depth: 0).",
    );
  }
  const [changed, added] = await Promise.all([
    git("-C", top, "diff", "--name-only", "-z", "--no-renames", commit),
    git("-C", top, "ls-files", "--others", "--exclude-standard", "-z"),
  ]);
  if (changed === undefined || added === undefined) {
    throw usage("git cannot say what has changed.", "Run `git status` to see why.");
  }
  const paths = [...new Set([...changed.split("\0"), ...added.split("\0")])].filter(Boolean).sort();
  const relative = path.relative(top, path.resolve(workingDirectory, fleetFile));
  if (relative.startsWith("..") || path.isAbsolute(relative)) return { paths };
  const fleetPath = relative.split(path.sep).join("/");
  const fleet = await git("show", `${commit}:${fleetPath}`);
  return { paths, fleetPath, ...(fleet === undefined ? {} : { fleet }) };
}

const usage = (message: string, action: string): CliFailure =>
  new CliFailure(message, EXIT.usage, { action });
