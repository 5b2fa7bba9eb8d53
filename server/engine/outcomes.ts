import { AppError, type ErrorRecord } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { OperationResult } from "./operation";

const NOTHING = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** Something else would be done than what was previewed and approved. */
export const otherInputs = (stamp: StampName): AppError =>
  new AppError(
    "PLAN_CHANGED",
    `the program, the policy packs or the settings of ${stamp} are others than those that were previewed`,
    { action: "Start the run again: it previews what there is now." },
  );

/** The end of an operation that was told to stop. */
export const interrupted = (stamp: StampName): ErrorRecord => ({
  code: "RUN_CANCELLED",
  message: `${stamp} was interrupted`,
});

/** What an operation answers that changed nothing. */
export function failed(
  error: ErrorRecord,
  status: "failed" | "cancelled" = "failed",
): OperationResult {
  return {
    status,
    counts: NOTHING,
    changes: [],
    violations: [],
    resources: 0,
    outputs: {},
    error,
  };
}
