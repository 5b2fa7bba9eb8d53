/** What became of one of several things that were done at the same time. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** At most `limit` workers go through the items in order, for as long as `goOn` says. `work` never throws. */
async function goThrough<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<void>,
  goOn: () => boolean,
): Promise<void> {
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (!goOn()) return;
      await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/**
 * Does something with each item, at most `limit` at a time, and says of each how it ended, in the items' order. One that
 * fails or is slow holds up no other.
 */
export async function eachSettled<Item, T>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<T>,
): Promise<Settled<T>[]> {
  const ends: Settled<T>[] = [];
  await goThrough(
    items,
    limit,
    async (item, index) => {
      try {
        ends[index] = { ok: true, value: await work(item) };
      } catch (error) {
        ends[index] = { ok: false, error };
      }
    },
    () => true,
  );
  return ends;
}

/**
 * Does the work for each item, at most `limit` at once, and gives the results in the items' order. After the first failure
 * nothing more is begun; it is thrown when the work that had begun has ended, so that nothing goes on unseen.
 */
export async function mapBounded<Item, T>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const failures: unknown[] = [];
  await goThrough(
    items,
    limit,
    async (item, index) => {
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    },
    () => failures.length === 0,
  );
  if (failures.length > 0) throw failures[0];
  return results;
}
