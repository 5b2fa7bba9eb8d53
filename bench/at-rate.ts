import { setTimeout as sleep } from "node:timers/promises";

/**
 * Begins the work at a fixed rate, whether what was begun before has ended or not, and answers how long each took from the
 * moment at which it was due: an answer that is late does not hide that the next one is late too. Milliseconds.
 *
 * @throws what the first failing work throws, when all have ended.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  work: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const began = performance.now();
  const pending: Promise<number>[] = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const due = began + (index * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    pending.push(work(index).then(() => performance.now() - due));
  }
  const ends = await Promise.allSettled(pending);
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}
