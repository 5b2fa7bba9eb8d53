import type { ProcessWatch, StackEvent, StackOutcome } from "../ports";
import type { RunJob } from "../store/types";
import type { VaultDetails } from "../vault-ports";

/** How an item of a run ended; a stack operation fills in everything that is about stacks. */
export interface JobOutcome
  extends VaultDetails, Partial<Omit<StackOutcome, "status" | "seconds">> {
  readonly status: StackOutcome["status"];
  readonly seconds: number;
}

/** Does one item of a run: the engine for stacks, the vault's functions for the rest. Never throws for a failed item. */
export type ExecuteJob = (
  job: RunJob,
  onEvent: (event: StackEvent) => void,
  signal: AbortSignal,
  watch?: ProcessWatch,
) => Promise<JobOutcome>;
