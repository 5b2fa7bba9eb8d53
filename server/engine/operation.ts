import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { LocalWorkspace, Stack, type EngineEvent, type PulumiFn } from "@pulumi/pulumi/automation";

import { EXEMPTIONS, JUDGE } from "../../policies/config-keys";
import { AppError } from "../../stacks/errors";
import type { Exemption } from "../../stacks/exemptions";
import { PROJECT, type StampName } from "../../stacks/naming";
import { keepsTo, NEW_STAMP } from "../../stacks/plan-digest";
import type { ChangeCounts, StackEvent, StackJob, StackOutcome } from "../ports";
import { CommandFailed, LeanCommand } from "./command";
import {
  outputsOf,
  pendingCreates,
  resourcesOf,
  retainedBy,
  secretsOf,
  wouldBeLost,
  type Deployment,
} from "./deployment";
import { errorOf, saysNoSuchStack } from "./engine-errors";
import { EventReader } from "./events";
import { Sides } from "./sides";
import { projectFile, stackFile, stackFileName } from "./settings";

/** How an operation reaches the engine; goes to the child process as JSON. */
export interface EngineSettings {
  readonly command: string;
  readonly backendUrl: string;
  /** `passphrase`, or an address such as `awskms://…`. */
  readonly secretsProvider: string;
  readonly policyPacks: readonly string[];
  /** What the packs accept all the same in this stack. */
  readonly exemptions: readonly Exemption[];
  /** Resources that the engine works on at the same time; stamps wait for AWS, not for the processor. */
  readonly parallel: number;
  /** Empty folder of this operation alone. */
  readonly workDir: string;
  readonly journalDir: string;
}

/** An outcome without what only the parent process can measure. */
export type OperationResult = Omit<StackOutcome, "seconds" | "peakMemoryMiB">;

const NOTHING: ChangeCounts = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** The state of a stack in a file backend, without a process; other backends are asked through the CLI. */
export function stateFile(backendUrl: string, stamp: StampName): string | undefined {
  if (!backendUrl.startsWith("file://")) return undefined;
  const root = backendUrl.slice("file://".length);
  return path.join(root, ".pulumi", "stacks", PROJECT, `${stamp}.json`);
}

/** Reads a state file; undefined if there is none. Throws on a file that cannot be understood: it is never overwritten. */
export function readStateFile(file: string): Deployment | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint?: { latest?: Deployment | null };
  };
  return parsed.checkpoint?.latest ?? {};
}

/** One operation on one stack, in the child process. */
export class Operation {
  private readonly reader: EventReader;
  private readonly sides = new Sides();
  private changedSomething = false;

  constructor(
    private readonly job: StackJob,
    private readonly settings: EngineSettings,
    private readonly command: LeanCommand,
    private readonly program: PulumiFn,
    onEvent: (event: StackEvent) => void,
    private readonly signal: AbortSignal,
  ) {
    this.reader = new EventReader(onEvent);
  }

  /** Never throws: a failure is in the result. */
  async run(): Promise<OperationResult> {
    try {
      return await this.work();
    } catch (error) {
      return this.failed(error);
    }
  }

  private async work(): Promise<OperationResult> {
    const { job, settings } = this;
    const before = await this.readState();
    if (before === undefined && (job.operation === "drift" || job.operation === "retire")) {
      throw new AppError("STACK_NOT_FOUND", `${job.stamp} has not been stamped`, {
        action: `Nothing to ${job.operation === "drift" ? "compare" : "take down"}; stamp it with an up first.`,
      });
    }
    if (job.operation === "up" || job.operation === "retire") this.refusePending(before);
    writeFileSync(path.join(settings.workDir, "Pulumi.yaml"), projectFile(settings.backendUrl));
    writeFileSync(
      path.join(settings.workDir, stackFileName(job.stamp)),
      stackFile(job.spec, job.connection, secretsOf(before)),
      { mode: 0o600 },
    );
    const workspace = await LocalWorkspace.create({
      workDir: settings.workDir,
      program: this.program,
      pulumiCommand: this.command.asPulumiCommand,
      secretsProvider: settings.secretsProvider,
    });
    const stack =
      before === undefined
        ? await Stack.create(job.stamp, workspace)
        : await Stack.select(job.stamp, workspace);
    switch (job.operation) {
      case "preview":
        return this.preview(stack, before);
      case "drift":
        return this.drift(stack, before);
      case "up":
        return this.up(stack, before);
      case "retire":
        return this.retire(stack, before ?? {});
    }
  }

