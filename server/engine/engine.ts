import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";

import type { Toolchain } from "../../engine/toolchain";
import type { ResourceInput } from "../../policies/model/stack";
import { resourcesOfState } from "../../policies/state-file";
import { AppError } from "../../stacks/errors";
import type { Exemption } from "../../stacks/exemptions";
import { exemptionsDigest } from "../../stacks/exemptions-digest";
import type { StampName } from "../../stacks/naming";
import { fileBackend } from "../backend/backend";
import type {
  EnginePort,
  ExemptionsOf,
  ProcessWatch,
  StackBackend,
  StackEvent,
  StackIdentity,
  StackInputs,
  StackJob,
  StackOutcome,
  StackResource,
} from "../ports";
import { ALIVE_MS, type FromChild, type ToChild } from "./child";
import { LeanCommand } from "./command";
import { resourcesOf, type Deployment } from "./deployment";
import { errorOf } from "./engine-errors";
import { engineEnvironment } from "./environment";
import { NO_EXEMPTIONS } from "./exemptions";
import { Identifier } from "./identity";
import { cleanUp, unfinished, writeDown } from "./journal";
import type { EngineSettings, OperationResult } from "./operation";
import { failed, interrupted, otherInputs } from "./outcomes";
import { ProcessTree } from "./process-tree";
import { secretFile } from "../secret-file";
import { readState, unreachable } from "./state";

export interface PulumiEngineOptions {
  readonly toolchain: Pick<Toolchain, "pulumiCommandPath" | "env" | "parts">;
  /** Everything the service keeps is below this folder. */
  readonly stateDir: string;
  /** Where the stacks' states are; `file://<stateDir>/pulumi` by default. */
  readonly backendUrl?: string;
  /** What can be seen of that backend; of a `file://` one by default everything, and nothing elsewhere. */
  readonly backend?: StackBackend;
  /** Address the backend's bucket as `/bucket`; false by default. */
  readonly s3UsePathStyle?: boolean;
  /** `passphrase` (default) or the address of a key, `awskms://…`. */
  readonly secretsProvider?: string;
  /** File with the passphrase; one is made in the state folder by default. */
  readonly passphraseFile?: string;
  /** Folders of the policy packs that run in every preview and update. */
  readonly policyPacks: readonly string[];
  /** What the packs accept all the same; nothing by default. */
  readonly exemptions?: ExemptionsOf;
  /** The service's environment, of which the child gets the allowed part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Longest time of one operation, seconds; an hour by default. */
  readonly timeLimitSeconds?: number;
  /** Time for an interrupted engine to end in good order, seconds; 30 by default. */
  readonly graceSeconds?: number;
  /** Resources worked on at the same time within one stack; 32 by default. */
  readonly parallel?: number;
  /** The program that the child process runs; the built `child-main.js` beside this file by default. */
  readonly childScript?: string;
  readonly report: (line: string) => void;
}

const SAMPLE_MS = 750;
/** After its result a child only has to exit. */
const EXIT_MS = 5000;

/** A folder or file of the build, which this file is part of. */
const built = (name: string): string => path.join(__dirname, "../..", name);

/** What a child process loads, and how it works: the programs, the core, the functions' code, Pulumi's packages. */
const PROGRAM_FILES = [
  ...["programs", "stacks", "lambdas/bundles", "server/engine"].map(built),
  ...["@pulumi/pulumi", "@pulumi/aws", "@pulumi/aws-native"].map((name) =>
    require.resolve(`${name}/package.json`),
  ),
];

/** The engine with what its owner does at the start. */
export interface PulumiEnginePort extends EnginePort {
  /**
   * Looks after what earlier processes of this state folder left: ends what still runs, gives back their locks. To be
   * called by the one process that holds the folder, before it works.
   */
  recover(): Promise<void>;
}

class PulumiEngine implements PulumiEnginePort {
  private readonly backendUrl: string;
  private readonly backend: StackBackend;
  private readonly folder: string;
  private readonly passphraseFile: string | undefined;
  private readonly identifier: Identifier;

  constructor(private readonly options: PulumiEngineOptions) {
    const stateDir = path.resolve(options.stateDir);
    this.folder = path.join(stateDir, "engine");
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const own = path.join(stateDir, "pulumi");
    this.backendUrl = options.backendUrl ?? `file://${own}`;
    this.backend = options.backend ?? fileBackend(this.backendUrl);
    if (options.backendUrl === undefined) mkdirSync(own, { recursive: true, mode: 0o700 });
    this.passphraseFile =
      (options.secretsProvider ?? "passphrase") === "passphrase"
        ? (options.passphraseFile ?? secretFile(path.join(stateDir, "passphrase")))
        : undefined;
    this.identifier = new Identifier({
      program: [...PROGRAM_FILES, this.childScript],
      packs: [...options.policyPacks, built("policies")],
      parts: options.toolchain.parts,
      secretsProvider: options.secretsProvider ?? "passphrase",
      states: this.backend.states,
      exemptions: this.exemptionsOf,
    });
  }

