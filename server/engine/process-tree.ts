import { readdirSync, readFileSync } from "node:fs";

import { sendSignal, startOf } from "../processes";

interface Seen {
  readonly parent: number;
  readonly startedAt: string;
  readonly residentPages: number;
}

/** Linux alone tells this cheaply; elsewhere the table is empty and only process groups are ended. */
function processTable(): ReadonlyMap<number, Seen> {
  const table = new Map<number, Seen>();
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return table;
  }
  for (const name of names) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") continue;
      table.set(pid, {
        parent: Number(fields[1]),
        startedAt: fields[19] ?? "",
        residentPages: Number(fields[21]),
      });
    } catch {
      // It ended between the two looks.
    }
  }
  return table;
}

/** Bytes of a page on every Linux that Node is built for here (x64, arm64 with 4 KiB pages). */
const PAGE = 4096;

/** Pages that a process shares with others, above all the code of programs that run several times. */
function sharedPages(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[2] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Watches the processes below one: how much memory they need together at most, and who they are, so that none of them is
 * left when the first one is gone (an engine's plugins have process groups of their own).
 */
export class ProcessTree {
  private readonly members = new Map<number, string>();
  private peakBytes = 0;

  constructor(private readonly root: number) {
    const startedAt = startOf(root);
    if (startedAt !== undefined) this.members.set(root, startedAt);
  }

  /** Largest memory seen so far, MiB: what each process has for itself, plus the largest shared part once. */
  get peakMiB(): number {
    return Math.round(this.peakBytes / 2 ** 20);
  }

  look(): void {
    const table = processTable();
    // Members stay members when their parent dies and they are handed over to another one.
    const inside = new Set(
      [...this.members].filter(([pid, at]) => table.get(pid)?.startedAt === at).map(([pid]) => pid),
    );
    for (let grown = true; grown;) {
      grown = false;
      for (const [pid, { parent }] of table) {
        if (inside.has(pid) || !inside.has(parent)) continue;
        inside.add(pid);
        grown = true;
      }
    }
    let own = 0;
    let shared = 0;
    for (const pid of inside) {
      const seen = table.get(pid);
      if (seen === undefined) continue;
      this.members.set(pid, seen.startedAt);
      const common = Math.min(sharedPages(pid), seen.residentPages);
      own += seen.residentPages - common;
      shared = Math.max(shared, common);
    }
    this.peakBytes = Math.max(this.peakBytes, (own + shared) * PAGE);
  }

  /** Ends whatever is left of the tree, at once. Only processes that were seen in it, by pid and start time. */
  killAll(): void {
    this.look();
    sendSignal(-this.root, "SIGKILL");
    for (const [pid, startedAt] of this.members) {
      if (startOf(pid) === startedAt) sendSignal(pid, "SIGKILL");
    }
  }
}
