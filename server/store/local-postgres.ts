import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";

import { AppError } from "../../stacks/errors";
import { ownIdentity, sendSignal, stateOf, type ProcessIdentity } from "../processes";
import { accountFor, type RunAs } from "./postgres-account";
import { binaries, createCluster, exists, passwordOf, USER } from "./postgres-cluster";

/** A running Postgres that `connectionString` reaches. */
export interface LocalPostgres {
  readonly connectionString: string;
  /** False if another process of Strongroom started the server; it ends with that process. */
  readonly owned: boolean;
  /** Stops the server if this process owns it. */
  stop(): Promise<void>;
}

/** How to reach the server of a state folder; kept there, readable by the owner alone. */
interface Address {
  readonly port: number;
  readonly password: string;
  readonly owner: ProcessIdentity;
}

const DATABASE = "postgres";
const START_TIMEOUT_MS = 30_000;
const RESTARTS_PER_MINUTE = 5;

/**
 * Postgres must not outlive its owner, not even one that was killed: the shell waits for the end of its input, which
 * the kernel closes with the owner, and then asks the server for a fast shutdown. (The parent-death signal would do on
 * Linux only.)
 */
const GUARD = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(cat <&3 >/dev/null; kill -INT $server 2>/dev/null) &
watcher=$!
exec 3<&-
wait $server
code=$?
kill $watcher 2>/dev/null
exit $code`;

/**
 * Durability stays on: an accepted run is on the disk before its 202. The rest keeps a server for one service small.
 */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "fsync=on",
  "synchronous_commit=on",
  "wal_level=minimal",
  "max_wal_senders=0",
  "max_logical_replication_workers=0",
  "max_connections=60",
  "shared_buffers=32MB",
  "jit=off",
  "log_min_messages=warning",
  "logging_collector=off",
  "timezone=UTC",
].flatMap((setting) => ["-c", setting]);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}

const urlOf = (address: Pick<Address, "port" | "password">): string =>
  `postgres://${USER}:${address.password}@127.0.0.1:${address.port}/${DATABASE}`;

