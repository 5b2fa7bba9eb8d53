/** What decides how many stack operations may run at the same time. All memory in MiB. */
export interface Load {
  /** The setting: never more than this. */
  readonly setting: number;
  /** Memory that programs can still get, page cache counted as free. */
  readonly available: number;
  /** Left alone for the rest of the machine. */
  readonly reserve: number;
  /** What one operation needs at its peak. */
  readonly peak: number;
  readonly running: number;
  /** Those among the running that started so lately that their memory is not in `available` yet. */
  readonly young: number;
}

/** How many operations may run now; at least 1, because a service that does nothing helps nobody. */
export function slotsFor(load: Load): number {
  const free = load.available - load.reserve - load.young * load.peak;
  const more = Math.max(0, Math.floor(free / load.peak));
  return Math.max(1, Math.min(load.setting, load.running + more));
}

/** Before anything was measured: an engine, its child process and two provider processes. */
const FIRST_GUESS_MIB = 700;
const LEAST_MIB = 100;
const REMEMBERED = 20;

/** Remembers what the last operations needed: the largest of them is what the next one may need. */
export class PeakMemory {
  private readonly last: number[] = [];

  add(peakMiB: number): void {
    if (!(peakMiB > 0)) return;
    this.last.push(peakMiB);
    if (this.last.length > REMEMBERED) this.last.shift();
  }

  get value(): number {
    return this.last.length === 0 ? FIRST_GUESS_MIB : Math.max(LEAST_MIB, ...this.last);
  }
}
