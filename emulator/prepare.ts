import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { execa, ExecaError } from "execa";

import { AppError } from "../stacks/errors";
import { childEnvironment, emulatorSettings, type EmulatorSettings } from "./config";
import { emulatorFolder } from "./files";

/** The oldest Python that MiniStack supports. */
export const OLDEST_PYTHON = [3, 10] as const;
const READY = "ready.json";

/** A prepared emulator: a Python that has MiniStack. */
export interface EmulatorInstall {
  /** Path of the Python interpreter. */
  readonly python: string;
  /** Version of MiniStack, for example "1.5.33". */
  readonly version: string;
  /** Version of Python, for example "3.11.7". */
  readonly pythonVersion: string;
  readonly folder: string;
  /** False when it was there already. */
  readonly built: boolean;
}

interface ReadyFile {
  readonly version: string;
  readonly pythonVersion: string;
}

/**
 * Makes MiniStack available: a virtual environment with the pinned packages, in the tool cache, once for each content of
 * `requirements.txt`. It is built beside its place and renamed, so that a build that was cut off leaves nothing that
 * looks ready. Reports what takes long; silent when there is nothing to do. Throws `EMULATOR_MISSING`.
 */
export async function prepareEmulator(
  report: (line: string) => void,
  settings: EmulatorSettings = emulatorSettings(),
): Promise<EmulatorInstall> {
  const requirements = await readFile(path.join(emulatorFolder(), "requirements.txt"), "utf8");
  const version = pinnedVersion(requirements, "ministack");
  const folder = path.join(settings.home, "emulator", `${version}-${digest(requirements)}`);
  const ready = await readReady(folder);
  if (ready) return { ...ready, python: interpreter(folder), folder, built: false };

  const python = await findPython(settings);
  report(`emulator: installing MiniStack ${version} for Python ${python.version} (once)`);
  await mkdir(path.dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    await run(
      python.command,
      ["-m", "venv", building],
      "make a virtual environment",
      "Install Python's venv module (Debian and Ubuntu: apt-get install python3-venv).",
    );
    const list = path.join(building, "requirements.txt");
    await writeFile(list, requirements);
    report("emulator: fetching its packages");
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"];
    await run(
      interpreter(building),
      [...pip, "--no-deps", "-r", list],
      "install MiniStack",
      "Check that the Python package index can be reached (pip's own settings, PIP_INDEX_URL, are honoured).",
    );
    await run(
      interpreter(building),
      ["-c", "import ministack.app"],
      "load MiniStack",
      "Report this: the pinned packages do not work together on this Python.",
    );
    const content: ReadyFile = { version, pythonVersion: python.version };
    await writeFile(path.join(building, READY), JSON.stringify(content));
    await moveIntoPlace(building, folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  report(`emulator: MiniStack ${version} is ready`);
  return { ...(await readReadyOrThrow(folder)), python: interpreter(folder), folder, built: true };
}

/** Two processes may build at the same time; the first to finish wins and the other uses its result. */
async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((await readReady(to)) === undefined) throw error;
  }
}

async function readReady(folder: string): Promise<ReadyFile | undefined> {
  if (!existsSync(interpreter(folder))) return undefined;
  try {
    return JSON.parse(await readFile(path.join(folder, READY), "utf8")) as ReadyFile;
  } catch {
    return undefined;
  }
}

async function readReadyOrThrow(folder: string): Promise<ReadyFile> {
  const ready = await readReady(folder);
  if (ready) return ready;
  throw new AppError("EMULATOR_MISSING", `The emulator was built but ${folder} is not usable`, {
    action: "Delete the folder and run again.",
  });
}

function interpreter(folder: string): string {
  return process.platform === "win32"
    ? path.join(folder, "Scripts", "python.exe")
    : path.join(folder, "bin", "python");
}

function pinnedVersion(requirements: string, name: string): string {
  const version = new RegExp(`^${name}==(\\S+)$`, "m").exec(requirements)?.[1];
  if (version !== undefined) return version;
  throw new AppError("EMULATOR_MISSING", `requirements.txt does not pin ${name}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

interface Python {
  readonly command: string;
  readonly version: string;
}

async function findPython(settings: EmulatorSettings): Promise<Python> {
  const candidates =
    settings.python === undefined ? ["python3", "python", "py"] : [settings.python];
  const seen: string[] = [];
  for (const command of candidates) {
    const version = await pythonVersion(command);
    if (version === undefined) continue;
    if (isRecentPython(version)) return { command, version };
    seen.push(`${command} is ${version}`);
  }
  const wanted = OLDEST_PYTHON.join(".");
  const where =
    seen.length > 0 ? seen.join(", ") : `none of ${candidates.join(", ")} can be started`;
  throw new AppError("EMULATOR_MISSING", `The emulator needs Python ${wanted} or later: ${where}`, {
    action: `Install Python ${wanted} or later, or name one with STRONGROOM_PYTHON.`,
  });
}

/** Tells whether a version such as "3.11.7" is new enough for MiniStack. */
export function isRecentPython(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
}

async function pythonVersion(command: string): Promise<string | undefined> {
  const script = "import platform; print(platform.python_version())";
  const found = await execa(command, ["-c", script], { reject: false, timeout: 20_000 });
  return found.failed ? undefined : found.stdout.trim();
}

function allOutput(error: { readonly all?: unknown; readonly shortMessage: string }): string {
  return typeof error.all === "string" && error.all !== "" ? error.all : error.shortMessage;
}

async function run(
  command: string,
  args: readonly string[],
  purpose: string,
  remedy: string,
): Promise<void> {
  try {
    await execa(command, args, {
      env: childEnvironment(),
      extendEnv: false,
      all: true,
      stdin: "ignore",
    });
  } catch (error) {
    const output = error instanceof ExecaError ? allOutput(error as ExecaError) : "";
    const lastLines = output.trim().split("\n").slice(-5).join("\n");
    throw new AppError("EMULATOR_MISSING", `Could not ${purpose}: ${lastLines}`, {
      action: remedy,
      cause: error,
    });
  }
}
