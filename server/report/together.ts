/** Puts equal things of several accounts together, in the order in which they first came. */
export function together<T, G>(
  items: Iterable<T>,
  keyOf: (item: T) => unknown,
  make: (item: T) => G,
  add: (group: G, item: T) => void,
): G[] {
  const groups = new Map<string, G>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const group = groups.get(key) ?? make(item);
    groups.set(key, group);
    add(group, item);
  }
  return [...groups.values()];
}
