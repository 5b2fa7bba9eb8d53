import type { AccessChange } from "../policies/access-changes";
import type { VerdictCounts } from "../policies/deployed";
import type { Account } from "../stacks/accounts";
import type { Affected } from "../stacks/affected";
import type { ErrorRecord } from "../stacks/errors";
import type { StackKind } from "../stacks/kinds";
import type { StampName } from "../stacks/naming";
import type { RunTarget } from "../stacks/target";
import type {
  ChangeCounts,
  Operation,
  PolicyViolation,
  ResourceChange,
  RetainedResource,
  StackOperation,
  StackResource,
} from "./ports";
import type { FormerAccount, Membership } from "./membership-ports";
import type { PreviewReport } from "./report/model";
import type { BilledUnits } from "./report/prices";
import type { DrillOptions, RestoreOptions, RotateOptions, VaultDetails } from "./vault-ports";

export type { RunTarget };

export interface RunRequest {
  readonly operation: Operation;
  readonly target: RunTarget;
  /** `retire` only: must name exactly the stamps that the target selects. */
  readonly confirm?: readonly StampName[];
  /** Read the real state of every resource before comparing. */
  readonly refresh?: boolean;
  /** `preview` and `up` only: look at stamps too that are made from what they would be made from now. */
  readonly force?: boolean;
  /** Why, in the words of who asks; kept in the audit log. Needed where a secret is written. */
  readonly reason?: string;
  /** `restore` only. */
  readonly restore?: RestoreOptions;
  /** `drill` only. */
  readonly drill?: DrillOptions;
  /** `rotate` only. */
  readonly rotate?: RotateOptions;
  /** Set by the service. */
  readonly follows?: Follows;
  /** Set by the service, where it starts a run itself because of what an account did. */
  readonly cause?: RunCause;
}

/**
 * `joined`: a backup also tells the vault all members. `left`: nothing is taken down before somebody approves it. Of whatever
 * cause, nothing precious goes in any account before somebody approves that.
 */
export type RunCause = "joined" | "left";

/** `waiting_for_approval` and `paused`: nothing of it runs until somebody approves, or a time has passed. */
export type RunStatus =
  | "queued"
  | "running"
  | "waiting_for_approval"
  | "paused"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "needs_attention";
export const TERMINAL_STATUSES = ["succeeded", "failed", "cancelled", "needs_attention"] as const;

export type StampStatus =
  "waiting" | "running" | "succeeded" | "failed" | "cancelled" | "not-started";

/** One stamp of a run. Every stamp that the run selected is there, whatever happened to it. */
export interface StampResult extends VaultDetails {
  readonly stamp: StampName;
  readonly accountId: string;
  readonly kind: StackKind;
  readonly status: StampStatus;
  /** It was left alone: it is made from the very things that it would be made from now. */
  readonly unchanged?: boolean;
  readonly counts?: ChangeCounts;
  readonly changes?: readonly ResourceChange[];
  readonly violations?: readonly PolicyViolation[];
  /** SHA-256 (hex) of the exemptions that were about the stack. */
  readonly exemptions?: string;
  /** `preview` only: what identities would gain and lose. */
  readonly access?: readonly AccessChange[];
  /** `preview` only: how much there is of what is charged by the month. */
  readonly billed?: { readonly before: BilledUnits; readonly after: BilledUnits };
  /** `check` only. */
  readonly verdicts?: VerdictCounts;
  readonly resources?: number;
  readonly seconds?: number;
  readonly peakMemoryMiB?: number;
  /** `retire` only: what stays behind in AWS. */
  readonly retained?: readonly RetainedResource[];
  readonly error?: ErrorRecord;
}

/** One account of a run; every account of the organization appears, the ones left out with their reason. */
export interface AccountResult {
  readonly accountId: string;
  readonly name: string;
  readonly status:
    "succeeded" | "failed" | "cancelled" | "skipped" | "not-started" | "running" | "waiting";
  /** Why it was skipped or failed, as one sentence. */
  readonly reason?: string;
}

/** `accounts = stamped + skipped + failed` once a run has ended. */
export interface RunSummary {
  readonly accounts: number;
  /** Accounts all of whose stamps succeeded. */
  readonly stamped: number;
  readonly skipped: number;
  readonly failed: number;
  /** Stamps in which anything was (or, for a preview, would be) created, updated, replaced or deleted. */
  readonly changed: number;
  /** Stamps that were left alone because nothing that they are made from has changed. */
  readonly unchanged: number;
  /** Resources in all stacks of the run afterwards. */
  readonly resources: number;
  /** What the rules found in all stamps; those undetermined and exempt are among them. */
  readonly violations: number;
  /** Rules that could not decide. */
  readonly undetermined: number;
  /** Findings that an exemption accepts. */
  readonly exempt: number;
  readonly seconds: number;
}

