import { spawn } from "node:child_process";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

/** Set-up talks on the error stream: the standard output belongs to the command (`--json`). */
export const say = (line) => void process.stderr.write(`${line}\n`);

/** Runs one step and says what it did, where it did something, and how long that took. */
export async function step(title, work) {
  const started = performance.now();
  const done = await work();
  if (done !== undefined) {
    say(`${title}: ${done} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  }
}

const PROGRESS_MS = 10_000;

/** Runs a program to its end; its output is shown on the error stream only when it fails. Every ten seconds it says that it is still at it. */
export async function runQuietly(title, program, arguments_, options = {}) {
  const started = performance.now();
  const child = spawn(program, arguments_, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (output = (output + data).slice(-8000)));
  }
  const progress = setInterval(
    () => say(`  ${title}, ${Math.round((performance.now() - started) / 1000)} s`),
    PROGRESS_MS,
  );
  try {
    const code = await ended(child, program);
    if (code !== 0) throw new Error(`${title} failed (${code}):\n${output.trim()}`);
  } finally {
    clearInterval(progress);
  }
}

/** Runs a Node script with this process's terminal. */
export async function runNode(arguments_) {
  const child = spawn(process.execPath, arguments_, {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"],
  });
  const code = await ended(child, "node");
  if (code !== 0) throw new Error("The set-up stopped.");
}

const ended = (child, program) =>
  new Promise((resolve, reject) => {
    child.on("error", (error) => {
      reject(error.code === "ENOENT" ? new Error(`${program} is not on PATH.`) : error);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
