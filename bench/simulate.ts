import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { digest } from "../stacks/digest";
import { stampName, type StampName } from "../stacks/naming";
import { CLOSED_TO_FAILURES } from "../stacks/rollout";
import type { EnginePort, StackOutcome } from "../server/ports";
import type { PlannedRun } from "../server/runs/planner";
import { createRunService, type ManagedRunService } from "../server/runs/service";
import type { RunRecord, RunRequest } from "../server/runs-ports";
import { openStore } from "../server/store/store";

/** What is simulated: the planner's result, the queue, waves, ledger and API are real; only the engine is not. */
export interface SimulationOptions {
  readonly accounts: number;
  readonly seed: number;
  /** How many services share the database. */
  readonly workers: number;
  /** Operations at the same time in each of them. */
  readonly concurrency: number;
  /** Longest time of one operation, milliseconds; each takes between a half and all of it. */
  readonly takesMs: number;
  /** Share of the stamps whose first operation fails, 0 to 1. */
  readonly failureRate: number;
  readonly stateDir: string;
  readonly report: (line: string) => void;
}

export interface SimulationResult {
  readonly accounts: number;
  readonly stamps: number;
  readonly failed: number;
  readonly seconds: number;
  readonly stampsPerSecond: number;
  /** Time of a request for the run with everything in it, while the run goes on. Milliseconds. */
  readonly read: Percentiles;
  /** Time to accept the run, milliseconds. */
  readonly acceptMs: number;
  /** Time of a second run that leaves every stamp alone but those that failed, milliseconds. */
  readonly unchangedMs: number;
  readonly unchanged: number;
  readonly memoryMiB: { readonly start: number; readonly most: number; readonly end: number };
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

const ZERO = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** A number from 0 to 1 that a seed and a name decide. */
function chance(seed: number, name: string): number {
  return Number.parseInt(digest({ seed, name }).slice(0, 8), 16) / 0xffffffff;
}

/** Takes time, and fails the first time for some, as the seed says. */
export function simulatedEngine(
  options: Pick<SimulationOptions, "seed" | "takesMs" | "failureRate">,
): EnginePort {
  const { seed, takesMs, failureRate } = options;
  const made = new Set<StampName>();
  const tried = new Set<StampName>();
  const identity = (stamp: StampName, spec: unknown) => ({
    inputs: digest({ spec }),
    program: "simulated",
    packs: "simulated",
    ...(made.has(stamp) ? { state: "1" } : {}),
  });
  return {
    identify: (jobs) => Promise.resolve(jobs.map(({ stamp, spec }) => identity(stamp, spec))),
    resources: () => Promise.resolve(undefined),
    deployed: () => Promise.resolve(undefined),
    async execute({ stamp, spec, operation }, onEvent, signal): Promise<StackOutcome> {
      for (const status of ["started", "done"] as const) {
        onEvent({
          type: "resource",
          urn: `urn:pulumi:${stamp}::s::t::key`,
          operation: "create",
          status,
        });
      }
      const time = takesMs * (0.5 + chance(seed, `time ${stamp}`) / 2);
      const rested = await sleep(time, true, { signal }).catch(() => false);
      const fails = !tried.has(stamp) && chance(seed, `fate ${stamp}`) < failureRate;
      tried.add(stamp);
      const outcome = { changes: [], violations: [], outputs: {}, seconds: time / 1000 };
      const more = { ...outcome, counts: ZERO, resources: 0, peakMemoryMiB: 1 };
      if (!rested) return { ...more, status: "cancelled" };
      if (fails) {
        return {
          ...more,
          status: "failed",
          error: { code: "ACCESS_DENIED", message: "simulated" },
        };
      }
      if (operation === "up") made.add(stamp);
      const counts = { ...ZERO, create: 30 };
      return {
        ...more,
        counts,
        resources: 30,
        status: "succeeded",
        identity: identity(stamp, spec),
      };
    },
  };
}

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
  const store = await openStore({ stateDir, report, connections: 20 });
  const engine = simulatedEngine(options);
  const plan = simulatedPlan(accounts);
  const services: ManagedRunService[] = Array.from({ length: workers }, () =>
    createRunService({
      store,
      engine,
      vault: { execute: () => Promise.reject(new Error("nothing is asked of the vault")) } as never,
      planner: { plan: () => Promise.resolve(plan) },
      clock: { now: () => new Date() },
      concurrency,
      reserveMiB: 0,
      availableMiB: () => 1_000_000,
      report,
    }),
  );
  const memory = () => process.memoryUsage().rss / 2 ** 20;
  const start = memory();
  let most = start;
  try {
    const [service] = services;
    if (service === undefined) throw new Error("a simulation needs a worker");
    for (const each of services) await each.startWorkers();
    const asked = performance.now();
    const { run } = await service.start(UP, newKey());
    const acceptMs = performance.now() - asked;
    const times: number[] = [];
    let last: RunRecord = run;
    while (last.endedAt === undefined) {
      const before = performance.now();
      last = (await service.get(run.id)) ?? last;
      times.push(performance.now() - before);
      most = Math.max(most, memory());
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
      read: percentiles(times),
      acceptMs: round(acceptMs),
      unchangedMs: round(unchangedMs),
      unchanged: left,
      memoryMiB: { start: round(start), most: round(most), end: round(memory()) },
    };
  } finally {
    for (const each of services) await each.close();
    await store.close();
  }
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
