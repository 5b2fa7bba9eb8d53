import { setTimeout as sleep } from "node:timers/promises";

import { callDoor, callAsRoot } from "../emulator/calls";
import type { Emulator } from "../emulator/start";
import { NAMES } from "../stacks/naming";
import type { Calls } from "./least-calls";

/** The functions that are measured; rotations are not among them. */
export type FunctionName = Exclude<keyof typeof NAMES.functionRoles, "rotate">;

/** What one function did in a stretch of time. */
export interface FunctionWork {
  readonly calls: Calls;
  readonly invocations: number;
  /** Sum of the times of its runs, as it would be charged: seconds. */
  readonly seconds: number;
}

/** What the functions did, and how long it took until it was over. */
export interface Stretch<T> {
  readonly outcome: T;
  readonly seconds: number;
  readonly functions: Readonly<Record<FunctionName, FunctionWork>>;
}

type Sessions = Readonly<Record<string, Calls>>;

/** Time for the runs under way to end and to be written down, milliseconds; not measured. */
const SETTLE_MS = 2000;

const FUNCTIONS: readonly FunctionName[] = ["backup", "sweep", "restore", "drill"];

/**
 * The calls of one function between two counts: those of its own role, and those of the members' roles it has taken, whose
 * sessions bear its name. Pure.
 */
export function callsBetween(before: Sessions, after: Sessions, name: FunctionName): Calls {
  const calls: Record<string, number> = {};
  for (const [arn, actions] of Object.entries(after)) {
    if (arn.split("/").at(-1) !== NAMES.functionRoles[name]) continue;
    for (const [action, count] of Object.entries(actions)) {
      const more = count - (before[arn]?.[action] ?? 0);
      if (more > 0) calls[action] = (calls[action] ?? 0) + more;
    }
  }
  return calls;
}

/** Milliseconds of each run, from the lines that Lambda writes at a run's end. Pure. */
export function runTimes(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line) => {
    const time = /^REPORT .*\bBilled Duration: (\d+) ms/.exec(line)?.[1];
    return time === undefined ? [] : [Number(time)];
  });
}

/** Watches the functions of the vault while something is done. */
export async function watchFunctions<T>(
  emulator: Emulator,
  work: () => Promise<T>,
): Promise<Stretch<T>> {
  const before = await countsOf(emulator);
  const startedAt = Date.now();
  const started = performance.now();
  const outcome = await work();
  const seconds = (performance.now() - started) / 1000;
  // A batch whose last secret is kept has yet to end.
  await sleep(SETTLE_MS);
  const after = await countsOf(emulator);
  const entries: [FunctionName, FunctionWork][] = [];
  for (const name of FUNCTIONS) {
    const times = runTimes(await reportsSince(emulator, name, startedAt));
    entries.push([
      name,
      {
        calls: callsBetween(before, after, name),
        invocations: times.length,
        seconds: times.reduce((sum, time) => sum + time, 0) / 1000,
      },
    ]);
  }
  return {
    outcome,
    seconds,
    functions: Object.fromEntries(entries) as Record<FunctionName, FunctionWork>,
  };
}

async function countsOf({ endpoint }: Emulator): Promise<Sessions> {
  const { sessions } = await callDoor<{ sessions: Sessions }>(
    endpoint,
    "GET",
    "/_strongroom/call-counts",
  );
  return sessions;
}

/** The ends of a function's runs in its log, in both Regions of the vault. */
async function reportsSince(
  { endpoint, organization }: Emulator,
  name: FunctionName,
  startTime: number,
): Promise<string[]> {
  const lines: string[] = [];
  for (const region of [organization.region, organization.recoveryRegion]) {
    const { json } = await callAsRoot(endpoint, {
      accountId: organization.vaultAccountId,
      region,
      service: "logs",
      operation: "FilterLogEvents",
      parameters: {
        logGroupName: `/aws/lambda/${NAMES.functionRoles[name]}`,
        filterPattern: "REPORT",
        startTime,
      },
    });
    // A function that the Region does not have has no log.
    lines.push(...((json["events"] ?? []) as { message: string }[]).map(({ message }) => message));
  }
  return lines;
}
