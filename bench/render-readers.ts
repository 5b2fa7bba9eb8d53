import { table } from "../server/cli/table";
import type { Latency, ReadersReport } from "./parts/readers";

/** Ratios first: how much longer an answer takes beside the readers. */
export function renderReaders({
  readers,
  without,
  withReaders,
  eventsPerSecond,
}: ReadersReport): string {
  const row = (who: string, latency: Latency): string[] => [
    who,
    (latency.p50 / without.p50).toFixed(2),
    (latency.p99 / without.p99).toFixed(2),
    latency.p50.toFixed(1),
    latency.p99.toFixed(1),
    latency.longest.toFixed(1),
    String(latency.requests),
  ];
  return [
    `The API during a run, alone and beside ${readers} readers of its events (${eventsPerSecond.toFixed(0)} events a second).`,
    table(
      ["readers", "p50 ×", "p99 ×", "p50 ms", "p99 ms", "longest ms", "requests"],
      [row("0", without), row(String(readers), withReaders)],
    ),
  ].join("\n");
}