  private get exemptionsOf(): ExemptionsOf {
    return this.options.exemptions ?? NO_EXEMPTIONS;
  }

  identify(jobs: readonly StackInputs[]): Promise<readonly StackIdentity[]> {
    return this.identifier.identify(jobs);
  }

  async execute(
    job: StackJob,
    onEvent: (event: StackEvent) => void,
    signal: AbortSignal,
    watch?: ProcessWatch,
  ): Promise<StackOutcome> {
    const started = Date.now();
    let tree: ProcessTree | undefined;
    const outcome = (result: OperationResult): StackOutcome => ({
      ...result,
      seconds: Math.round((Date.now() - started) / 100) / 10,
      peakMemoryMiB: tree?.peakMiB ?? 0,
    });
    let workDir: string | undefined;
    try {
      if (signal.aborted) return outcome(failed(interrupted(job.stamp), "cancelled"));
      await this.cleanUp(job.stamp, onEvent, watch?.earlier);
      // Before the program is loaded: if its files are replaced meanwhile, the next run finds that they differ.
      const [before] = await this.identifier.identify([job]);
      const exemptions = this.exemptionsOf(job.stamp);
      const { expect } = job;
      if (expect !== undefined && before?.inputs !== expect.inputs) throw otherInputs(job.stamp);
      workDir = this.makeWorkDir();
      const child = this.startChild(workDir);
      if (child.pid !== undefined) {
        const identity = writeDown(this.journal, job.stamp, child.pid);
        if (identity !== undefined) watch?.onProcess(identity);
        tree = new ProcessTree(child.pid);
      }
      child.on("message", (message: FromChild) => {
        if (message.type === "process") watch?.onProcess(message.process);
      });
      const settings = this.settings(workDir, exemptions);
      const exempt = exemptionsDigest(exemptions);
      const result = {
        ...(await this.supervise(child, tree, job, settings, onEvent, signal)),
        ...(exempt === undefined ? {} : { exemptions: exempt }),
      };
      if (result.status !== "succeeded" || job.operation !== "up") return outcome(result);
      const state = (await this.identifier.identify([job]))[0]?.state;
      return outcome({
        ...result,
        ...(before === undefined || state === undefined ? {} : { identity: { ...before, state } }),
      });
    } catch (error) {
      return outcome(failed(this.toError(job.stamp, error).toRecord()));
    } finally {
      tree?.killAll();
      await this.cleanUp(job.stamp, onEvent).catch(() => undefined);
      if (workDir !== undefined) rmSync(workDir, { recursive: true, force: true });
    }
  }

  async recover(): Promise<void> {
    for (const stamp of unfinished(this.journal)) {
      await this.cleanUp(stamp, () => undefined).catch((error: unknown) =>
        this.options.report(
          `${stamp}: what an earlier process left could not be cleaned up (${AppError.from(error).message})`,
        ),
      );
    }
  }

  async resources(stamp: StampName): Promise<readonly StackResource[] | undefined> {
    const deployment = await this.readState(stamp);
    // A stack that was only previewed, or taken down, has a state without resources.
    if (deployment === undefined || (deployment.resources ?? []).length === 0) return undefined;
    return resourcesOf(deployment);
  }

  async deployed(stamp: StampName): Promise<readonly ResourceInput[] | undefined> {
    const resources = (await this.readState(stamp))?.resources ?? [];
    return resources.length === 0 ? undefined : resourcesOfState(resources);
  }

  private get journal(): string {
    return path.join(this.folder, "running");
  }

  private async readState(stamp: StampName): Promise<Deployment | undefined> {
    const { backend, backendUrl } = this;
    const workDir = this.makeWorkDir();
    try {
      const command = new LeanCommand({
        command: this.options.toolchain.pulumiCommandPath,
        version: null,
        environment: this.environment(workDir),
        onSpawn: () => undefined,
      });
      return (await readState({ stamp, backend, backendUrl, workDir, command }))?.deployment;
    } finally {
      rmSync(workDir, { recursive: true, force: true });
    }
  }

  /** A folder for one operation: the engine writes settings, workspaces and credentials files that others must not meet. */
  private makeWorkDir(): string {
    const workDir = mkdtempSync(path.join(this.folder, "work-"));
    mkdirSync(path.join(workDir, "home"));
    return workDir;
  }

  private environment(workDir: string): Record<string, string> {
    const { toolchain, environment } = this.options;
    return engineEnvironment(environment, {
      pulumiHome: path.join(workDir, "home"),
      backendUrl: this.backendUrl,
      passphraseFile: this.passphraseFile,
      tools: toolchain.env,
    });
  }

