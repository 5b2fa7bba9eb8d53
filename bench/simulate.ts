import { fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stampName } from "../stacks/naming";
import { CLOSED_TO_FAILURES } from "../stacks/rollout";
import type { AwsRates } from "../server/runs/aws-budget";
import type { PlannedRun } from "../server/runs/planner";
import { createRunService } from "../server/runs/service";
import type { RunRecord, RunRequest } from "../server/runs-ports";
import { startLocalPostgres } from "../server/store/local-postgres";
import { openStore } from "../server/store/store";
import { simulatedEngine, type SimulatedEngine } from "./simulated-engine";

/** What is simulated: the planner's result, the queue, waves, ledger and API are real; only the engine is not. */
export interface SimulationOptions extends SimulatedEngine {
  readonly accounts: number;
  /** Processes that work, beside the one of the service. */
  readonly workers: number;
  /** Operations at the same time in each of them. */
  readonly concurrency: number;
  /** Space out the starts as for a real AWS; else the queue alone is measured. */
  readonly awsLimits: boolean;
  readonly stateDir: string;
  readonly report: (line: string) => void;
}

/** What a worker's process is told. */
export interface SimulatedWorker extends SimulatedEngine {
  readonly databaseUrl: string;
  readonly stateDir: string;
  readonly concurrency: number;
  readonly awsRates?: AwsRates;
}

/** Memory of one process, MiB: when a tenth of the stamps had ended, the most, and at the end. */
export interface ProcessMemory {
  readonly process: string;
  readonly early: number;
  readonly most: number;
  readonly end: number;
}

