import { readFileSync } from "node:fs";

import type { PulumiCommand, PulumiFn } from "@pulumi/pulumi/automation";

import { AppError } from "../../stacks/errors";
import type { Connection, StackSpec } from "../../stacks/spec";
import type { StackEvent, StackJob } from "../ports";
import type { ProcessIdentity } from "../processes";
import { LeanCommand } from "./command";
import { writeDown } from "./journal";
import { Operation, type EngineSettings, type OperationResult } from "./operation";
import { ProcessTree } from "./process-tree";

/** What the service tells its child process. */
export type ToChild =
  | { readonly type: "run"; readonly job: StackJob; readonly settings: EngineSettings }
  /** The service lives and still holds the claim. */
  | { readonly type: "alive" }
  | { readonly type: "interrupt" };

/** What the child process tells the service. */
export type FromChild =
  | { readonly type: "event"; readonly event: StackEvent }
  | { readonly type: "process"; readonly process: ProcessIdentity }
  | { readonly type: "result"; readonly result: OperationResult };

/** The program of a stack; how the real one and those of tests are told apart. */
export type ProgramOf = (spec: StackSpec, connection: Connection) => PulumiFn;

/** After the service is gone: time for the engine to finish its steps, write its state and give the lock back. */
const ORPHAN_GRACE_MS = 20_000;
/** How often the service says that it lives. */
export const ALIVE_MS = 5000;
/** After this silence others take the stack over, so nothing may be written to it any more. */
const SILENCE_MS = 50_000;
/** What came while this process itself was stopped is read before the silence counts. */
const SECOND_LOOK_MS = 500;

/** `semver` comes with the Automation API, whose gate only wants to see a version: the toolchain has checked it. */
function versionOfSdk(): PulumiCommand["version"] {
  const { version } = JSON.parse(
    readFileSync(require.resolve("@pulumi/pulumi/package.json"), "utf8"),
  ) as { version: string };
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return { major, minor, patch, toString: () => version } as unknown as PulumiCommand["version"];
}

/**
 * Works on one stack operation and ends. A process of its own, because an inline program can hang or end the process it
 * runs in, and one that fails takes its neighbours along.
 */
export function serveChild(programOf: ProgramOf): void {
  const abort = new AbortController();
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message);
  };
  const leave = (): void => {
    abort.abort();
    const tree = new ProcessTree(process.pid);
    setTimeout(() => tree.killAll(), ORPHAN_GRACE_MS).unref();
  };
  // The service died, or was stopped for so long that it counts as dead: stop in good order, and whatever is left of us
  // after that, at once.
  process.on("disconnect", leave);
  const heard = listenForSilence(leave);
  process.on("message", (message: ToChild) => {
    heard();
    if (message.type === "alive") return;
    if (message.type === "interrupt") {
      abort.abort();
      return;
    }
    const { job, settings } = message;
    const command = new LeanCommand({
      command: settings.command,
      version: versionOfSdk(),
      onSpawn: (pid) => {
        const identity = writeDown(settings.journalDir, job.stamp, pid);
        if (identity !== undefined) send({ type: "process", process: identity });
      },
    });
    abort.signal.addEventListener("abort", () => command.interrupt());
    const program: PulumiFn = () => programOf(job.spec, job.connection)();
    const operation = new Operation(
      job,
      settings,
      command,
      program,
      (event) => send({ type: "event", event }),
      abort.signal,
    );
    void operation.run().then((result) => {
      if (!process.connected) process.exit(0);
      process.send?.({ type: "result", result } satisfies FromChild, () => process.exit(0));
    });
  });
}

/** Calls `onSilence` once the service has said nothing for too long; returns what is to be called when it says something. */
function listenForSilence(onSilence: () => void): () => void {
  let last = performance.now();
  const isSilent = (): boolean => performance.now() - last > SILENCE_MS;
  const timer = setInterval(() => {
    if (!isSilent()) return;
    setTimeout(() => {
      if (!isSilent()) return;
      clearInterval(timer);
      onSilence();
    }, SECOND_LOOK_MS).unref();
  }, ALIVE_MS);
  timer.unref();
  return () => (last = performance.now());
}

/** For programs that cannot be loaded: the operation fails with what is wrong, not the process. */
export function brokenProgram(error: unknown): ProgramOf {
  return () => () => Promise.reject(AppError.from(error));
}
