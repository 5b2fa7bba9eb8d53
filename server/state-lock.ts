import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../stacks/errors";
import { ownIdentity, type ProcessIdentity, stateOf } from "./processes";

/** What a service leaves in its state folder for others to find it. */
interface ServiceFile {
  readonly process: ProcessIdentity;
  /** Where it listens; missing while it starts. */
  readonly url?: string;
}

export interface StateLock {
  /** Says where the service listens, for `strongroom` commands that look for it. */
  publish(url: string): Promise<void>;
  release(): Promise<void>;
}

const fileOf = (stateDir: string): string => path.join(stateDir, "service.json");

/** The service that works on a state folder now, if there is one on this machine. */
export async function runningService(
  stateDir: string,
): Promise<{ readonly pid: number; readonly url?: string } | undefined> {
  const found = await readFile(fileOf(stateDir), "utf8").then(parse, () => undefined);
  if (found === undefined || stateOf(found.process) !== "alive") return undefined;
  return { pid: found.process.pid, ...(found.url === undefined ? {} : { url: found.url }) };
}

/**
 * Takes a state folder for this process. Two services on one folder would overwrite each other's list of accounts and
 * stack states. Throws `RUN_STATE_HELD`; what a dead process left behind is taken over.
 */
export async function lockState(stateDir: string): Promise<StateLock> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const file = fileOf(stateDir);
  const own = ownIdentity();
  const fresh = `${file}.${randomUUID()}`;
  const write = (content: ServiceFile): Promise<void> =>
    writeFile(fresh, `${JSON.stringify(content)}\n`, { mode: 0o600 });

  for (;;) {
    await write({ process: own });
    try {
      // Fails if the file is there: of two who start together, one wins.
      await link(fresh, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await rm(fresh, { force: true });
    }
    await removeStale(file, stateDir);
  }
  return {
    async publish(url) {
      await write({ process: own, url });
      await rename(fresh, file);
    },
    release: () => rm(file, { force: true }),
  };
}

async function removeStale(file: string, stateDir: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const holder = parse(text);
  const state = holder === undefined ? "unknown" : stateOf(holder.process);
  if (state !== "dead") throw held(stateDir, file, holder);
  // Moved away before it is removed, and looked at again: another starter may have taken the folder meanwhile.
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, "utf8")) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function held(stateDir: string, file: string, holder: ServiceFile | undefined): AppError {
  const who =
    holder === undefined
      ? "a service that cannot be told"
      : `process ${holder.process.pid} on ${holder.process.host}${holder.url === undefined ? "" : ` (${holder.url})`}`;
  return new AppError("RUN_STATE_HELD", `${stateDir} is in use by ${who}.`, {
    action: `Use that service, stop it, or set STRONGROOM_STATE to another folder. If it is gone for certain, remove ${file}.`,
  });
}

function parse(text: string): ServiceFile | undefined {
  try {
    const value = JSON.parse(text) as Partial<ServiceFile> | null;
    return typeof value?.process?.pid === "number" ? (value as ServiceFile) : undefined;
  } catch {
    return undefined;
  }
}
