import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

import { AppError } from "../stacks/errors";
import { childEnvironment } from "./config";
import { emulatorFolder } from "./files";
import type { EmulatorInstall } from "./prepare";

const EXIT_PORT_IN_USE = 3;
const EXIT_STATE = 4;
const START_SECONDS = 60;
const STOP_SECONDS = 20;
/** Enough to see a Python traceback whole. */
const KEPT_LINES = 60;

export interface LaunchOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly stateDir?: string;
  /** Gaps of MiniStack to leave open, by name; "all" for every one. For the tests that watch the gaps. */
  readonly withoutGaps?: readonly string[];
  /** Gets what the emulator says on standard error, line by line. */
  readonly onLog?: (line: string) => void;
}

/** A MiniStack that serves on loopback. */
export interface EmulatorProcess {
  readonly port: number;
  readonly endpoint: string;
  /** Of the launcher, for whoever measures processes. */
  readonly pid: number;
  /** Ends it, with its state saved; safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the process has ended, however it ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts the launcher and waits until it serves. The launcher ends by itself when this process does, because its standard
 * input closes then. Throws `EMULATOR_PORT_IN_USE`, `EMULATOR_STATE` or `EMULATOR_FAILED`.
 */
export async function launch(
  install: EmulatorInstall,
  options: LaunchOptions,
): Promise<EmulatorProcess> {
  const args = [path.join(emulatorFolder(), "launcher.py"), "--port", String(options.port)];
  if (options.stateDir !== undefined) args.push("--state", path.resolve(options.stateDir));
  for (const gap of options.withoutGaps ?? []) args.push("--without-gap", gap);
  const child = spawn(install.python, args, {
    env: { ...childEnvironment(), PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = endOf(child);
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (log.length > KEPT_LINES) log.shift();
    options.onLog?.(line);
  });
  // A write to a launcher that has just ended is no event of its own: `ended` tells.
  child.stdin.on("error", () => undefined);

  const port = await readPort(child, ended).catch(async (error: unknown) => {
    child.kill("SIGKILL");
    await ended;
    throw error;
  });
  if (port === undefined) throw startFailure(child.exitCode, options, log);
  return {
    port,
    endpoint: `http://localhost:${port}`,
    pid: child.pid ?? 0,
    ended,
    stop: () => stop(child, ended),
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  await once(child, "close").catch(() => undefined);
}

async function readPort(child: ChildProcess, ended: Promise<void>): Promise<number | undefined> {
  if (child.stdout === null) return undefined;
  const lines = createInterface({ input: child.stdout });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The emulator did not answer within ${START_SECONDS} s`;
      reject(
        new AppError("EMULATOR_FAILED", message, { action: "Look at its log and try again." }),
      );
    }, START_SECONDS * 1000);
  });
  const first = once(lines, "line").then(([line]) => String(line));
  try {
    const line = await Promise.race([first, late, ended.then(() => undefined)]);
    return line === undefined ? undefined : (JSON.parse(line) as { port: number }).port;
  } finally {
    clearTimeout(timer);
    child.stdout.resume();
  }
}

function startFailure(
  exitCode: number | null,
  options: LaunchOptions,
  log: readonly string[],
): AppError {
  const said = log.slice(-15).join("\n");
  if (exitCode === EXIT_PORT_IN_USE) {
    return new AppError("EMULATOR_PORT_IN_USE", `Port ${options.port} is in use`, {
      action: "Stop what uses the port, or choose another with --port (0 takes a free one).",
    });
  }
  if (exitCode === EXIT_STATE) {
    return new AppError("EMULATOR_STATE", said, {
      action: "Stop the other emulator, or choose another state folder.",
    });
  }
  return new AppError("EMULATOR_FAILED", `The emulator ended while it started: ${said}`, {
    action: "Look at its last lines above; delete its state folder if they speak of it.",
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), STOP_SECONDS * 1000);
  });
  const outcome = await Promise.race([ended, late]);
  clearTimeout(timer);
  if (outcome === "late") {
    child.kill("SIGKILL");
    await ended;
  }
}
