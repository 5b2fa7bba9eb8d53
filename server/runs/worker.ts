import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { AppError, ERRORS } from "../../stacks/errors";
import { ownIdentity } from "../processes";
import type { ClaimedStamp, EngineProcess, Store } from "../store/types";
import type { AwsBudget } from "./aws-budget";
import type { Conclude } from "./conclude-check";
import { buryOrphans, ownerUnknown, unprovenHosts, watchOf } from "./engine-processes";
import { EventBuffer } from "./event-buffer";
import type { ExecuteJob, JobOutcome } from "./outcome";
import { resumePaused } from "./decisions";
import { type ClaimEnd, mayBeWritten, recordEnd } from "./record-end";
import { GIVEN_UP_AFTER_SECONDS, recoverAbandoned } from "./recovery";
import { PeakMemory, slotsFor } from "./slots";
import { changesAnything } from "./summary";

export interface WorkerOptions {
  readonly store: Store;
  readonly execute: ExecuteJob;
  /** Says what is wrong with a run as a whole; nothing by default. */
  readonly conclude?: Conclude;
  /** Most operations at the same time. */
  readonly concurrency: number;
  /** Memory in MiB that is left to the rest of the machine. */
  readonly reserveMiB: number;
  readonly availableMiB: () => number;
  /** What all workers of the database may ask of AWS together. */
  readonly budget: Pick<AwsBudget, "take">;
  /** A worker that is silent for so long has lost what it works on; 60 s. */
  readonly leaseSeconds?: number;
  /** How long a stamp waits for word from the host that holds its lock, seconds; 10 minutes. */
  readonly proofSeconds?: number;
  readonly report: (line: string) => void;
}

/** Numbers for the metrics; counts are since the start of this process. */
export interface WorkerNumbers {
  readonly running: number;
  readonly slots: number;
  readonly setting: number;
  readonly peakMemoryMiB: number;
  readonly ended: Readonly<Record<"succeeded" | "failed" | "cancelled", number>>;
  readonly retried: number;
  readonly recovered: number;
}

interface Running {
  readonly claim: ClaimedStamp;
  readonly abort: AbortController;
  readonly since: number;
  readonly done: Promise<void>;
}

const POLL_MS = 2000;
const HEARTBEAT_MS = 5000;
const RECOVERY_MS = 15_000;
const PAUSES_MS = 5000;
const YOUNG_MS = 8000;
const RETRY_WAIT_MS = 1000;
/** Time for the engine to stop before others may take over. */
const STOP_BEFORE_SECONDS = 15;
const PROOF_SECONDS = 600;
const PROOF_POLL_MS = 10_000;
const LONGEST_WRITE_WAIT_MS = 5000;

type Reason = "cancel" | "shutdown" | "lost";

/** Takes stamps from the queue, has the work on them done, writes down what came of it. One for each process. */
export class Worker {
  private id: string = randomUUID();
  private readonly running = new Map<string, Running>();
  private readonly peak = new PeakMemory();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly ended = { succeeded: 0, failed: 0, cancelled: 0 };
  private retried = 0;
  private recovered = 0;
  private filling: Promise<void> | undefined;
  private fillAgain = false;
  private stopping = false;
  /** When the database last took a sign of life, by a clock that nobody sets. */
  private heardAt = performance.now();
  private stopNotices: () => void = () => undefined;

  constructor(private readonly options: WorkerOptions) {}

  /** Looks after what an earlier process left behind, then starts to take work. */
  async start(): Promise<void> {
    await this.options.store.heartbeat(this.id, ownIdentity(), true);
    this.heardAt = performance.now();
    await this.recover();
    this.stopNotices = this.options.store.onNotice((notice) => {
      if (notice.topic === "work") this.fill();
      if (notice.topic === "cancel") this.abortRuns([notice.runId]);
    });
    this.every(POLL_MS, () => {
      this.fill();
      return Promise.resolve();
    });
    const quarter = this.leaseSeconds * 250;
    this.every(Math.min(HEARTBEAT_MS, quarter), () => this.beat());
    this.every(Math.min(RECOVERY_MS, quarter), () => this.recover());
    this.every(PAUSES_MS, async () => {
      await resumePaused(this.options.store);
    });
    this.fill();
  }

