import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import { isPrecious } from "../../stacks/precious";
import type { ResourceChange } from "../ports";
import type { SoundState } from "./repair";

/**
 * After a repair the preview is looked at once more. Where an interrupted update was finished, nothing that cannot be made
 * again may go. Where an earlier version of the state was put back, what was made since then is not in it, so nothing may be
 * created either. The next run is one like any other, with its own approvals.
 */
export function refuseAfterRepair(
  stamp: StampName,
  repaired: SoundState["repaired"],
  changes: readonly ResourceChange[],
): void {
  if (repaired === undefined) return;
  const refused =
    repaired === "finished"
      ? changes.filter(isPrecious)
      : changes.filter(({ operation }) => operation !== "update");
  if (refused.length === 0) return;
  const problems = refused.map(({ operation, type, name }) => ({
    message: `${operation} ${type} ${name}`,
  }));
  const look = `Look at it: strongroom preview ${stamp}.`;
  throw repaired === "finished"
    ? new AppError(
        "ENGINE_PENDING",
        `what an interrupted update of ${stamp} began is finished; what is left would take away what cannot be made again, so nothing more was changed`,
        { action: `${look} If that is meant, start the run again.`, problems },
      )
    : new AppError(
        "STATE_DAMAGED",
        `an earlier version of the state of ${stamp} was put back; it lacks what was made since then, so nothing was changed`,
        {
          action: `${look} What is there already is taken in with: pulumi import TYPE NAME ID --stack ${stamp}. Then start the run again.`,
          problems,
        },
      );
}
