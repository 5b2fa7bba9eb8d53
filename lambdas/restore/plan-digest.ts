import { digest } from "../../stacks/digest";
import type { RestoreItem, RestoreRequest } from "../model";
import { FunctionError } from "../ports";

/** Hex digits of the time: milliseconds in 48 bits, as in a UUID of version 7. */
const TIME = 12;
const WHOLE = 64;
/** A plan is for now: after a day the organization is another one. */
const OLDEST = 24 * 60 * 60_000;

/**
 * Names a plan: what is asked for, and for each secret what will be there, where, from which backup, or that nothing will
 * be written. The way there (made, written, moved) is not in it: it changes while the plan is carried out, and a repeat
 * after a crash is the same plan. The time of the plan stands in front, so that whoever carries it out looks at the same
 * backups: those of before that time.
 */
export function planDigest(
  request: RestoreRequest,
  items: readonly RestoreItem[],
  plannedAt: Date,
): string {
  const { selection, point, destination, fromRecoveryRegion, overwriteNewer } = request;
  const content = {
    selection,
    point,
    destination,
    fromRecoveryRegion,
    overwriteNewer,
    items: items.map(({ from, to, versionId, changedAt, action }) => ({
      from,
      to,
      versionId,
      changedAt,
      written: action !== "refuse",
    })),
  };
  const time = plannedAt.getTime().toString(16).padStart(TIME, "0");
  return time + digest({ time, content }).slice(0, WHOLE - TIME);
}

/**
 * When the plan of a digest was made.
 *
 * @throws FunctionError `RESTORE_PLAN_CHANGED` for a text that is no plan's digest, and for one that is too old.
 */
export function plannedAt(planDigest: string, now: Date): Date {
  const time = /^[0-9a-f]{64}$/.test(planDigest) ? parseInt(planDigest.slice(0, TIME), 16) : NaN;
  const age = now.getTime() - time;
  if (!(age > -OLDEST && age < OLDEST)) {
    throw new FunctionError(
      "RESTORE_PLAN_CHANGED",
      "The plan's digest is not one of the last 24 hours; make a new plan and look at it",
      false,
    );
  }
  return new Date(time);
}