/** Why nothing of a run goes on. */
export interface Hold {
  /** `plan`: the plan needs an approval. `wave`: a wave has ended and the next one needs an approval. `pause`: time to watch. */
  readonly kind: "plan" | "wave" | "pause";
  readonly since: string;
  /** The wave that has ended. */
  readonly wave?: string;
  /** When a pause ends by itself. */
  readonly until?: string;
  /** What an approval must name: the digest of the plan. */
  readonly digest?: string;
  /** Accounts in which a key, a secret or a bucket would be deleted or replaced; an approval of the plan names them if there are any. */
  readonly preciousAccounts?: number;
  /** Who asked for the run cannot approve it. */
  readonly twoPerson?: boolean;
  /** So many different persons have to approve; one where it is missing. */
  readonly approvers?: number;
  /** Who has approved it, while others are still missing. */
  readonly approvedBy?: readonly string[];
}

/** An approval as it was given. */
export interface Approval {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  readonly digest: string;
  readonly preciousAccounts?: number;
  /** The wave after which it let the run go on; none: it approved the plan. */
  readonly wave?: string;
}

/** What an approver says. */
export interface ApprovalRequest {
  /** Of the plan that was looked at. */
  readonly digest: string;
  readonly reason: string;
  readonly preciousAccounts?: number;
}

/** How a run continues another one that has ended: all that is left of it, or only what failed. */
export interface Follows {
  readonly run: string;
  readonly how: "resume" | "retry";
}

export interface RunRecord {
  readonly id: string;
  readonly operation: Operation;
  readonly target: RunTarget;
  readonly status: RunStatus;
  readonly requestedBy: string;
  readonly reason?: string;
  readonly restore?: RestoreOptions;
  readonly drill?: DrillOptions;
  readonly rotate?: RotateOptions;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly cancelRequested: boolean;
  readonly hold?: Hold;
  readonly approvals?: readonly Approval[];
  readonly follows?: Follows;
  readonly summary?: RunSummary;
  readonly stamps: readonly StampResult[];
  readonly accounts: readonly AccountResult[];
  readonly error?: ErrorRecord;
}

/** A run in a list: without its stamps and accounts. */
export type RunListItem = Omit<RunRecord, "stamps" | "accounts">;

