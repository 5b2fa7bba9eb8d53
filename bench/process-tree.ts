import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What a stretch of work cost, all processes below this one together. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time, seconds. */
  readonly cpuSeconds: number;
  /** Largest proportional set size (shared pages counted once), MiB. */
  readonly peakMemoryMiB: number;
  readonly peakProcesses: number;
}

interface Sample {
  readonly parent: number;
  readonly ticks: number;
  readonly start: string;
}

const SAMPLE_MILLISECONDS = 250;

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // ended meanwhile
  }
}

function sampleOf(pid: number): Sample | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Fields are counted from behind the name, which may hold spaces: 4 parent, 14 and 15 times, 22 start.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    parent: Number(fields[1]),
    ticks: Number(fields[11]) + Number(fields[12]),
    start: fields[19] ?? "",
  };
}

function memoryKiB(pid: number): number {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+)/m.exec(rollup ?? "")?.[1] ?? 0);
}

/**
 * Watches this process and all below it, orphans included once they were seen, but not the trees of `except` (the
 * emulator, which every contestant uses). Linux only: it reads /proc four times a second, so processes that live
 * shorter than that may be missed; the figure is a little too low, for every contestant alike.
 */
export class CostMeter {
  readonly #ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  readonly #started = performance.now();
  readonly #except: ReadonlySet<number>;
  /** By pid and start, because pids are used again: ticks when first and when last seen. */
  readonly #seen = new Map<string, { first: number; last: number }>();
  readonly #followed = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #peakKiB = 0;
  #peakProcesses = 0;
  #first = true;

  constructor(except: readonly number[]) {
    this.#except = new Set(except);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MILLISECONDS);
  }

  #sample(): void {
    const all = new Map<number, Sample>();
    for (const entry of readdirSync("/proc")) {
      const pid = Number(entry);
      const sample = Number.isInteger(pid) ? sampleOf(pid) : undefined;
      if (sample) all.set(pid, sample);
    }
    const ours = (pid: number): boolean => {
      const sample = all.get(pid);
      if (!sample || this.#except.has(pid)) return false;
      if (pid === process.pid || this.#followed.has(`${pid}@${sample.start}`)) return true;
      return sample.parent > 1 && ours(sample.parent);
    };
    let kib = 0;
    let count = 0;
    for (const [pid, sample] of all) {
      if (!ours(pid)) continue;
      const key = `${pid}@${sample.start}`;
      this.#followed.add(key);
      // What ran before the measuring began is counted from now on only.
      const known = this.#seen.get(key) ?? { first: this.#first ? sample.ticks : 0, last: 0 };
      this.#seen.set(key, { first: known.first, last: sample.ticks });
      kib += memoryKiB(pid);
      count += 1;
    }
    this.#first = false;
    this.#peakKiB = Math.max(this.#peakKiB, kib);
    this.#peakProcesses = Math.max(this.#peakProcesses, count);
  }

  stop(): Cost {
    clearInterval(this.#timer);
    this.#sample();
    let ticks = 0;
    for (const { first, last } of this.#seen.values()) ticks += last - first;
    return {
      wallSeconds: (performance.now() - this.#started) / 1000,
      cpuSeconds: ticks / this.#ticksPerSecond,
      peakMemoryMiB: this.#peakKiB / 1024,
      peakProcesses: this.#peakProcesses,
    };
  }
}
