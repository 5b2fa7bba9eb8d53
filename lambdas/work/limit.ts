/** What became of one of several things that were done at the same time. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

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
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) {
      try {
        ends[index] = { ok: true, value: await work(item) };
      } catch (error) {
        ends[index] = { ok: false, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return ends;
}
