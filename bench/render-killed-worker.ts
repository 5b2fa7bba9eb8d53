import { table } from "../server/cli/table";
import type { KilledWorkerReport } from "./parts/killed-worker";

/** Ratios first: how much longer a run takes in which a worker is killed. */
export function renderKilledWorker(report: KilledWorkerReport): string {
  const { workers, concurrency, stamps, stampSeconds, pairs } = report;
  const rows = pairs.map(({ restarted, withoutSeconds, withSeconds, again }) => [
    restarted ? "started again after 1 s" : "gone",
    (withSeconds / withoutSeconds).toFixed(2),
    (withSeconds - withoutSeconds).toFixed(1),
    withoutSeconds.toFixed(1),
    withSeconds.toFixed(1),
    String(again),
  ]);
  return [
    `A run of ${stamps} stamps of ${stampSeconds} s, ${workers} workers with ${concurrency} at a time, one of them killed in the middle.`,
    table(["killed worker", "×", "lost s", "without s", "with s", "begun again"], rows),
  ].join("\n");
}
