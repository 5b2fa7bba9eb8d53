/** How many accounts of a wave may fail. What is not given does not count; both given, both must hold. */
export interface Tolerance {
  readonly accounts?: number;
  /** Of the accounts of the wave. */
  readonly percent?: number;
}

/** What must hold before the wave after this one starts. */
export interface Gate {
  readonly tolerance: Tolerance;
  /** Stop within the wave too, as soon as more have failed than are tolerated. */
  readonly stopsWithin: boolean;
  /** Time to watch what was done, before anybody is asked, seconds. */
  readonly pauseSeconds: number;
  readonly approval: boolean;
}

/** How a run goes through its waves; a wave's number is its place in the list. */
export interface RolloutRules {
  readonly waves: readonly { readonly name: string; readonly gate: Gate }[];
  /** What changes existing stamps waits for an approval of the plan. */
  readonly approval: boolean;
  /** Accounts in which a key, a secret or a bucket may be deleted or replaced without an approval that names their number. */
  readonly preciousAccounts: number;
  /** Who asked for the run cannot approve it. */
  readonly twoPerson?: boolean;
  /** So many different persons have to approve; one where it is missing. */
  readonly approvers?: number;
}

/** The gate of a wave about which the fleet file says nothing: nobody may have failed. */
export const CLOSED_TO_FAILURES: Gate = {
  tolerance: { accounts: 0 },
  stopsWithin: false,
  pauseSeconds: 0,
  approval: false,
};

/** How a wave is doing: its accounts, and those with a stamp that did not succeed. */
export interface WaveCount {
  readonly accounts: number;
  readonly failed: number;
}

/** Whether more accounts failed than are tolerated. */
export function exceeds({ accounts, failed }: WaveCount, tolerance: Tolerance): boolean {
  if (failed === 0) return false;
  const { accounts: number, percent } = tolerance;
  if (number === undefined && percent === undefined) return true;
  if (number !== undefined && failed > number) return true;
  return percent !== undefined && failed * 100 > percent * accounts;
}

/** A tolerance as one reads it: `2 accounts and 5 percent`. */
export function describeTolerance({ accounts, percent }: Tolerance): string {
  const parts = [
    ...(accounts === undefined ? [] : [`${accounts} ${accounts === 1 ? "account" : "accounts"}`]),
    ...(percent === undefined ? [] : [`${percent} percent`]),
  ];
  return parts.length === 0 ? "0 accounts" : parts.join(" and ");
}
