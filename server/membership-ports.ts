import type { AccountChange } from "../stacks/membership";
import type { RunStatus, StampState } from "./runs-ports";

/** What an account did last, and what follows from it. */
export interface Membership {
  readonly change: AccountChange;
  /** Grows with every change. */
  readonly number: number;
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
  /**
   * `open`: nothing was done about it yet. `onboard`: stamped where it is now. `retire`: taken down by the run once somebody
   * approves it. `keep`: nobody can get in, all stays. `none`: nothing follows.
   */
  readonly follow: "open" | "onboard" | "retire" | "keep" | "none";
  readonly runId?: string;
  /** Of the run. */
  readonly runStatus?: RunStatus;
  readonly onboardingId?: string;
  readonly note?: string;
}

/** An account that is not in the organization any more. What was kept of it stays. */
export interface FormerAccount {
  readonly id: string;
  /** Other people's text: escape it. */
  readonly name: string;
  /** Where it was. */
  readonly organizationalUnitPath: readonly string[];
  readonly membership?: Membership;
  readonly stamps: readonly StampState[];
}
