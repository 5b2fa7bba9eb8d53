import type { StampName } from "../../stacks/naming";
import type { StackIdentity } from "../ports";
import type { RunRequest } from "../runs-ports";
import type { MadeStamp, Transaction } from "../store/types";

/** What a new run does about the stamps that are made from what they would be made from now. */
export interface Unchanged {
  /** Nothing: they end at once. */
  readonly left: readonly MadeStamp[];
  /** They are compared with what is really there, so that leaving stamps alone stays honest. */
  readonly compared: readonly StampName[];
}

/** Only these ask what would be made; a refresh or a force asks to look in any case. */
export function mayLeaveAlone({ operation, refresh, force }: RunRequest): boolean {
  return (operation === "preview" || operation === "up") && refresh !== true && force !== true;
}

/**
 * Judges by one comparison a stamp: what it was made from, and the sign of its state, which also tells when somebody else
 * has changed it. What is not known for sure is not left alone. Of the rest, `samplePercent` (rounded up) are compared
 * with the cloud: those for which that is longest ago, so that each has its turn.
 */
export function judgeUnchanged(
  now: ReadonlyMap<StampName, StackIdentity>,
  made: readonly MadeStamp[],
  samplePercent: number,
): Unchanged {
  const same = made.filter(({ stamp, inputs, state }) => {
    const identity = now.get(stamp);
    return identity?.inputs === inputs && identity.state === state;
  });
  const size = Math.ceil((same.length * samplePercent) / 100);
  const compared = same
    .toSorted((a, b) => a.comparedAt - b.comparedAt || (a.stamp < b.stamp ? -1 : 1))
    .slice(0, size)
    .map(({ stamp }) => stamp);
  const chosen = new Set(compared);
  return { left: same.filter(({ stamp }) => !chosen.has(stamp)), compared };
}

/** Ends the unchanged stamps of a new run, and answers them; part of the transaction that makes the run and holds its stamps. */
export async function leaveUnchanged(
  tx: Transaction,
  runId: string,
  now: ReadonlyMap<StampName, StackIdentity>,
  samplePercent: number,
): Promise<ReadonlySet<StampName>> {
  if (now.size === 0) return new Set();
  const made = await tx.madeStamps([...now.keys()]);
  const { left, compared } = judgeUnchanged(now, made, samplePercent);
  if (compared.length > 0) await tx.refreshWaiting(runId, compared);
  const names = left.map(({ stamp }) => stamp);
  if (names.length === 0) return new Set();
  await tx.endUnchanged(runId, left);
  await tx.release(runId, names);
  await tx.append(
    runId,
    left.map(({ stamp, resources }) => ({
      type: "stamp.ended",
      stamp,
      data: { status: "succeeded", unchanged: true, resources, seconds: 0 },
    })),
  );
  return new Set(names);
}
