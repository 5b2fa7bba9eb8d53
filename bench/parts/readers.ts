import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { demoFleet } from "../../emulator/fleet";
import type { Emulator } from "../../emulator/start";
import { ServiceClient } from "../../server/cli/client";
import { terminal } from "../../server/cli/terminal";
import { atRate } from "../at-rate";
import type { BenchOptions } from "../options";
import type { Pace } from "../paced-engine";
import type { PacedServiceReady } from "../paced-service";
import { percentile } from "../percentile";
import { withEmulator } from "../with-emulator";

/** How long the API took to answer, milliseconds from the moment at which a request was due. */
export interface Latency {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What the part `readers` measured. */
export interface ReadersReport {
  readonly readers: number;
  readonly without: Latency;
  readonly withReaders: Latency;
  /** Events that reached all readers together while the API was asked, each second. */
  readonly eventsPerSecond: number;
}

/** Requests each second while it is measured, and for how long. */
const RATE = 20;
const SECONDS = 30;
/** The two stamps of the canary's wave tell five events a second each, as real ones do where they are busiest. */
const PACE: Pace = { events: 600, everyMs: 200 };
const MEMBERS = 14;

/**
 * Asks the API of a service at a steady rate while a run goes on, first alone, then beside many readers of the run's event
 * stream. Service, readers and who asks are processes of their own; the engine is a paced one that needs no processor.
 */
export async function runReaders(
  folder: string,
  { readers, concurrency }: BenchOptions,
  say: (line: string) => void,
): Promise<ReadersReport> {
  return withEmulator(MEMBERS, async (emulator) => {
    const service = await startPaced(emulator, folder, concurrency);
    try {
      const tokens = Object.values(service.ready.tokenFiles).map((file) =>
        readFileSync(file, "utf8").trim(),
      );
      const operator = readFileSync(service.ready.tokenFiles["operator"] ?? "", "utf8").trim();
      const client = new ServiceClient(service.ready.url, operator, terminal(process, true));
      const run = await client.start({ operation: "up", target: {} });
      const ask = askInTurn(client, run.id);
      // The first answers of each kind load what is loaded once.
      await atRate(RATE, 2, ask);
      say(`readers: ${RATE} requests a second for ${SECONDS} s, without readers`);
      const without = latencyOf(await atRate(RATE, SECONDS, ask));
      say(`readers: the same beside ${readers} readers of the run's events`);
      const streams = await openStreams(
        `${service.ready.url}/v1/runs/${run.id}/events`,
        readers,
        tokens,
      );
      const withReaders = latencyOf(await atRate(RATE, SECONDS, ask));
      const { events, ended: gone } = await streams.stop();
      if (gone > 0) throw new Error(`${gone} of ${readers} readers were cut off meanwhile`);
      const { status, stamps } = await client.run(run.id);
      if (status !== "running") {
        const why = stamps.map(({ stamp, error }) => `${stamp} ${error?.message ?? ""}`.trim());
        throw new Error(`the run was ${status} before the end of the measuring: ${why.join("; ")}`);
      }
      await client.cancel(run.id);
      return { readers, without, withReaders, eventsPerSecond: events / SECONDS };
    } finally {
      await ended(service.child, () => service.child.disconnect());
    }
  });
}

/** One reading request after the other, of those that a page or a pipeline makes while a run goes on. */
function askInTurn(client: ServiceClient, runId: string): (index: number) => Promise<void> {
  const requests = [
    () => client.run(runId),
    () => client.runs(20),
    () => client.events(runId, 0),
    () => client.fleet(),
  ];
  return async (index) => {
    await requests[index % requests.length]?.();
  };
}

export function latencyOf(times: readonly number[]): Latency {
  return {
    requests: times.length,
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    longest: percentile(times, 100),
  };
}

async function startPaced(
  emulator: Emulator,
  folder: string,
  concurrency: number,
): Promise<{ child: ChildProcess; ready: PacedServiceReady }> {
  mkdirSync(folder, { recursive: true });
  const fleetFile = path.join(folder, "fleet.yaml");
  writeFileSync(fleetFile, demoFleet(emulator.organization));
  const child = fork(path.join(__dirname, "../paced-service.js"), [JSON.stringify(PACE)], {
    env: {
      ...process.env,
      ...emulator.env,
      STRONGROOM_LOG_LEVEL: "error",
      STRONGROOM_STATE: path.join(folder, "state"),
      STRONGROOM_FLEET: fleetFile,
      STRONGROOM_PORT: "0",
      STRONGROOM_CONCURRENCY: String(concurrency),
      STRONGROOM_RATE_LIMIT: "100000",
    },
  });
  const ready = await messageOf<PacedServiceReady>(child, "the service");
  return { child, ready };
}

async function openStreams(
  address: string,
  count: number,
  tokens: readonly string[],
): Promise<{ stop: () => Promise<{ events: number; ended: number }> }> {
  const child = fork(path.join(__dirname, "../stream-readers.js"), [
    address,
    String(count),
    ...tokens,
  ]);
  await messageOf(child, "the readers");
  return {
    stop: async () => {
      const answer = messageOf<{ events: number; ended: number }>(child, "the readers");
      await ended(child, () => child.send("stop"));
      return answer;
    },
  };
}

/** The next message of a child process; throws when it ends instead. */
async function messageOf<T>(child: ChildProcess, who: string): Promise<T> {
  const gone = new AbortController();
  try {
    return await Promise.race([
      once(child, "message", { signal: gone.signal }).then(([message]) => message as T),
      once(child, "exit", { signal: gone.signal }).then(([code]) => {
        throw new Error(`${who} ended with ${String(code)}`);
      }),
    ]);
  } finally {
    gone.abort();
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  end();
  await exit;
}
