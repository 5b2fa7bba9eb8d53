import type { ErrorRecord } from "../../stacks/errors";
import type { StackKind } from "../../stacks/kinds";
import type { StampName } from "../../stacks/naming";
import type { RunTarget } from "../../stacks/target";
import type { Operation, ResourceChange, StackOperation } from "../ports";
import type {
  Approval,
  Hold,
  RunEvent,
  RunListItem,
  RunRequest,
  RunStatus,
  RunSummary,
  StampResult,
  StampState,
  StampStatus,
} from "../runs-ports";
import type {
  LockedRun,
  PlannedAccount,
  Rollout,
  StampDetails,
  StampPlanSoFar,
  StampProgress,
} from "./types";

/** Rows as Postgres answers them, and their translation into the words of the ports. */

export interface RunRow {
  readonly id: string;
  readonly operation: Operation;
  readonly target: RunTarget;
  readonly status: RunStatus;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly options: Pick<RunRequest, "restore" | "drill" | "rotate" | "follows">;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly cancel_requested: boolean;
  readonly hold: Hold | null;
  readonly approvals: readonly Approval[];
  readonly summary: RunSummary | null;
  readonly error: ErrorRecord | null;
}

export const RUN_COLUMNS =
  "id, operation, target, status, requested_by, reason, options, created_at, started_at, ended_at, cancel_requested, rollout->'hold' AS hold, approvals, summary, error";

/** Numbers that runs of older versions did not have. */
const NOT_COUNTED_ONCE = { violations: 0, undetermined: 0, exempt: 0 } as const;

export function runOf(row: RunRow): RunListItem {
  return {
    id: row.id,
    operation: row.operation,
    target: row.target,
    status: row.status,
    requestedBy: row.requested_by,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...row.options,
    createdAt: row.created_at.toISOString(),
    ...(row.started_at === null ? {} : { startedAt: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    cancelRequested: row.cancel_requested,
    ...(row.hold === null ? {} : { hold: row.hold }),
    ...(row.approvals.length === 0 ? {} : { approvals: row.approvals }),
    ...(row.summary === null ? {} : { summary: { ...NOT_COUNTED_ONCE, ...row.summary } }),
    ...(row.error === null ? {} : { error: row.error }),
  };
}

export interface LockedRow {
  readonly status: RunStatus;
  readonly operation: Operation;
  readonly target: RunTarget;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly cancel_requested: boolean;
  readonly rollout: Rollout | null;
  readonly seconds: number;
}

export const LOCKED_COLUMNS = `status, operation, target, requested_by, reason, cancel_requested, rollout,
  extract(epoch FROM clock_timestamp() - coalesce(started_at, created_at))::float8 AS seconds`;

export const lockedOf = (row: LockedRow): LockedRun => ({
  status: row.status,
  operation: row.operation,
  target: row.target,
  requestedBy: row.requested_by,
  reason: row.reason ?? undefined,
  cancelRequested: row.cancel_requested,
  rollout: row.rollout ?? undefined,
  seconds: row.seconds,
});

export interface StampRow {
  readonly stamp: StampName;
  readonly account_id: string;
  readonly kind: StackKind;
  readonly status: StampStatus;
  readonly result: StampDetails;
}

export const STAMP_COLUMNS = "stamp, account_id, kind, status, result";

export const stampOf = (row: StampRow): StampResult => ({
  stamp: row.stamp,
  accountId: row.account_id,
  kind: row.kind,
  status: row.status,
  ...row.result,
});

export interface ProgressRow {
  readonly stamp: StampName;
  readonly account_id: string;
  readonly status: StampStatus;
  readonly wave: number;
  readonly depends_on: readonly StampName[];
  readonly queued: boolean;
  readonly plan: StampPlanSoFar | null;
}

export const PROGRESS_COLUMNS =
  "stamp, account_id, status, wave, depends_on, queue_id IS NOT NULL AS queued, plan";

export const progressOf = (row: ProgressRow): StampProgress => ({
  stamp: row.stamp,
  accountId: row.account_id,
  status: row.status,
  wave: row.wave,
  dependsOn: row.depends_on,
  queued: row.queued,
  ...(row.plan === null ? {} : { plan: row.plan }),
});

export interface EventRow {
  readonly run_id: string;
  readonly seq: number;
  readonly at: Date;
  readonly type: RunEvent["type"];
  readonly stamp: StampName | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export const eventOf = (row: EventRow): RunEvent => ({
  runId: row.run_id,
  seq: row.seq,
  at: row.at.toISOString(),
  type: row.type,
  ...(row.stamp === null ? {} : { stamp: row.stamp }),
  data: row.data,
});

export interface StateRow {
  readonly stamp: StampName;
  readonly last_run_id: string;
  readonly last_operation: StackOperation;
  readonly last_status: StampStatus;
  readonly last_ended_at: Date;
  readonly stamped_at: Date | null;
  readonly drifted: boolean | null;
  /** What older versions wrote down has no `weakens`. */
  readonly drift: {
    readonly changes: readonly ResourceChange[];
    readonly weakens?: readonly string[];
  } | null;
  readonly compared_at: Date | null;
  readonly error: ErrorRecord | null;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export const stateOfRow = (row: StateRow): StampState => ({
  stamp: row.stamp,
  lastRunId: row.last_run_id,
  lastOperation: row.last_operation,
  lastStatus: row.last_status,
  lastEndedAt: row.last_ended_at.toISOString(),
  ...(row.stamped_at === null ? {} : { stampedAt: row.stamped_at.toISOString() }),
  ...(row.drifted === null ? {} : { drifted: row.drifted }),
  ...(row.drift === null ? {} : { drift: row.drift.changes }),
  ...((row.drift?.weakens ?? []).length === 0 ? {} : { weakens: row.drift?.weakens ?? [] }),
  ...(row.compared_at === null ? {} : { comparedAt: row.compared_at.toISOString() }),
  ...(row.error === null ? {} : { error: row.error }),
});

export interface PlannedRow {
  readonly accounts: readonly PlannedAccount[];
}
