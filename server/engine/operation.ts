import { writeFileSync } from "node:fs";
import path from "node:path";

import { LocalWorkspace, Stack, type EngineEvent, type PulumiFn } from "@pulumi/pulumi/automation";

import { EXEMPTIONS, JUDGE } from "../../policies/config-keys";
import { AppError } from "../../stacks/errors";
import type { Exemption } from "../../stacks/exemptions";
import { keepsTo, NEW_STAMP } from "../../stacks/plan-digest";
import { stackBackend } from "../backend/backend";
import type { ChangeCounts, StackEvent, StackJob, StackOutcome } from "../ports";
import { refuseAfterRepair } from "./after-repair";
import { CommandFailed, LeanCommand } from "./command";
import {
  outputsOf,
  resourcesOf,
  retainedBy,
  secretsOf,
  wouldBeLost,
  type Deployment,
} from "./deployment";
import { errorOf, saysProviderDied } from "./engine-errors";
import { EventReader } from "./events";
import { type Repair, type SoundState, soundState, takeInLost } from "./repair";
import { Sides } from "./sides";
import { projectFile, stackFile, stackFileName } from "./settings";
import { readState, type StateSource } from "./state";

/** How an operation reaches the engine; goes to the child process as JSON. */
export interface EngineSettings {
  readonly command: string;
  readonly backendUrl: string;
  /** Address the backend's bucket as `/bucket`. */
  readonly s3UsePathStyle: boolean;
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
  /** States are kept here before they are repaired. */
  readonly backupDir: string;
}

/** An outcome without what only the parent process can measure. */
export type OperationResult = Omit<StackOutcome, "seconds" | "peakMemoryMiB">;

const NOTHING: ChangeCounts = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** One operation on one stack, in the child process. */
export class Operation {
  private readonly reader: EventReader;
  private readonly sides = new Sides();
  private changedSomething = false;
  private repaired: SoundState["repaired"];
  private readonly source: Promise<StateSource>;

  constructor(
    private readonly job: StackJob,
    private readonly settings: EngineSettings,
    private readonly command: LeanCommand,
    private readonly program: PulumiFn,
    private readonly onEvent: (event: StackEvent) => void,
    private readonly signal: AbortSignal,
  ) {
    this.reader = new EventReader(onEvent);
    this.source = sourceOf(job.stamp, settings, command);
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
    const before = await this.soundState();
    if (before === undefined && (job.operation === "drift" || job.operation === "retire")) {
      throw new AppError("STACK_NOT_FOUND", `${job.stamp} has not been stamped`, {
        action: `Nothing to ${job.operation === "drift" ? "compare" : "take down"}; stamp it with an up first.`,
      });
    }
    this.writeSettings(before);
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

  /** The state, repaired where it has to be and the operation is one that changes things. */
  private async soundState(): Promise<Deployment | undefined> {
    const { operation } = this.job;
    if (operation === "preview" || operation === "drift") return this.readState();
    const { state, repaired } = await soundState(await this.repair());
    this.repaired = repaired;
    return state?.deployment;
  }

  private async repair(): Promise<Repair> {
    const { job, settings } = this;
    return {
      ...(await this.source),
      accountId: job.spec.accountId,
      backupDir: settings.backupDir,
      mayRestore: job.operation === "up",
      prepare: (deployment) => this.writeSettings(deployment),
      find: async (search) => {
        const { findLost } = await import("../inventory/find-lost.js");
        return findLost(job.connection)(search);
      },
      tell: (text) => this.warn(text),
    };
  }

  private warn(text: string): void {
    this.onEvent({ type: "message", level: "warning", text });
  }

  /** What a provider had begun when it died is not to be made again by the next update. */
  private async afterDeath(): Promise<void> {
    const { failedCreations, diagnostics } = this.reader;
    if (failedCreations.length === 0 || !saysProviderDied(diagnostics)) return;
    try {
      await takeInLost(failedCreations, await this.repair());
    } catch (error) {
      this.warn(
        `a provider died while it created; look at what is there before the next up (${this.toError(error).message})`,
      );
    }
  }

  private async readState(): Promise<Deployment | undefined> {
    return (await readState(await this.source))?.deployment;
  }

  /** What the command reads in its work folder; how the secrets are encrypted comes from the state. */
  private writeSettings(before: Deployment | undefined): void {
    const { stamp, spec, connection } = this.job;
    const { workDir, backendUrl } = this.settings;
    writeFileSync(path.join(workDir, "Pulumi.yaml"), projectFile(backendUrl));
    writeFileSync(
      path.join(workDir, stackFileName(stamp)),
      stackFile(spec, connection, secretsOf(before)),
      { mode: 0o600 },
    );
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
    const { LiveState, weakenedRules } = await import("./live-state.js");
    const live = new LiveState();
    const { onEvent } = this.options;
    const both = (event: EngineEvent): void => {
      onEvent(event);
      live.read(event);
    };
    await stack.previewRefresh({ ...this.options, onEvent: both });
    const found = this.succeeded(before ?? {});
    if (found.changes.length === 0) return found;
    const { exemptions } = this.settings;
    const today = new Date().toISOString().slice(0, 10);
    const of = { stamp: this.job.stamp, exemptions, today };
    const violations = weakenedRules(before?.resources ?? [], live, of);
    for (const violation of violations) this.onEvent({ type: "policy", violation });
    return { ...found, violations };
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
      const { changes } = this.reader.phase;
      refuseAfterRepair(this.job.stamp, this.repaired, changes);
      if (!keepsTo(expected, changes)) throw this.otherPlan();
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
    await this.afterDeath();
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

async function sourceOf(
  stamp: StateSource["stamp"],
  { workDir, backendUrl, s3UsePathStyle }: EngineSettings,
  command: LeanCommand,
): Promise<StateSource> {
  const backend = await stackBackend(backendUrl, s3UsePathStyle);
  return { stamp, workDir, backendUrl, command, backend };
}
