import { readdirSync, readFileSync } from "node:fs";

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** What Strongroom, its engine, its database and its emulator look like in a process list. */
const OURS = /pulumi|terraform-provider|ministack|launcher\.py|postgres|strongroom/i;

/** Clock ticks a second of /proc/PID/stat: 100 on every Linux that Node runs on (sysconf _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

function field(stat: string, index: number): number {
  // The command's name, in parentheses, may itself hold spaces: count from behind it.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[index - 3]);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process ended, or is not ours to read
  }
}

/**
 * Processes of ours that started after a moment and still run, this process and its ancestors left out.
 * Linux only: elsewhere there is no /proc and the answer is empty.
 * @param since seconds since the machine's start, as {@link uptimeSeconds} gives it
 */
export function leftoverProcesses(since: number): Leftover[] {
  const ancestors = new Set<number>();
  for (let pid = process.pid; pid > 1 && !ancestors.has(pid);) {
    ancestors.add(pid);
    const stat = read(`/proc/${pid}/stat`);
    if (stat === "") break;
    pid = field(stat, 4);
  }
  const found: Leftover[] = [];
  for (const entry of safeList("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || ancestors.has(pid)) continue;
    const stat = read(`/proc/${pid}/stat`);
    if (stat === "" || field(stat, 22) / TICKS_PER_SECOND < since) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    if (OURS.test(command)) found.push({ pid, command: command.slice(0, 200) });
  }
  return found;
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Seconds since the machine started; 0 where there is no /proc. */
export function uptimeSeconds(): number {
  return Number(read("/proc/uptime").split(" ")[0] ?? 0) || 0;
}