export interface SimulationResult {
  readonly accounts: number;
  readonly stamps: number;
  readonly failed: number;
  readonly seconds: number;
  readonly stampsPerSecond: number;
  /** Time of a request for the run with everything in it, while the run goes on. Milliseconds. */
  readonly read: Percentiles;
  /** Time of a request for the list of runs, likewise. */
  readonly list: Percentiles;
  /** Time to accept the run, milliseconds. */
  readonly acceptMs: number;
  /** Time of a second run that leaves every stamp alone but those that failed, milliseconds. */
  readonly unchangedMs: number;
  readonly unchanged: number;
  readonly memoryMiB: readonly ProcessMemory[];
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

/** Rates that nothing waits for. */
const NO_LIMITS: AwsRates = { sts: 1e9, iam: 1e9 };

/** A canary wave of one in a hundred, then a tenth, then the rest; one in twenty may fail. */
export function simulatedPlan(accounts: number): PlannedRun {
  const vault = "900000000000";
  const ids = Array.from({ length: accounts }, (_, index) => String(100_000_000_000 + index));
  const connection = { assumeRoles: [], s3UsePathStyle: false };
  const waveOf = (index: number) =>
    index < accounts / 100 ? 0 : index < accounts / 10 + accounts / 100 ? 1 : 2;
  const spec = (accountId: string) => ({
    kind: "access" as const,
    version: 1 as const,
    accountId,
    organizationId: "o-simulated01",
    vaultAccountId: vault,
    tags: {},
    region: "eu-central-1",
    trustedRoleArn: "arn:aws:iam::900000000000:role/strongroom/service",
    externalId: "an-external-id-of-no-account",
    sessionSeconds: 3600,
    regions: ["eu-central-1", "eu-west-1"],
  });
  const stamps = ids.flatMap((accountId, index) => {
    const common = { accountId, wave: waveOf(index), spec: spec(accountId), connection };
    const access = stampName("access", accountId);
    return [
      { ...common, stamp: access, kind: "access" as const, dependsOn: [] },
      {
        ...common,
        stamp: stampName("member", accountId),
        kind: "member" as const,
        dependsOn: [access],
      },
    ];
  });
  const gate = { ...CLOSED_TO_FAILURES, tolerance: { percent: 20 }, stopsWithin: false };
  return {
    stamps,
    accounts: ids.map((accountId) => ({ accountId, name: `account ${accountId}` })),
    rollout: {
      waves: ["canary", "early", "rest"].map((name) => ({ name, gate })),
      approval: false,
      preciousAccounts: 1,
    },
  };
}

/** Runs the whole of it once and answers what was measured. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { accounts, workers, concurrency, stateDir, report } = options;
  const { seed, takesMs, failureRate } = options;
  const database = await startLocalPostgres(path.join(stateDir, "database"), report);
  const databaseUrl = database.connectionString;
  const store = await openStore({ databaseUrl, stateDir, report });
  const children: ChildProcess[] = [];
  try {
    const plan = simulatedPlan(accounts);
    const service = createRunService({
      store,
      engine: simulatedEngine(options),
      vault: { execute: () => Promise.reject(new Error("nothing is asked of the vault")) } as never,
      planner: { plan: () => Promise.resolve(plan) },
      clock: { now: () => new Date() },
      concurrency,
      report,
    });
    const told = { databaseUrl, stateDir, concurrency, seed, takesMs, failureRate };
    for (let index = 0; index < workers; index += 1) {
      children.push(
        await startWorker({ ...told, ...(options.awsLimits ? {} : { awsRates: NO_LIMITS }) }),
      );
    }
    const memory = new MemoryOf([
      ["service", process.pid],
      ...children.map(({ pid = 0 }, index) => [`worker ${index + 1}`, pid] as const),
    ]);
    const asked = performance.now();
    const { run } = await service.start(UP, newKey());
    const acceptMs = performance.now() - asked;
    const reads: number[] = [];
    const lists: number[] = [];
    let last: RunRecord = run;
    while (last.endedAt === undefined) {
      last = (await timed(reads, () => service.get(run.id))) ?? last;
      await timed(lists, () => service.list({ limit: 20 }));
      const over = last.stamps.filter(
        ({ status }) => status === "succeeded" || status === "failed",
      );
      memory.look(over.length * 10 >= plan.stamps.length);
      await sleep(100);
    }
    const seconds = (performance.now() - asked) / 1000;
    report(`run ${last.id} ${last.status} in ${seconds.toFixed(1)} s`);
    const again = performance.now();
    const second = await service.start({ ...UP, operation: "preview" }, newKey());
    const unchangedMs = performance.now() - again;
    const left = second.run.stamps.filter(({ unchanged }) => unchanged === true).length;
    return {
      accounts,
      stamps: plan.stamps.length,
      failed: last.stamps.filter(({ status }) => status === "failed").length,
      seconds: round(seconds),
      stampsPerSecond: round(plan.stamps.length / seconds),
      read: percentiles(reads),
      list: percentiles(lists),
      acceptMs: round(acceptMs),
      unchangedMs: round(unchangedMs),
      unchanged: left,
      memoryMiB: memory.result,
    };
  } finally {
    for (const child of children) await ended(child);
    await store.close();
    await database.stop();
  }
}

async function startWorker(told: SimulatedWorker): Promise<ChildProcess> {
  const child = fork(path.join(__dirname, "simulate-worker.js"), [JSON.stringify(told)]);
  const gone = once(child, "exit").then(([code]) => {
    throw new Error(`a worker ended with ${String(code)}`);
  });
  await Promise.race([once(child, "message"), gone]);
  // Whoever ends it waits for the end by himself.
  gone.catch(() => undefined);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.disconnect();
  await exit;
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const answer = await work();
  times.push(performance.now() - before);
  return answer;
}

/** Watches the memory that processes hold (resident, MiB). */
class MemoryOf {
  private readonly seen: { name: string; pid: number; early?: number; most: number; end: number }[];

  constructor(processes: readonly (readonly [string, number])[]) {
    this.seen = processes.map(([name, pid]) => ({ name, pid, most: 0, end: 0 }));
  }

  look(isUnderWay: boolean): void {
    for (const one of this.seen) {
      one.end = residentMiB(one.pid);
      one.most = Math.max(one.most, one.end);
      if (isUnderWay) one.early ??= one.end;
    }
  }

  get result(): readonly ProcessMemory[] {
    return this.seen.map(({ name, early, most, end }) => ({
      process: name,
      early: round(early ?? end),
      most: round(most),
      end: round(end),
    }));
  }
}

const PAGE_KIB = 4;

/** Linux only, as the figures are. */
function residentMiB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return (pages * PAGE_KIB) / 1024;
}

const UP: RunRequest = { operation: "up", target: {} };

const newKey = () => ({
  subject: "simulation",
  key: randomBytes(12).toString("hex"),
  fingerprint: "simulation",
});

const round = (value: number): number => Math.round(value * 10) / 10;

function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), requests: sorted.length };
}