/** `ready`, `starting` (or stopping: ask again) or `gone`. */
async function probe(address: Address): Promise<"ready" | "starting" | "gone"> {
  const client = new Client({
    connectionString: urlOf(address),
    connectionTimeoutMillis: 2000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "ready";
  } catch (error) {
    return (error as { code?: string }).code === "57P03" ? "starting" : "gone";
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readAddress(file: string): Promise<Address | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Address;
  } catch {
    return undefined;
  }
}

/** The server that runs in our folder, whether or not it still answers. Only a process that works there is ours. */
async function postmasterOf(data: string): Promise<number | undefined> {
  const text = await readFile(path.join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number(text.split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.split("\0").includes(data) ? pid : undefined;
}

/** Ends a server whose owner is dead and whose guard was killed too. */
async function endOrphan(data: string, report: (line: string) => void): Promise<void> {
  const pid = await postmasterOf(data);
  if (pid === undefined) return;
  report("the database of an earlier service still runs: stopping it");
  sendSignal(pid, "SIGINT");
  const pidFile = path.join(data, "postmaster.pid");
  for (let tries = 0; tries < 100 && (await exists(pidFile)); tries++) await sleep(50);
}

class Server implements LocalPostgres {
  readonly owned = true;
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly starts: number[] = [];

  constructor(
    private readonly folder: string,
    private readonly data: string,
    private readonly address: Address,
    private readonly runAs: RunAs,
    private readonly report: (line: string) => void,
  ) {}

  get connectionString(): string {
    return urlOf(this.address);
  }

  /** Starts the server and waits until it answers. Throws RUN_STORE with the end of its log if it does not. */
  async start(): Promise<void> {
    const { postgres } = await binaries();
    const logFile = path.join(this.folder, "postgres.log");
    const log = await open(logFile, "w", 0o600);
    this.starts.push(Date.now());
    const child = spawn(
      "/bin/sh",
      [
        "-c",
        GUARD,
        "strongroom-postgres",
        ...this.runAs.prefix,
        postgres,
        "-D",
        this.data,
        "-p",
        String(this.address.port),
        ...SETTINGS,
      ],
      {
        stdio: ["pipe", log.fd, log.fd],
        // Its own process group: Ctrl-C in the terminal is for the service, which then stops the database last.
        detached: true,
        env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
        ...this.runAs.ids,
      },
    );
    await log.close();
    this.child = child;
    child.stdin?.on("error", () => undefined);
    const ended = new Promise<"ended">((resolve) => {
      child.once("error", () => resolve("ended"));
      child.once("exit", () => resolve("ended"));
    });
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if ((await probe(this.address)) === "ready") break;
      const state = await Promise.race([ended, sleep(40).then(() => "waiting" as const)]);
      if (state === "ended" || Date.now() > deadline) {
        child.stdin?.destroy();
        const said = await readFile(logFile, "utf8").catch(() => "");
        throw new AppError(
          /No space left on device/i.test(said) ? "ENGINE_DISK_FULL" : "RUN_STORE",
          `the database in ${this.folder} did not start: ${said.trim().split("\n").slice(-3).join(" ")}`,
          { action: `Look at ${logFile}, or set DATABASE_URL to a Postgres server.` },
        );
      }
    }
    void ended.then(() => this.onExit(child));
  }

  private async onExit(child: ChildProcess): Promise<void> {
    child.stdin?.destroy();
    if (this.stopping || this.child !== child) return;
    const recent = this.starts.filter((at) => at > Date.now() - 60_000).length;
    if (recent > RESTARTS_PER_MINUTE) {
      this.report(`the database ended ${recent} times within a minute: not started again`);
      return;
    }
    this.report("the database ended unexpectedly: starting it again");
    await this.start().catch((error: unknown) => {
      this.report(error instanceof Error ? error.message : String(error));
    });
  }

  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.stdin?.end();
    await gone;
  }
}

/**
 * Starts Postgres with its data in `<stateDir>/postgres`, or attaches to the one that another process started there.
 * Needs no rights: as root the server runs as the user `postgres` or `nobody`, because Postgres refuses root.
 */
export async function startLocalPostgres(
  stateDir: string,
  report: (line: string) => void,
): Promise<LocalPostgres> {
  const folder = path.resolve(stateDir, "postgres");
  const data = path.join(folder, "data");
  const addressFile = path.join(folder, "address.json");
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const runAs = await accountFor(folder, (await binaries()).postgres);

  const password = await passwordOf(folder);
  const before = await readAddress(addressFile);
  const found = before === undefined ? undefined : await attach(before, data, report);
  if (found !== undefined) return found;

  if (!(await exists(path.join(data, "PG_VERSION")))) {
    report("creating the database");
    await createCluster(folder, data, password, runAs);
  }
  const address: Address = { port: await freePort(), password, owner: ownIdentity() };
  const server = new Server(folder, data, address, runAs, report);
  const draft = `${addressFile}.${process.pid}`;
  try {
    await server.start();
  } catch (error) {
    // Two processes started at the same moment: the folder's lock let one through, the other attaches to it.
    for (let tries = 0; tries < 50; tries++) {
      const other = await readAddress(addressFile);
      if (other !== undefined && other.port !== before?.port && (await probe(other)) === "ready") {
        return { connectionString: urlOf(other), owned: false, stop: () => Promise.resolve() };
      }
      if (!(await exists(path.join(data, "postmaster.pid")))) break;
      await sleep(100);
    }
    throw error;
  }
  await writeFile(draft, JSON.stringify(address), { mode: 0o600 });
  await rename(draft, addressFile);
  return server;
}

/** Of 50 ms each: a checkpoint on a busy disk takes seconds. */
const ATTACH_TRIES = 300;

async function attach(
  address: Address,
  data: string,
  report: (line: string) => void,
): Promise<LocalPostgres | undefined> {
  const ownerIsDead = stateOf(address.owner) === "dead";
  for (let tries = 0; tries < ATTACH_TRIES; tries++) {
    const state = await probe(address);
    if (state === "gone") {
      if (!(await exists(path.join(data, "postmaster.pid")))) return undefined;
      // A server that is shutting down closes its port first and writes its last checkpoint then: it is waited for,
      // because no other can start until it is gone.
      const ending = ownerIsDead && (await postmasterOf(data)) !== undefined;
      // A lock file and no server: Postgres itself tells a stale one from a live one at the start.
      if (!ending && (ownerIsDead || tries > 20)) return undefined;
    }
    if (state === "ready" && !ownerIsDead) {
      return { connectionString: urlOf(address), owned: false, stop: () => Promise.resolve() };
    }
    // The owner is dead, its guard is about to stop the server; if the guard was killed as well, we do it.
    if (state === "ready" && tries > 20) await endOrphan(data, report);
    await sleep(50);
  }
  return undefined;
}
