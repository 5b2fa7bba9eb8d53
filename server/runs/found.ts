import type { StampDetails } from "../store/types";

/** What the rules found in a stamp, in numbers, as its events have them. Those undetermined and exempt are among all. */
export function foundBy({ violations = [] }: StampDetails): {
  readonly violations: number;
  readonly undetermined: number;
  readonly exempt: number;
} {
  const count = (wanted: string): number =>
    violations.filter(({ verdict }) => verdict === wanted).length;
  return {
    violations: violations.length,
    undetermined: count("undetermined"),
    exempt: count("exempt"),
  };
}