/** What happened in a run, in order; `seq` starts at 1 and has no gaps. The `data` never holds a secret's value. */
export interface RunEvent {
  readonly runId: string;
  readonly seq: number;
  readonly at: string;
  readonly type:
    | "run.queued"
    | "run.started"
    | "run.held"
    | "run.approved"
    | "run.resumed"
    | "run.ended"
    | "run.cancel-requested"
    | "stamp.started"
    | "stamp.planned"
    | "stamp.resource"
    | "stamp.policy"
    | "stamp.message"
    | "stamp.ended";
  readonly stamp?: StampName;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An entry of the audit log. Each carries the hash of the one before, so that none can be changed or taken out unseen. */
export interface AuditEntry {
  /** 1 for the first; without gaps. */
  readonly seq: number;
  readonly at: string;
  /** Who. */
  readonly subject: string;
  /** What: `run.start`, `run.approve`, `run.resume`, `run.cancel`, `run.end`. */
  readonly action: string;
  readonly runId?: string;
  /** Why, in the words of who asked. */
  readonly reason?: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Hash of the entry before, hex; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 over the canonical JSON of everything else, hex. */
  readonly hash: string;
}

/** The end of the audit log as it was seen once. Kept elsewhere, it shows later that nothing was cut off or written anew. */
export interface AuditAnchor {
  readonly entries: number;
  /** Hash of the last of them. */
  readonly head: string;
}

/** Whether the audit log is as it was written. */
export interface AuditVerdict {
  readonly intact: boolean;
  readonly entries: number;
  /** Hash of the last entry: kept elsewhere, it shows later that nothing was cut off at the end. */
  readonly head: string;
  /** Ends seen before against which it was held, by their numbers of entries. */
  readonly anchors: readonly number[];
  /** The first entry that is wrong, and how. */
  readonly problem?: { readonly seq: number; readonly message: string };
}

/** What the HTTP routes may ask about who did what. */
export interface AuditService {
  /** Newest first; `before` is a `seq`. */
  entries(query: {
    limit: number;
    before?: number;
    runId?: string;
  }): Promise<readonly AuditEntry[]>;
  /** Follows the chain, and holds it against what was seen of it before, here and by who asks. */
  verify(seen?: AuditAnchor): Promise<AuditVerdict>;
}

export interface IdempotencyKey {
  /** Who asked; keys of different callers never meet. */
  readonly subject: string;
  readonly key: string;
  /** SHA-256 of the canonical JSON of the request. */
  readonly fingerprint: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** What the HTTP routes and the command line may ask of the runs. Throws AppError. */
export interface RunService {
  /** Returns once the run is durable. `replayed`: the same key and request had already started it. */
  start(request: RunRequest, key: IdempotencyKey): Promise<{ run: RunRecord; replayed: boolean }>;
  get(id: string): Promise<RunRecord | undefined>;
  list(query: { limit: number; cursor?: string }): Promise<Page<RunListItem>>;
  /** Events after `after`, oldest first, at most `limit`. */
  events(id: string, after: number, limit: number): Promise<readonly RunEvent[]>;
  /** Events after `after` as they happen; ends after `run.ended` or when the signal fires. */
  follow(id: string, after: number, signal: AbortSignal): AsyncIterable<RunEvent>;
  /** Asks a run to stop: stamps that wait are not started, those that run are interrupted. */
  cancel(id: string, requestedBy: string): Promise<RunRecord>;
  /** Lets a run go on that waits for an approval, if it is about the plan that the run has. */
  approve(id: string, approval: ApprovalRequest, approvedBy: string): Promise<RunRecord>;
  /**
   * Goes on with a run: ends a pause; of a run that has ended, starts a new one with what is left of it (`resume`) or what
   * failed (`retry`), under the key.
   */
  goOn(
    id: string,
    how: Follows["how"],
    key: IdempotencyKey,
    reason?: string,
  ): Promise<{ run: RunRecord; replayed: boolean }>;
}

/** A change of the repository that the fleet comes from. */
export interface AffectedQuery {
  /** The fleet file as it was; absent: there was none. */
  readonly fleet?: string;
  /** Which of the paths is the fleet file. */
  readonly fleetPath?: string;
  /** Files that changed, from the top of the repository. */
  readonly paths: readonly string[];
}

/** What the HTTP routes may ask about what a change means. Throws AppError. */
export interface ReportService {
  report(run: RunRecord): Promise<PreviewReport>;
  affected(query: AffectedQuery): Promise<Affected>;
}

/** The state of one stamp, from the last runs. */
export interface StampState {
  readonly stamp: StampName;
  readonly lastRunId?: string;
  readonly lastOperation?: StackOperation;
  readonly lastStatus?: StampStatus;
  readonly lastEndedAt?: string;
  /** When an `up` last succeeded. */
  readonly stampedAt?: string;
  readonly drifted?: boolean;
  /** What drifted: resources and names of properties, never values. */
  readonly drift?: readonly ResourceChange[];
  /** The mandatory rules that its drift breaks, by id. */
  readonly weakens?: readonly string[];
  /** When it was last compared with what is really there. */
  readonly comparedAt?: string;
  readonly error?: ErrorRecord;
}

export interface AccountView extends Account {
  readonly selected: boolean;
  /** Why it is not selected. */
  readonly reason?: string;
  readonly environment?: string;
  readonly membership?: Membership;
  readonly stamps: readonly StampState[];
}

export interface StampView extends StampState {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly resources: readonly StackResource[];
}

/** What the HTTP routes may ask about the fleet. */
export interface FleetService {
  accounts(options: { refresh: boolean }): Promise<{
    readonly organizationId: string;
    readonly discoveredAt: string;
    readonly ageSeconds: number;
    readonly items: readonly AccountView[];
    /** Accounts that have left, as far as they are known. */
    readonly former?: readonly FormerAccount[];
  }>;
  stamp(name: StampName): Promise<StampView | undefined>;
  /** The fleet file as read, with its digest and the plan in waves. */
  fleet(): Promise<Readonly<Record<string, unknown>>>;
}

/** What a person may say about the hosts of workers. */
export interface HostService {
  /**
   * Takes a person's word that a host is gone for certain: the locks that its processes left may be removed. Answers how
   * many processes that is about.
   */
  gone(host: string, requestedBy: string, reason: string): Promise<{ readonly processes: number }>;
}
