import type { StampName } from "../../stacks/naming";
import type { Operation } from "../ports";
import type { Hold, RunStatus, RunSummary, StampResult } from "../runs-ports";
import type { StampDetails } from "../store/types";
import type { Announcement } from "../webhook-ports";

/** Stamps that are told one by one; the run has all. */
const MOST_STAMPS = 50;

/** A run has ended: what came of it, and which stamps did not succeed. */
export function runEnded(
  runId: string,
  operation: Operation,
  status: RunStatus,
  summary: RunSummary,
  stamps: readonly StampResult[],
): Announcement {
  const bad = stamps.filter((stamp) => stamp.status !== "succeeded");
  return {
    type:
      status === "needs_attention" ? "strongroom.run.needs_attention" : "strongroom.run.finished",
    subject: runId,
    data: {
      runId,
      operation,
      status,
      summary,
      unsuccessful: bad.slice(0, MOST_STAMPS).map(({ stamp, accountId, status: how, error }) => ({
        stamp,
        accountId,
        status: how,
        ...(error === undefined ? {} : { code: error.code, action: error.action }),
      })),
      unsuccessfulStamps: bad.length,
    },
  };
}

/** A run waits for somebody; nothing for a pause, which ends by itself. */
export function approvalWanted(
  runId: string,
  operation: Operation,
  hold: Hold,
): readonly Announcement[] {
  if (hold.kind === "pause") return [];
  const data = { runId, operation, ...hold };
  return [{ type: "strongroom.run.approval_wanted", subject: runId, data }];
}

/** What one stamp's end tells of: drift, and secrets that are not kept. Names of properties, never values. */
export function stampEnded(
  runId: string,
  operation: Operation,
  stamp: StampName,
  { changes = [], violations = [], coverage }: StampDetails,
): readonly Announcement[] {
  if (operation === "drift" && changes.length > 0) {
    const told = changes
      .slice(0, MOST_STAMPS)
      .map(({ type, name, operation: how, properties }) => ({
        type,
        name,
        operation: how,
        properties,
      }));
    const weakens = violations
      .filter(({ level }) => level === "mandatory")
      .map(({ rule, urn, message }) => ({ rule, resource: urn, message }));
    const data = { runId, stamp, weakens, changes: told, changedResources: changes.length };
    return [{ type: "strongroom.drift.found", subject: stamp, data }];
  }
  if (operation === "backup" && coverage !== undefined && coverage.covered < coverage.secrets) {
    const { secrets, covered, missing, failed } = coverage;
    const data = { runId, stamp, secrets, covered, missing, failed };
    return [{ type: "strongroom.coverage.incomplete", subject: stamp, data }];
  }
  return [];
}
