import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { AppError } from "../../stacks/errors";

/** How to start Postgres so that it accepts the user: it refuses to run as root. */
export interface RunAs {
  /** Words to put before the command. */
  readonly prefix: readonly string[];
  /** For `spawn`. */
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Who must own the data folder; undefined: whoever makes it. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

const exec = promisify(execFile);

interface Entry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function entries(passwd: string): readonly Entry[] {
  return passwd.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name !== undefined && uid !== undefined && gid !== undefined
      ? [{ name, uid: Number(uid), gid: Number(gid) }]
      : [];
  });
}

/** True if everybody may pass through all the folders above a path. */
async function openToAll(target: string): Promise<boolean> {
  for (let folder = path.dirname(target); ; folder = path.dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/**
 * Chooses the account. As root it is `postgres` or `nobody`; where a folder above the data or the binaries is closed to
 * that account (a checkout below /root), it is given the one capability to pass through folders, by util-linux's setpriv.
 */
export async function accountFor(folder: string, binary: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: {} };
  const known = entries(await readFile("/etc/passwd", "utf8"));
  const account = ["postgres", "nobody"].flatMap((name) =>
    known.filter((entry) => entry.name === name && entry.uid > 0),
  )[0];
  const remedy = "Start Strongroom as a user who is not root, or set DATABASE_URL.";
  if (account === undefined) {
    throw new AppError(
      "RUN_STORE",
      "Postgres refuses root and there is no user postgres or nobody",
      {
        action: remedy,
      },
    );
  }
  const owner = { uid: account.uid, gid: account.gid };
  const reachable = (await openToAll(path.join(folder, "data"))) && (await openToAll(binary));
  if (reachable) return { prefix: [], ids: owner, owner };
  try {
    await exec("setpriv", ["--version"]);
  } catch (cause) {
    throw new AppError("RUN_STORE", `the user ${account.name} cannot reach ${folder}`, {
      action: remedy,
      cause,
    });
  }
  const only = "-all,+dac_read_search";
  return {
    prefix: [
      "setpriv",
      `--reuid=${account.uid}`,
      `--regid=${account.gid}`,
      "--clear-groups",
      `--inh-caps=${only}`,
      `--ambient-caps=${only}`,
      `--bounding-set=${only}`,
    ],
    ids: {},
    owner,
  };
}
