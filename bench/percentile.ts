/**
 * The value below which so many percent of the values lie (nearest rank); NaN of no values. Pure.
 *
 * @param percent above 0, at most 100.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}
