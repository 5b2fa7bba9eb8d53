import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names one process for all time: pids are used again, so a pid alone never proves that a process is the one that was
 * recorded. Kept in files and in the database, and compared before anything is killed or taken over.
 */
export interface ProcessIdentity {
  readonly host: string;
  /** Changes with every boot of the machine; empty where the system does not tell. */
  readonly bootId: string;
  readonly pid: number;
  /** When the process started, in the system's own unit (clock ticks on Linux, a date as text elsewhere). */
  readonly startedAt: string;
}

/** Identity of the running system, so that records of another machine or of an earlier boot are told apart. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** When a process started, or undefined if there is no such process (a zombie counts as gone). */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold anything: the fields are counted from the last bracket on.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return text.trim() === "" ? undefined : text.trim();
  } catch {
    return undefined;
  }
}

/** The identity of a running process, or undefined if there is none with that pid. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined
    ? undefined
    : { host: hostname(), bootId: bootId(), pid, startedAt };
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const own = identityOf(process.pid);
  return own ?? { host: hostname(), bootId: bootId(), pid: process.pid, startedAt: "" };
}

/**
 * What is known about a recorded process. `unknown` for other hosts: nobody may be declared dead from afar by a look at
 * the local process list.
 */
export function stateOf(recorded: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (recorded.host !== hostname()) return "unknown";
  if (recorded.bootId !== bootId()) return "dead";
  return startOf(recorded.pid) === recorded.startedAt ? "alive" : "dead";
}

/** Sends a signal and tells whether there was a process to take it. Negative pids name process groups. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
