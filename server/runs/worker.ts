import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { AppError, ERRORS } from "../../stacks/errors";
import { ownIdentity } from "../processes";
import type { StampStatus } from "../runs-ports";
import type { ClaimedStamp, StampDetails, Store } from "../store/types";
import { EventBuffer } from "./event-buffer";
import type { ExecuteJob, JobOutcome } from "./outcome";
import { resumePaused } from "./decisions";
import { keepPlan } from "./plan-phase";
import { recoverAbandoned } from "./recovery";
import { isOfStacks } from "./requests";
import { settle } from "./settle";
import { PeakMemory, slotsFor } from "./slots";
import { changesAnything } from "./summary";

export interface WorkerOptions {
  readonly store: Store;
  readonly execute: ExecuteJob;
  /** Most operations at the same time. */
  readonly concurrency: number;
  /** Memory in MiB that is left to the rest of the machine. */
  readonly reserveMiB: number;
  readonly availableMiB: () => number;
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
  private stopNotices: () => void = () => undefined;

  constructor(private readonly options: WorkerOptions) {}

  /** Looks after what an earlier process left behind, then starts to take work. */
  async start(): Promise<void> {
    await this.options.store.heartbeat(this.id, ownIdentity(), true);
    this.recovered += await recoverAbandoned(this.options.store, this.id, this.options.report);
    this.stopNotices = this.options.store.onNotice((notice) => {
      if (notice.topic === "work") this.fill();
      if (notice.topic === "cancel") this.abortRuns([notice.runId]);
    });
    this.every(POLL_MS, () => {
      this.fill();
      return Promise.resolve();
    });
    this.every(HEARTBEAT_MS, () => this.beat());
    this.every(RECOVERY_MS, async () => {
      this.recovered += await recoverAbandoned(this.options.store, this.id, this.options.report);
    });
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

  private async beat(): Promise<void> {
    const { store } = this.options;
    if (!(await store.heartbeat(this.id, ownIdentity(), false))) {
      // We were silent for so long that others took over: what we run is no longer ours.
      for (const { abort } of this.running.values()) abort.abort("lost" satisfies Reason);
      this.id = randomUUID();
      await store.heartbeat(this.id, ownIdentity(), true);
    }
    const runs = [...new Set([...this.running.values()].map(({ claim }) => claim.runId))];
    if (runs.length > 0) this.abortRuns(await store.cancelRequested(runs));
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
    let outcome = await this.execute(claim, buffer, abort.signal);
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
    await this.record(claim, workerId, outcome, buffer, reason);
  }

  private async execute(
    claim: ClaimedStamp,
    buffer: EventBuffer,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    const started = Date.now();
    try {
      return await this.options.execute(claim.job, (event) => buffer.add(event), signal);
    } catch (error) {
      return {
        status: "failed",
        seconds: (Date.now() - started) / 1000,
        error: AppError.from(error).toRecord(),
      };
    }
  }

  /** Writes the end of a stamp; tries until it works, because an outcome that is not recorded did not happen. */
  private async record(
    claim: ClaimedStamp,
    workerId: string,
    outcome: JobOutcome,
    buffer: EventBuffer,
    reason: Reason | undefined,
  ): Promise<void> {
    const { store } = this.options;
    const left = await buffer.take();
    const putBack = reason === "shutdown" && outcome.status === "cancelled";
    const { status, outputs, identity, ...rest } = outcome;
    const details: StampDetails = rest;
    for (let wait = 100; ; wait = Math.min(wait * 2, LONGEST_WRITE_WAIT_MS)) {
      try {
        await store.transaction(async (tx) => {
          if ((await tx.lockRun(claim.runId)) === undefined) return;
          if (!(await tx.holds(claim, workerId))) return;
          await tx.append(claim.runId, left);
          if (putBack) {
            await tx.putBack(claim.runId, claim.stamp, claim.attempt, claim.queueId, true);
            await tx.append(claim.runId, [
              {
                type: "stamp.message",
                stamp: claim.stamp,
                data: {
                  level: "warning",
                  text: "the service stops: the stamp goes on after its start",
                },
              },
            ]);
          } else if (claim.planning && status === "succeeded") {
            await keepPlan(tx, claim, workerId, details);
          } else {
            await tx.endClaimed(claim, workerId, status, details);
            await tx.append(claim.runId, [endOf(claim, status, details)]);
            const { operation } = claim.job;
            if (isOfStacks(operation)) {
              const good = status === "succeeded";
              const kept = good && operation === "up" ? outputs : undefined;
              const cleared = good && operation === "retire" ? {} : kept;
              const { runId, stamp } = claim;
              const refreshed = "refresh" in claim.job && claim.job.refresh;
              const end = { runId, operation, stamp, status, details, identity, refreshed };
              await tx.setStampState({ ...end, outputs: cleared });
            }
            await tx.release(claim.runId, [claim.stamp]);
          }
          await settle(tx, claim.runId);
        });
        if (!putBack) this.ended[status]++;
        return;
      } catch (error) {
        // Stopping: the next start finds the stamp abandoned and recovers it. A bug would not go away by waiting.
        const { code } = AppError.from(error);
        if (this.stopping || (code !== "RUN_STORE" && code !== "ENGINE_DISK_FULL")) throw error;
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

const endOf = (claim: ClaimedStamp, status: StampStatus, details: StampDetails) => ({
  type: "stamp.ended" as const,
  stamp: claim.stamp,
  data: {
    status,
    counts: details.counts,
    resources: details.resources,
    coverage: details.coverage && { ...details.coverage, uncovered: undefined },
    seconds: details.seconds,
    violations: details.violations?.length ?? 0,
    ...(details.error === undefined ? {} : { error: details.error }),
  },
});