  private get options() {
    return {
      onEvent: this.reader.read.bind(this.reader),
      parallel: this.settings.parallel,
      signal: this.signal,
      suppressProgress: true,
    };
  }

  private get packs() {
    const { policyPacks, exemptions, workDir } = this.settings;
    if (exemptions.length === 0) return { policyPacks: [...policyPacks] };
    const file = path.join(workDir, "pack-config.json");
    // Of the judge's entry only the exemptions: nothing here can turn a rule off or lower its level.
    writeFileSync(file, JSON.stringify({ [JUDGE]: { [EXEMPTIONS]: exemptions } }));
    return { policyPacks: [...policyPacks], policyPackConfigs: policyPacks.map(() => file) };
  }

  private get refresh() {
    return this.job.refresh === true ? { refresh: true } : {};
  }

  private async preview(stack: Stack, before: Deployment | undefined): Promise<OperationResult> {
    this.reader.begin(false);
    const { onEvent } = this.options;
    const both = (event: EngineEvent): void => {
      onEvent(event);
      this.sides.read(event);
    };
    await stack.preview({ ...this.options, ...this.packs, ...this.refresh, onEvent: both });
    return { ...this.succeeded(before ?? {}), ...this.sides.result };
  }

  private async drift(stack: Stack, before: Deployment | undefined): Promise<OperationResult> {
    this.reader.begin(false);
    await stack.previewRefresh({ ...this.options });
    return this.succeeded(before ?? {});
  }

  /**
   * The preview gates the update: rules about whole stacks run at the end, when an update has already made everything. A
   * new stack is previewed and updated by one command (one process fewer); an existing one is previewed by itself, and
   * where nothing differs the update, with another start of the plugins, is left out.
   */
  private async up(stack: Stack, before: Deployment | undefined): Promise<OperationResult> {
    this.reader.begin(false);
    const isNew = (before?.resources ?? []).length === 0;
    const expected = this.job.expect?.changes;
    if (!isNew || (expected !== undefined && expected !== NEW_STAMP)) {
      await stack.preview({ ...this.options, ...this.packs, ...this.refresh });
      if (!keepsTo(expected, this.reader.phase.changes)) throw this.otherPlan();
      const { differs } = this.reader.phase;
      if (!differs && this.job.refresh !== true) return this.succeeded(before ?? {});
    } else {
      this.command.previewFirst = true;
    }
    this.signal.throwIfAborted();
    await this.update(() => stack.up({ ...this.options, ...this.packs, ...this.refresh }));
    return this.succeeded((await this.readState()) ?? {});
  }

  private otherPlan(): AppError {
    return new AppError(
      "PLAN_CHANGED",
      `what would change in ${this.job.stamp} is not what was previewed; nothing was changed`,
      { action: "Somebody changed the stack meanwhile: start the run again, which previews it." },
    );
  }

  /** Runs a command that changes the stack, and knows afterwards whether it did, even if it failed. */
  private async update(work: () => Promise<unknown>): Promise<void> {
    if (this.command.previewFirst) this.reader.beginPreviewThenUpdate();
    else this.reader.begin(true);
    try {
      await work();
    } finally {
      this.changedSomething = this.reader.live && this.reader.phase.differs;
    }
  }