  /** Takes no more work, interrupts what runs and waits for it; interrupted stamps go back into the queue. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stopNotices();
    for (const timer of this.timers) clearInterval(timer);
    await this.filling;
    for (const { abort } of this.running.values()) abort.abort("shutdown" satisfies Reason);
    await Promise.all([...this.running.values()].map(({ done }) => done));
    await this.options.store.forgetWorker(this.id).catch(() => undefined);
  }

  get numbers(): WorkerNumbers {
    return {
      running: this.running.size,
      slots: this.slots(),
      setting: this.options.concurrency,
      peakMemoryMiB: this.peak.value,
      ended: { ...this.ended },
      retried: this.retried,
      recovered: this.recovered,
    };
  }

  private every(milliseconds: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      work()
        // The database is away: the next turn tries again.
        .catch(() => undefined)
        .finally(() => (busy = false));
    }, milliseconds);
    this.timers.push(timer);
  }

  private slots(): number {
    const now = Date.now();
    return slotsFor({
      setting: this.options.concurrency,
      available: this.options.availableMiB(),
      reserve: this.options.reserveMiB,
      peak: this.peak.value,
      running: this.running.size,
      young: [...this.running.values()].filter(({ since }) => now - since < YOUNG_MS).length,
    });
  }

  private get leaseSeconds(): number {
    return this.options.leaseSeconds ?? GIVEN_UP_AFTER_SECONDS;
  }

  private async recover(): Promise<void> {
    const { store, report } = this.options;
    const { id, leaseSeconds } = this;
    this.recovered += await recoverAbandoned({ store, workerId: id, leaseSeconds, report });
    await buryOrphans(store);
  }

  private async beat(): Promise<void> {
    const { store } = this.options;
    const asked = performance.now();
    try {
      if (!(await store.heartbeat(this.id, ownIdentity(), false))) {
        // We were silent for so long that others took over: what we run is no longer ours.
        this.lose();
        this.id = randomUUID();
        await store.heartbeat(this.id, ownIdentity(), true);
      }
      this.heardAt = asked;
    } catch (error) {
      // Others may reach the database where we do not: what runs is stopped before they take it over.
      const silent = (performance.now() - this.heardAt) / 1000;
      if (silent > this.leaseSeconds - Math.min(STOP_BEFORE_SECONDS, this.leaseSeconds / 4)) {
        this.lose();
      }
      throw error;
    }
    const runs = [...new Set([...this.running.values()].map(({ claim }) => claim.runId))];
    if (runs.length > 0) this.abortRuns(await store.cancelRequested(runs));
  }

  private lose(): void {
    for (const { abort } of this.running.values()) abort.abort("lost" satisfies Reason);
  }

  private abortRuns(runIds: readonly string[]): void {
    for (const { claim, abort } of this.running.values()) {
      if (runIds.includes(claim.runId)) abort.abort("cancel" satisfies Reason);
    }
  }

  private fill(): void {
    if (this.stopping) return;
    if (this.filling !== undefined) {
      this.fillAgain = true;
      return;
    }
    this.filling = this.takeWork()
      .catch(() => undefined)
      .finally(() => {
        this.filling = undefined;
        if (!this.fillAgain) return;
        this.fillAgain = false;
        this.fill();
      });
  }

  private async takeWork(): Promise<void> {
    const { store } = this.options;
    while (!this.stopping && this.running.size < this.slots()) {
      const workerId = this.id;
      const claim = await store.transaction(async (tx) => {
        const found = await tx.claim(workerId);
        if (found === undefined || found === "stale") return found;
        const { runId, stamp, attempt, startsRun } = found;
        if (startsRun) await tx.startRun(runId);
        await tx.append(runId, [
          ...(startsRun ? [{ type: "run.started" as const, data: {} }] : []),
          { type: "stamp.started", stamp, data: { attempt } },
        ]);
        return found;
      });
      if (claim === undefined) return;
      if (claim !== "stale") this.begin(claim, workerId);
    }
  }

  private begin(claim: ClaimedStamp, workerId: string): void {
    const abort = new AbortController();
    const key = `${claim.runId}/${claim.stamp}/${claim.attempt}`;
    const done = this.work(claim, workerId, abort)
      .catch((error: unknown) => {
        const { code, message } = AppError.from(error);
        this.options.report(`${claim.stamp}: its end could not be recorded (${code}: ${message})`);
      })
      .finally(() => {
        this.running.delete(key);
        this.fill();
      });
    this.running.set(key, { claim, abort, since: Date.now(), done });
  }

  private async work(claim: ClaimedStamp, workerId: string, abort: AbortController): Promise<void> {
    const buffer = new EventBuffer(this.options.store, claim, workerId, () =>
      abort.abort("lost" satisfies Reason),
    );
    let outcome = await this.executeUnlocked(claim, buffer, abort.signal);
    if (mayBeRetried(claim, outcome) && !abort.signal.aborted) {
      this.retried++;
      buffer.add({
        type: "message",
        level: "warning",
        text: `${outcome.error?.message ?? "it failed"}; nothing was changed, so it is tried once more`,
      });
      const rested = await sleep(RETRY_WAIT_MS, true, { signal: abort.signal }).catch(() => false);
      if (rested) outcome = await this.execute(claim, buffer, abort.signal);
    }
    this.peak.add(outcome.peakMemoryMiB ?? 0);
    const reason = abort.signal.reason as Reason | undefined;
    if (reason === "lost") return;
    const putBack = reason === "shutdown" && outcome.status === "cancelled";
    await this.record({ claim, workerId, outcome, events: await buffer.take(), putBack });
  }

  /**
   * Does the work. Where a process of ours on another host still has the stack's lock, waits until that host says that it
   * is gone; after the time for that a person has to say it.
   */
  private async executeUnlocked(
    claim: ClaimedStamp,
    buffer: EventBuffer,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    const { store, proofSeconds = PROOF_SECONDS } = this.options;
    const deadline = performance.now() + proofSeconds * 1000;
    for (let tries = 0; ; tries++) {
      const earlier = await store
        .engineProcesses(claim.stamp, claim.epoch)
        .catch((): readonly EngineProcess[] => []);
      const outcome = await this.execute(claim, buffer, signal, earlier);
      if (outcome.error?.code !== "STACK_LOCKED") {
        // It had the lock, so nothing of theirs is left; and nothing of ours, because it has ended.
        await store.forgetEngineProcesses(claim.stamp, claim.epoch + 1).catch(() => undefined);
        return outcome;
      }
      const hosts = unprovenHosts(earlier);
      if (hosts.length === 0) return outcome;
      if (performance.now() > deadline) return { ...outcome, error: ownerUnknown(claim, hosts) };
      if (tries === 0) {
        const text = `waits for ${hosts.join(", ")} to give the lock of an earlier run back`;
        buffer.add({ type: "message", level: "warning", text });
      }
      const rested = await sleep(PROOF_POLL_MS, true, { signal }).catch(() => false);
      if (!rested) return outcome;
    }
  }

