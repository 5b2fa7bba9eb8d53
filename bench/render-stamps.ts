import { table } from "../server/cli/table";
import type { Result } from "./contestant";
import type { InventoryDifference } from "./inventory";

/** Ratios first: they hold when the machine's speed drifts between runs; the absolute figures do not. */
export function renderStamps(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { contestant, phase, stamps, resources, changes, cost, notes } = result;
    const like = phase === "unchanged" ? "re-run" : phase;
    const base = results.find((other) => other.contestant === "service" && other.phase === like);
    const ratio = (pick: (result: Result) => number): string =>
      base === undefined ? "" : (pick(result) / pick(base)).toFixed(2);
    return [
      contestant,
      phase,
      ratio(({ cost: { wallSeconds } }) => wallSeconds),
      ratio(({ cost: { cpuSeconds } }) => cpuSeconds),
      ratio(({ cost: { peakMemoryMiB } }) => peakMemoryMiB),
      (cost.wallSeconds / stamps).toFixed(2),
      (cost.cpuSeconds / stamps).toFixed(2),
      cost.peakMemoryMiB.toFixed(0),
      String(stamps),
      String(resources),
      Number.isNaN(changes) ? "?" : String(changes),
      notes.join("; "),
    ];
  });
  const head = [
    "who",
    "phase",
    "time ×",
    "CPU ×",
    "memory ×",
    "s/stamp",
    "CPU-s/stamp",
    "peak MiB",
    "stamps",
    "resources",
    "changes",
    "notes",
  ];
  return `Ratios are to the service in the same phase; of "unchanged", to its re-run that looks at every stamp.\n${table(head, rows)}`;
}

/** Places named in one line; the rest is in the JSON. */
const MOST = 10;

/** One paragraph for each other contestant: whether it left the same in the emulator as the service. */
export function renderDifferences(
  inventory: Readonly<Record<string, InventoryDifference>>,
): string[] {
  return Object.entries(inventory).map(([who, { equal, missing, extra, different }]) => {
    const list = (title: string, places: readonly string[]): string[] => {
      if (places.length === 0) return [];
      const more = places.length > MOST ? [`  … ${places.length - MOST} more in the JSON`] : [];
      return [`  ${title}:`, ...places.slice(0, MOST).map((place) => `    ${place}`), ...more];
    };
    const differ = missing.length + extra.length + different.length;
    return [
      `${who} left ${equal} things in the emulator just as the service did, and ${differ} otherwise.`,
      ...list("not there", missing),
      ...list("only there", extra),
      ...list("there with other content", different),
    ].join("\n");
  });
}