  private async retire(stack: Stack, before: Deployment): Promise<OperationResult> {
    const lost = wouldBeLost(before);
    if (lost.length > 0) {
      throw new AppError(
        "ENGINE_FAILED",
        `${this.job.stamp} holds protected resources that would be deleted`,
        {
          action: "Let the program set retainOnDelete on them, run an up, and retire again.",
          problems: lost.map(({ urn }) => ({ message: urn })),
        },
      );
    }
    const retained = retainedBy(before);
    if ((before.resources ?? []).some(({ protect }) => protect === true)) {
      await this.cli(["state", "unprotect", "--all", "--yes", "--stack", this.job.stamp]);
    }
    await this.update(() => stack.destroy({ ...this.options }));
    const { phase } = this.reader;
    await this.cli(["stack", "rm", "--yes", "--preserve-config", this.job.stamp]);
    return { ...this.succeeded({}, phase), retained };
  }

  private cli(args: readonly string[]): Promise<{ stdout: string }> {
    return this.command.run(args, this.settings.workDir, {});
  }

  private async readState(): Promise<Deployment | undefined> {
    const { backendUrl } = this.settings;
    const file = stateFile(backendUrl, this.job.stamp);
    if (file !== undefined) return readStateFile(file);
    writeFileSync(path.join(this.settings.workDir, "Pulumi.yaml"), projectFile(backendUrl));
    return exportState(this.command, this.job.stamp, this.settings.workDir);
  }

  private refusePending(before: Deployment | undefined): void {
    const pending = pendingCreates(before);
    if (pending.length === 0) return;
    const { stamp } = this.job;
    throw new AppError(
      "ENGINE_PENDING",
      `an interrupted update of ${stamp} left ${pending.length} creations open`,
      {
        action: `Run: pulumi refresh --stack ${stamp}, which asks for each whether it exists; then start the run again.`,
        problems: pending.map(({ urn }) => ({ message: urn })),
      },
    );
  }

  private succeeded(after: Deployment, phase = this.reader.phase): OperationResult {
    return {
      status: "succeeded",
      counts: phase.counts,
      changes: phase.changes,
      violations: this.reader.violations,
      resources: resourcesOf(after).length,
      outputs: outputsOf(after),
    };
  }

  private async failed(error: unknown): Promise<OperationResult> {
    const { reader, changedSomething } = this;
    const after = await this.readState().catch(() => undefined);
    const cancelled = this.signal.aborted;
    const record = cancelled
      ? { code: "RUN_CANCELLED" as const, message: `${this.job.stamp} was interrupted` }
      : this.toError(error).toRecord();
    // A preview that only a policy stopped has seen everything, and whoever puts it right wants to see it too.
    const seen = this.job.operation === "preview" && record.code === "POLICY_VIOLATION";
    const { counts, changes } =
      changedSomething || seen ? reader.phase : { counts: NOTHING, changes: [] };
    return {
      status: cancelled ? "cancelled" : "failed",
      counts,
      changes,
      ...(seen ? this.sides.result : {}),
      violations: reader.violations,
      resources: resourcesOf(after ?? {}).length,
      outputs: outputsOf(after ?? {}),
      error: record,
    };
  }

  private toError(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const text =
      error instanceof CommandFailed
        ? error.end.stderr
        : error instanceof Error
          ? error.message
          : String(error);
    return errorOf({
      stamp: this.job.stamp,
      diagnostics: this.reader.diagnostics,
      stderr: text,
      violations: this.reader.violations,
      changedSomething: this.changedSomething,
    });
  }
}

/** The state of a stack through the CLI; undefined if there is no such stack. The work folder holds a project file. */
export async function exportState(
  command: LeanCommand,
  stamp: StampName,
  workDir: string,
): Promise<Deployment | undefined> {
  try {
    const { stdout } = await command.run(["stack", "export", "--stack", stamp], workDir, {});
    return (JSON.parse(stdout) as { deployment?: Deployment | null }).deployment ?? {};
  } catch (error) {
    if (error instanceof CommandFailed && saysNoSuchStack(error.end.stderr)) return undefined;
    throw error;
  }
}
