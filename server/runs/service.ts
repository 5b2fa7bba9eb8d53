import { randomBytes } from "node:crypto";

import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import { checkConfirmation } from "../../stacks/plan";
import type { Clock, StackIdentity } from "../ports";
import type {
  ApprovalRequest,
  Follows,
  IdempotencyKey,
  Page,
  RunEvent,
  RunListItem,
  RunRecord,
  RunRequest,
  RunService,
  StampState,
} from "../runs-ports";
import { TERMINAL_STATUSES } from "../runs-ports";
import type { NewAuditEntry, NewStamp, StoredRun } from "../store/types";
import { beginRollout } from "./begin-rollout";
import { approveRun, endPause, followUp } from "./decisions";
import { createWorker, type WorkOptions } from "./executor";
import { jobsOf } from "./jobs";
import type { RunPlanner } from "./planner";
import { checkRequest } from "./requests";
import { approvedPlan } from "./restore-plan";
import { settle } from "./settle";
import { sharedAnswers } from "./shared-answers";
import { accountResults } from "./summary";
import { leaveUnchanged, mayLeaveAlone } from "./unchanged";
import type { Worker, WorkerNumbers } from "./worker";

export interface RunServiceOptions extends WorkOptions {
  readonly planner: RunPlanner;
  readonly clock: Clock;
}

/** The run service with its beginning and its end, which the routes do not see. */
export interface ManagedRunService extends RunService {
  /** Starts to work on what is queued, after recovering what an earlier process left behind. */
  startWorkers(): Promise<void>;
  /** Refuses new runs, interrupts what runs (it goes on after the next start) and waits for it. The store stays open. */
  close(): Promise<void>;
  stampStates(): Promise<readonly StampState[]>;
  stampState(
    stamp: StampName,
  ): Promise<
    { readonly state: StampState; readonly outputs: Readonly<Record<string, unknown>> } | undefined
  >;
  numbers(): Promise<WorkerNumbers & { readonly queued: number }>;
}

const RUN_ID = /^run-[0-9a-f]{12}-[0-9a-f]{16}$/;
const FOLLOW_POLL_MS = 1000;
const FOLLOW_BATCH = 500;

/** Ids sort by the time they were made: the list of runs is in their order. */
function newRunId(now: Date): string {
  return `run-${now.getTime().toString(16).padStart(12, "0")}-${randomBytes(8).toString("hex")}`;
}

/** What the audit log keeps of a run that was asked for. */
function startOf(
  runId: string,
  request: RunRequest,
  subject: string,
  stamps: number,
): NewAuditEntry {
  const { operation, target, reason, confirm, restore, drill, rotate, follows, cause } = request;
  return {
    subject,
    action: "run.start",
    runId,
    ...(reason === undefined ? {} : { reason }),
    details: { operation, target, stamps, confirm, restore, drill, rotate, follows, cause },
  };
}

/** The digest of what a run is about to do, of an operation that no preview comes before. */
function askedDigest({ operation }: RunRequest, stamps: readonly NewStamp[]): string {
  return digest({ operation, jobs: stamps.map(({ stamp, job }) => ({ stamp, job })) });
}

function record(run: StoredRun): RunRecord {
  const { planned, stamps, ...rest } = run;
  return { ...rest, stamps, accounts: accountResults(planned, stamps) };
}

class Runs implements ManagedRunService {
  private readonly worker: Worker;
  private working = false;
  private closing = false;
  /** Readers of one run wake at the same moment and ask the same. */
  private readonly sharedEvents = sharedAnswers<readonly RunEvent[]>();
  private readonly sharedRuns = sharedAnswers<StoredRun | undefined>();

  constructor(private readonly options: RunServiceOptions) {
    this.worker = createWorker(options);
  }

