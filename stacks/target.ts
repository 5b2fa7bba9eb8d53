import type { StackKind } from "./kinds";
import type { StampName } from "./naming";

/**
 * Which stamps a run is about. Several criteria are joined by "and"; an empty target means the whole fleet.
 * A criterion that is there but holds nothing (`accounts: []`) selects nothing: a list that came out empty by mistake
 * must not become "everything".
 */
export interface RunTarget {
  readonly stamps?: readonly StampName[];
  readonly accounts?: readonly string[];
  /** Paths below the root, `workloads/prod`, or ids, `ou-…`; nested units are included. */
  readonly organizationalUnits?: readonly string[];
  readonly kinds?: readonly StackKind[];
}
