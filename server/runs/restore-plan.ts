import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { RunRequest } from "../runs-ports";
import type { StoredRun } from "../store/types";
import type { RestoreOptions } from "../vault-ports";

/** What must be the same in the plan and in the writing. */
const meaning = (target: RunRequest["target"], options: RestoreOptions = {}): string =>
  digest({ target, ...options, order: undefined, planRun: undefined });

const refused = (message: string): AppError =>
  new AppError("SPEC_PLAN_RUN", message, {
    action:
      "Plan the restore again with the same target and options, look at it, and name its run.",
    problems: [{ message, pointer: "/restore/planRun" }],
  });

/**
 * The digest of each account's plan, from the run that planned it. Throws `SPEC_PLAN_RUN` unless that run is a plan of
 * exactly this restore and succeeded: what is written is what somebody saw.
 */
export function approvedPlan(
  request: RunRequest,
  planned: StoredRun | undefined,
): ReadonlyMap<string, string> {
  const id = request.restore?.planRun ?? "";
  if (planned === undefined) throw refused(`there is no run ${id}`);
  if (planned.operation !== "restore" || planned.restore?.order === "write") {
    throw refused(`run ${id} is not the plan of a restore`);
  }
  if (planned.status !== "succeeded") {
    throw refused(`the plan of run ${id} is not whole: the run is ${planned.status}`);
  }
  if (meaning(planned.target, planned.restore) !== meaning(request.target, request.restore)) {
    throw refused(`run ${id} planned a restore with another target or other options`);
  }
  return new Map(
    planned.stamps.flatMap(({ accountId, restore }) =>
      restore === undefined ? [] : [[accountId, restore.planDigest] as const],
    ),
  );
}