  async start(
    request: RunRequest,
    key: IdempotencyKey,
  ): Promise<{ run: RunRecord; replayed: boolean }> {
    if (this.closing) {
      throw new AppError("RUN_SHUTTING_DOWN", "the service is stopping and takes no new runs", {
        action: "Send the request again in a moment, with the same Idempotency-Key.",
      });
    }
    const { store, planner, clock } = this.options;
    // Before the plan: a repeated request gets its answer even while the organization cannot be read.
    const known = await store.findKey(key);
    if (known !== undefined) return this.replay(known, key);
    checkRequest(request);
    const { planRun } = request.restore ?? {};
    const planDigests =
      planRun === undefined ? undefined : approvedPlan(request, await store.run(planRun));
    const plan = await planner.plan(request);
    const id = newRunId(clock.now());
    const stamps = jobsOf({
      request,
      plan,
      runId: id,
      ...(planDigests === undefined ? {} : { planDigests }),
    });
    if (stamps.length === 0) {
      throw new AppError("PLAN_EMPTY", "the target selects no stamp", {
        action: "Look at `strongroom accounts` for what is selected and why not.",
      });
    }
    // Loss needs two keys: who takes stacks down names each of them.
    if (request.operation === "retire") {
      checkConfirmation({ waves: [{ stamps: plan.stamps }] }, request.confirm);
    }
    const identities = await this.identities(request, stamps);
    const earlier = await store.transaction(async (tx) => {
      const kept = await tx.keepKey(key, id);
      if (kept !== undefined) return kept;
      await tx.insertRun({
        id,
        request,
        requestedBy: key.subject,
        accounts: plan.accounts,
        stamps,
      });
      const holder = await tx.lease(
        id,
        request.operation,
        stamps.map(({ stamp }) => stamp),
      );
      if (holder !== undefined) {
        throw new AppError("STACK_BUSY", `${holder.stamp} is held by run ${holder.runId}`, {
          action: `Wait for run ${holder.runId} or cancel it, then send the request again.`,
        });
      }
      await tx.append(id, [
        { type: "run.queued", data: { operation: request.operation, stamps: stamps.length } },
      ]);
      const samplePercent = request.operation === "up" ? (plan.driftSamplePercent ?? 0) : 0;
      const asked = mayLeaveAlone(request) ? identities : new Map<StampName, StackIdentity>();
      const left = await leaveUnchanged(tx, id, asked, samplePercent);
      if (plan.rollout !== undefined) {
        const todo = stamps.filter(({ stamp }) => !left.has(stamp));
        await beginRollout(tx, id, {
          rules: plan.rollout,
          stamps: todo,
          identities,
          // An update is previewed; of everything else, what was asked for is what is approved.
          ...(request.operation === "up" ? {} : { asked: askedDigest(request, stamps) }),
        });
      }
      await tx.audit(startOf(id, request, key.subject, stamps.length));
      await settle(tx, id);
      return undefined;
    });
    if (earlier !== undefined) return this.replay(earlier, key);
    return { run: await this.existing(id), replayed: false };
  }

  /** What the stamps would be made from now, of a run that makes them or says how. */
  private async identities(
    request: RunRequest,
    stamps: readonly NewStamp[],
  ): Promise<ReadonlyMap<StampName, StackIdentity>> {
    if (request.operation !== "up" && request.operation !== "preview") return new Map();
    const jobs = stamps.flatMap(({ job }) => ("spec" in job ? [job] : []));
    const found = await this.options.engine.identify(jobs);
    return new Map(
      jobs.flatMap(({ stamp }, index) => {
        const identity = found[index];
        return identity === undefined ? [] : [[stamp, identity] as const];
      }),
    );
  }

  private async replay(
    known: { fingerprint: string; runId: string },
    key: IdempotencyKey,
  ): Promise<{ run: RunRecord; replayed: boolean }> {
    if (known.fingerprint !== key.fingerprint) {
      throw new AppError(
        "SPEC_IDEMPOTENCY_KEY_REUSED",
        `this Idempotency-Key belongs to run ${known.runId}, which was asked for differently`,
        { action: "Use a new key for a new request." },
      );
    }
    return { run: await this.existing(known.runId), replayed: true };
  }

  private async existing(id: string): Promise<RunRecord> {
    const run = await this.get(id);
    if (run === undefined) throw new AppError("RUN_NOT_FOUND", `there is no run ${id}`);
    return run;
  }

  async get(id: string): Promise<RunRecord | undefined> {
    const run = await this.options.store.run(id);
    return run === undefined ? undefined : record(run);
  }