  private async execute(
    claim: ClaimedStamp,
    buffer: EventBuffer,
    signal: AbortSignal,
    earlier: readonly EngineProcess[] = [],
  ): Promise<JobOutcome> {
    const { store, budget } = this.options;
    const started = Date.now();
    try {
      // While the database is away there is no common rate, and no reason to stand still either.
      await budget.take(claim.job, signal).catch(() => undefined);
      // Interrupted while it waited: nothing was begun, and an engine might not notice a signal that has fired.
      if (signal.aborted) return interrupted(claim, started);
      const watch = watchOf(store, claim, earlier);
      return await this.options.execute(claim.job, (event) => buffer.add(event), signal, watch);
    } catch (error) {
      // What an engine throws when it is interrupted says nothing about the stamp.
      if (signal.aborted) return interrupted(claim, started);
      return {
        status: "failed",
        seconds: (Date.now() - started) / 1000,
        error: AppError.from(error).toRecord(),
      };
    }
  }

  /** Writes the end of a stamp; tries until it works, because an outcome that is not recorded did not happen. */
  private async record(end: ClaimEnd): Promise<void> {
    for (let wait = 100; ; wait = Math.min(wait * 2, LONGEST_WRITE_WAIT_MS)) {
      try {
        const { store, conclude } = this.options;
        await recordEnd(store, conclude === undefined ? end : { ...end, conclude });
        if (!end.putBack) this.ended[end.outcome.status]++;
        return;
      } catch (error) {
        // Stopping: the next start finds the stamp abandoned and recovers it.
        if (this.stopping || !mayBeWritten(error)) throw error;
        await sleep(wait);
      }
    }
  }
}

/** Once, for a failure of the engine itself, and only where it is certain that it changed nothing. */
function mayBeRetried(claim: ClaimedStamp, outcome: JobOutcome): boolean {
  const code = outcome.error?.code;
  if (outcome.status !== "failed" || code === undefined) return false;
  const { retryable, source } = ERRORS[code];
  if (!retryable || source !== "engine") return false;
  const { operation } = claim.job;
  return operation === "preview" || operation === "drift" || !changesAnything(outcome.counts);
}

const interrupted = ({ stamp }: ClaimedStamp, started: number): JobOutcome => ({
  status: "cancelled",
  seconds: (Date.now() - started) / 1000,
  error: { code: "RUN_CANCELLED", message: `${stamp} was interrupted` },
});