  private get childScript(): string {
    return this.options.childScript ?? path.join(__dirname, "child-main.js");
  }

  private startChild(workDir: string): ChildProcess {
    return spawn(process.execPath, [this.childScript], {
      cwd: workDir,
      env: this.environment(workDir),
      // A process group of its own, so that all of it can be ended, and Ctrl-C reaches only the service.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
  }

  private supervise(
    child: ChildProcess,
    tree: ProcessTree | undefined,
    job: StackJob,
    settings: EngineSettings,
    onEvent: (event: StackEvent) => void,
    signal: AbortSignal,
  ): Promise<OperationResult> {
    const grace = (this.options.graceSeconds ?? 30) * 1000;
    const limit = (this.options.timeLimitSeconds ?? 3600) * 1000;
    return new Promise((resolve) => {
      let result: OperationResult | undefined;
      let stderr = "";
      let killer: NodeJS.Timeout | undefined;
      let timedOut = false;
      const tell = (message: ToChild): void => {
        if (child.connected) child.send(message, () => undefined);
      };
      const interrupt = (): void => {
        tell({ type: "interrupt" });
        killer ??= setTimeout(() => tree?.killAll(), grace);
      };
      const sampler = setInterval(() => tree?.look(), SAMPLE_MS);
      const pulse = setInterval(() => tell({ type: "alive" }), ALIVE_MS);
      const watchdog = setTimeout(() => {
        timedOut = true;
        interrupt();
      }, limit);
      signal.addEventListener("abort", interrupt);
      const finish = (why: string): void => {
        clearInterval(sampler);
        clearInterval(pulse);
        clearTimeout(watchdog);
        clearTimeout(killer);
        signal.removeEventListener("abort", interrupt);
        if (timedOut) {
          const seconds = limit / 1000;
          const error = new AppError(
            "ENGINE_TIMEOUT",
            `${job.stamp} took longer than ${seconds} s`,
            {
              action: "Look at what it waited for, or raise the time limit.",
            },
          );
          resolve({
            ...(result ?? failed(error.toRecord())),
            status: "failed",
            error: error.toRecord(),
          });
        } else if (result !== undefined) {
          resolve(result);
        } else if (signal.aborted) {
          resolve(failed(interrupted(job.stamp), "cancelled"));
        } else {
          const said = stderr.trim();
          resolve(failed(this.toError(job.stamp, new Error(said === "" ? why : said)).toRecord()));
        }
      };
      child.stderr?.on(
        "data",
        (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)),
      );
      child.on("message", (message: FromChild) => {
        if (message.type === "event") onEvent(message.event);
        else if (message.type === "result") {
          result = message.result;
          clearTimeout(killer);
          killer = setTimeout(() => tree?.killAll(), EXIT_MS);
        }
      });
      child.once("error", (error) => finish(error.message));
      child.once("close", (code, killedBy) =>
        finish(`the engine's process ended with ${killedBy ?? `code ${code ?? -1}`}`),
      );
      tell({ type: "run", job, settings });
      if (signal.aborted) interrupt();
    });
  }

  private settings(workDir: string, exemptions: readonly Exemption[]): EngineSettings {
    const { toolchain, policyPacks, parallel, secretsProvider } = this.options;
    return {
      command: toolchain.pulumiCommandPath,
      backendUrl: this.backendUrl,
      s3UsePathStyle: this.options.s3UsePathStyle ?? false,
      secretsProvider: secretsProvider ?? "passphrase",
      policyPacks: policyPacks.map((folder) => path.resolve(folder)),
      exemptions,
      parallel: parallel ?? 32,
      workDir,
      journalDir: this.journal,
      backupDir: path.join(this.folder, "backups"),
    };
  }

  private async cleanUp(
    stamp: StampName,
    onEvent: (event: StackEvent) => void,
    earlier: ProcessWatch["earlier"] = [],
  ): Promise<void> {
    const { journal: folder } = this;
    const { locks } = this.backend;
    const done = await cleanUp({ folder, stamp, locks, earlier }).catch((error: unknown) => {
      throw unreachable(stamp, error);
    });
    for (const text of done) {
      onEvent({ type: "message", level: "warning", text });
      this.options.report(text);
    }
  }

  private toError(stamp: StampName, error: unknown): AppError {
    if (error instanceof AppError) return error;
    const stderr = error instanceof Error ? error.message : String(error);
    return errorOf({ stamp, diagnostics: [], stderr, violations: [], changedSomething: false });
  }
}

/** The real engine behind its port: each operation in a child process, watched, and nothing of it left behind. */
export function createPulumiEngine(options: PulumiEngineOptions): PulumiEnginePort {
  return new PulumiEngine(options);
}
