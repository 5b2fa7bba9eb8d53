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

const toleratesNone = ({ accounts, percent }: Tolerance): boolean =>
  accounts === 0 || percent === 0 || (accounts === undefined && percent === undefined);

/**
 * What must hold after a wave, as one reads it: `nobody may fail; then 30 min to watch; then an approval`. After the last
 * wave nothing comes, so only failures within it matter.
 */
export function describeGate(gate: Gate, isLast: boolean): string {
  const { tolerance, stopsWithin, pauseSeconds, approval } = gate;
  if (isLast && !stopsWithin) return "none; whoever fails, the others go on";
  const who = toleratesNone(tolerance) ? "nobody" : describeTolerance(tolerance);
  const failures = `${who} may fail${stopsWithin ? ", else it stops at once" : ""}`;
  if (isLast) return failures;
  return [
    failures,
    ...(pauseSeconds > 0 ? [`then ${pauseSeconds / 60} min to watch`] : []),
    ...(approval ? ["then an approval"] : []),
  ].join("; ");
}

/** When an `up` waits for an approval of its plan, and who gives approvals; one sentence each. */
export function describeApprovals(rules: RolloutRules): readonly string[] {
  const { approval, preciousAccounts, twoPerson, approvers = 1 } = rules;
  const among = preciousAccounts === 1 ? "1 account" : `${preciousAccounts} accounts`;
  return [
    ...(approval
      ? ["What changes existing stamps is previewed first and waits for an approval."]
      : []),
    `Deleting or replacing a key, a secret or a bucket in more than ${among} waits for an approval that names their number.`,
    ...(twoPerson === true ? ["Who asks for the run cannot approve it."] : []),
    ...(approvers > 1 ? [`${approvers} different persons have to approve.`] : []),
  ];
}

/** A tolerance as one reads it: `2 accounts and 5 percent`. */
export function describeTolerance({ accounts, percent }: Tolerance): string {
  const parts = [
    ...(accounts === undefined ? [] : [`${accounts} ${accounts === 1 ? "account" : "accounts"}`]),
    ...(percent === undefined ? [] : [`${percent} percent`]),
  ];
  return parts.length === 0 ? "0 accounts" : parts.join(" and ");
}