  async list(query: { limit: number; cursor?: string }): Promise<Page<RunListItem>> {
    const { limit, cursor } = query;
    if (cursor !== undefined && !RUN_ID.test(cursor)) {
      throw new AppError("SPEC_MALFORMED", "the cursor is not one of ours", {
        action: "Take the cursor from the answer's nextCursor, or leave it out.",
      });
    }
    const found = await this.options.store.runs(limit + 1, cursor);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return found.length > limit && last !== undefined ? { items, nextCursor: last.id } : { items };
  }

  async events(id: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    const events = await this.options.store.events(id, after, limit);
    if (events.length === 0 && (await this.options.store.run(id)) === undefined) {
      throw new AppError("RUN_NOT_FOUND", `there is no run ${id}`);
    }
    return events;
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncIterable<RunEvent> {
    const { store } = this.options;
    let wake: () => void = () => undefined;
    let noticed = false;
    const stop = store.onNotice((notice) => {
      if (notice.topic !== "events" || notice.runId !== id) return;
      noticed = true;
      wake();
    });
    const onAbort = (): void => wake();
    signal.addEventListener("abort", onAbort);
    try {
      for (let seq = after; !signal.aborted;) {
        noticed = false;
        const batch = await this.sharedEvents(`${id} ${seq}`, () =>
          this.events(id, seq, FOLLOW_BATCH),
        );
        for (const event of batch) {
          yield event;
          seq = event.seq;
          if (event.type === "run.ended") return;
        }
        if (batch.length > 0) continue;
        // Somebody may ask for what comes after the end: there is nothing and never will be.
        const run = await this.sharedRuns(id, () => store.run(id));
        if (run === undefined || (TERMINAL_STATUSES as readonly string[]).includes(run.status)) {
          if ((await store.events(id, seq, 1)).length === 0) return;
          continue;
        }
        await new Promise<void>((resolve) => {
          // A notice that came since the look into the table must not be slept over.
          if (noticed || signal.aborted) {
            resolve();
            return;
          }
          const timer = setTimeout(resolve, FOLLOW_POLL_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    } finally {
      stop();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async cancel(id: string, requestedBy: string): Promise<RunRecord> {
    await this.options.store.transaction(async (tx) => {
      const run = await tx.lockRun(id);
      if (run === undefined) throw new AppError("RUN_NOT_FOUND", `there is no run ${id}`);
      const over = (TERMINAL_STATUSES as readonly string[]).includes(run.status);
      if (over || run.cancelRequested) return;
      await tx.requestCancel(id);
      await tx.append(id, [{ type: "run.cancel-requested", data: { by: requestedBy } }]);
      const details = { operation: run.operation };
      await tx.audit({ subject: requestedBy, action: "run.cancel", runId: id, details });
      await settle(tx, id);
    });
    return this.existing(id);
  }

  async approve(id: string, approval: ApprovalRequest, approvedBy: string): Promise<RunRecord> {
    const { store, clock } = this.options;
    await approveRun(store, id, approval, approvedBy, clock.now());
    return this.existing(id);
  }

  async goOn(
    id: string,
    how: Follows["how"],
    key: IdempotencyKey,
    reason?: string,
  ): Promise<{ run: RunRecord; replayed: boolean }> {
    const { store, clock } = this.options;
    const run = await this.existing(id);
    if (how === "resume" && run.status === "paused") {
      await endPause(store, id, key.subject, clock.now());
      return { run: await this.existing(id), replayed: false };
    }
    return this.start(followUp(run, how, reason), key);
  }

  async startWorkers(): Promise<void> {
    await this.worker.start();
    this.working = true;
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.working) await this.worker.stop();
    this.working = false;
  }

  stampStates(): Promise<readonly StampState[]> {
    return this.options.store.stampStates();
  }

  stampState(
    stamp: StampName,
  ): Promise<{ state: StampState; outputs: Readonly<Record<string, unknown>> } | undefined> {
    return this.options.store.stampState(stamp);
  }

  async numbers(): Promise<WorkerNumbers & { queued: number }> {
    return { ...this.worker.numbers, queued: await this.options.store.queueDepth() };
  }
}

/** The run service over an open store. It works on runs only after `startWorkers`; before, it accepts and shows them. */
export function createRunService(options: RunServiceOptions): ManagedRunService {
  return new Runs(options);
}
