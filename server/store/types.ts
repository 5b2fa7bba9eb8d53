import type { ErrorRecord } from "../../stacks/errors";
import type { StackKind } from "../../stacks/kinds";
import type { StampName } from "../../stacks/naming";
import type { RolloutRules } from "../../stacks/rollout";
import type {
  CheckJob,
  Operation,
  PolicyViolation,
  RateLimit,
  SharedRate,
  StackIdentity,
  StackJob,
  StackOperation,
} from "../ports";
import type { AccessStore } from "../access-ports";
import type { ProcessIdentity } from "../processes";
import type { VaultJob } from "../vault-ports";
import type {
  Approval,
  AuditEntry,
  Hold,
  IdempotencyKey,
  RunEvent,
  RunListItem,
  RunRequest,
  RunStatus,
  RunSummary,
  RunTarget,
  StampResult,
  StampState,
  StampStatus,
} from "../runs-ports";
import type { MembershipStore, MembershipTransaction } from "./membership-types";
import type { OnboardingStore, OnboardingTransaction } from "./onboarding-types";
import type { WebhookStore, WebhookTransaction } from "./webhook-types";

/** An account of a run as planned: `reason` says why none of its stamps is part of the run. */
export interface PlannedAccount {
  readonly accountId: string;
  readonly name: string;
  readonly reason?: string;
}

/** What is known of a stamp beside its place in the run; filled in as it goes on. */
export type StampDetails = Omit<StampResult, "stamp" | "accountId" | "kind" | "status">;

/** What a worker is to do about one stamp of a run. */
export type RunJob = StackJob | CheckJob | VaultJob;

/** A stamp of a new run. `dependsOn` names stamps of the same run only; a wave starts when the one before has ended. */
export interface NewStamp {
  readonly stamp: StampName;
  readonly accountId: string;
  readonly kind: StackKind;
  readonly wave: number;
  readonly dependsOn: readonly StampName[];
  readonly job: RunJob;
}

/** An entry of the audit log before it has its place in the chain. */
export type NewAuditEntry = Pick<AuditEntry, "subject" | "action" | "details"> & {
  readonly runId?: string;
  readonly reason?: string;
};

export interface NewRun {
  readonly id: string;
  readonly request: RunRequest;
  readonly requestedBy: string;
  readonly accounts: readonly PlannedAccount[];
  readonly stamps: readonly NewStamp[];
}

/** A run as the database has it; accounts still without the status that follows from their stamps. */
export interface StoredRun extends RunListItem {
  readonly planned: readonly PlannedAccount[];
  readonly stamps: readonly StampResult[];
}

/** The part of a stamp that decides what happens next in its run. */
export interface StampProgress {
  readonly stamp: StampName;
  readonly accountId: string;
  readonly status: StampStatus;
  readonly wave: number;
  readonly dependsOn: readonly StampName[];
  /** It has a job in the queue. */
  readonly queued: boolean;
  readonly plan?: StampPlanSoFar;
}

/** The plan of a stamp; without `changes` it is still to be made. */
export interface StampPlanSoFar {
  readonly inputs: string;
  readonly changes?: string;
  /** A key, a secret or a bucket would be deleted or replaced. */
  readonly precious?: boolean;
}

/** How far a run has come through its waves. */
export interface Rollout {
  readonly rules: RolloutRules;
  /** The last wave that may run; -1 while the plan is not released. */
  readonly passed: number;
  readonly hold?: Hold;
  /** Digest of what was asked for, of a run that begins with an approval and without a preview. */
  readonly asked?: string;
}

/** A run that nobody else can change until the end of the transaction. */
export interface LockedRun {
  readonly status: RunStatus;
  readonly operation: Operation;
  readonly target: RunTarget;
  readonly requestedBy: string;
  readonly reason: string | undefined;
  readonly cancelRequested: boolean;
  readonly rollout: Rollout | undefined;
  /** Since it started, or was accepted where nothing has started. */
  readonly seconds: number;
}

/** A stamp that a worker has claimed. */
export interface ClaimedStamp {
  readonly runId: string;
  readonly stamp: StampName;
  readonly job: RunJob;
  /** 1 for the first. */
  readonly attempt: number;
  /** Grows with every claim of anything: only the holder of the newest one may write about the stamp. */
  readonly epoch: number;
  readonly queueId: string;
  /** It is the first stamp of its run that starts. */
  readonly startsRun: boolean;
  /** Its plan is to be made: the job is a preview. */
  readonly planning: boolean;
  /** What the plan is made for, of a run that plans. */
  readonly inputs: string | undefined;
}

/** A process of the engine that worked on a stack, on some host. */
export interface EngineProcess {
  readonly stamp: StampName;
  /** Of the claim that it worked for. */
  readonly epoch: number;
  readonly process: ProcessIdentity;
  /** Somebody on its host, or a person, has said that it is gone. */
  readonly dead: boolean;
}

/** A running stamp whose worker has not been heard of, or is known to be dead. */
export interface AbandonedStamp {
  readonly runId: string;
  readonly stamp: StampName;
  readonly attempts: number;
  readonly queueId: string | undefined;
  readonly worker: ProcessIdentity | undefined;
  /** Seconds since the worker was last heard of. */
  readonly silentSeconds: number;
}

export type NewEvent = Pick<RunEvent, "type" | "data"> & { readonly stamp?: StampName };

/** The end of a stamp in a run, as far as the stamp's own state is concerned. */
export interface StampEnd {
  readonly runId: string;
  readonly operation: StackOperation;
  readonly stamp: StampName;
  readonly status: StampStatus;
  readonly details: StampDetails;
  /** Undefined: the outputs stay as they are. */
  readonly outputs?: Readonly<Record<string, unknown>> | undefined;
  /** What a succeeded `up` made the stack from. */
  readonly identity?: StackIdentity | undefined;
  /** The real state of every resource was read. */
  readonly refreshed?: boolean | undefined;
}

/** What a stamp was made from by its last run, an `up` that succeeded. */
export interface MadeStamp {
  readonly stamp: StampName;
  /** The two marks of {@link StackIdentity}. */
  readonly inputs: string;
  readonly state: string;
  readonly resources: number;
  /** What the packs advised. */
  readonly violations: readonly PolicyViolation[];
  /** When it was last compared with what is really there, milliseconds since 1970; 0: never. */
  readonly comparedAt: number;
}

/** Tells other parts, in this process and in others, that something is there to be read. Carries no content. */
export interface Notice {
  readonly topic: "events" | "work" | "cancel" | "tokens";
  /** Empty where it is about no run. */
  readonly runId: string;
}

/** Statements of one transaction: all of them happen or none. */
export interface Transaction {
  /** Keeps the key for the run; answers what the key already stands for, if it does. */
  keepKey(
    key: IdempotencyKey,
    runId: string,
  ): Promise<{ readonly fingerprint: string; readonly runId: string } | undefined>;
  insertRun(run: NewRun): Promise<void>;
  /**
   * Takes the leases of all stamps, or answers one that another run holds (then the transaction must be given up). Operations
   * of the vault hold leases of their own: a backup of an account and an update of its stack do not disturb each other.
   */
  lease(
    runId: string,
    operation: Operation,
    stamps: readonly StampName[],
  ): Promise<{ readonly stamp: StampName; readonly runId: string } | undefined>;
  release(runId: string, stamps: readonly StampName[]): Promise<void>;
  /** Locks the run until the end of the transaction; undefined if there is none. */
  lockRun(id: string): Promise<LockedRun | undefined>;
  /** Whether a claim is still valid. */
  holds(claim: ClaimedStamp, workerId: string): Promise<boolean>;
  progress(runId: string): Promise<readonly StampProgress[]>;
  results(runId: string): Promise<readonly StampResult[]>;
  planned(runId: string): Promise<readonly PlannedAccount[]>;
  /** Ends stamps that are waiting. */
  endWaiting(
    runId: string,
    stamps: readonly {
      readonly stamp: StampName;
      readonly status: StampStatus;
      readonly error: ErrorRecord;
    }[],
  ): Promise<void>;
  /** Ends a claimed stamp; false if the claim is no longer valid (somebody else took over). */
  endClaimed(
    claim: ClaimedStamp,
    workerId: string,
    status: StampStatus,
    details: StampDetails,
  ): Promise<boolean>;
  /** Ends a stamp whose worker is gone. */
  endAbandoned(stamp: AbandonedStamp, error: ErrorRecord): Promise<boolean>;
  /** Makes a running stamp wait again, without counting the attempt where `uncounted`; false if it changed meanwhile. */
  putBack(
    runId: string,
    stamp: StampName,
    attempts: number,
    queueId: string | undefined,
    uncounted: boolean,
  ): Promise<boolean>;
  /** Puts a job into the queue for each stamp. */
  enqueue(runId: string, stamps: readonly StampName[]): Promise<void>;
  /** The oldest job of the queue, claimed for the worker; undefined where there is none. */
  claim(workerId: string): Promise<ClaimedStamp | "stale" | undefined>;
  startRun(runId: string): Promise<void>;
  /** Those of the stamps that an `up` has made and no `retire` taken down. */
  existing(stamps: readonly StampName[]): Promise<readonly StampName[]>;
  /** Gives stamps that wait their plans, made or to be made, and the run its rules. */
  beginRollout(
    runId: string,
    rollout: Rollout,
    plans: ReadonlyMap<StampName, StampPlanSoFar>,
  ): Promise<void>;
  /** Keeps the plan of a claimed stamp, which waits for its wave then; false if the claim is no longer valid. */
  keepPlan(
    claim: ClaimedStamp,
    workerId: string,
    plan: StampPlanSoFar,
    details: StampDetails,
  ): Promise<boolean>;
  setRollout(runId: string, rollout: Rollout): Promise<void>;
  addApproval(runId: string, approval: Approval): Promise<void>;
  requestCancel(runId: string): Promise<void>;
  endRun(runId: string, status: RunStatus, summary: RunSummary, error?: ErrorRecord): Promise<void>;
  append(runId: string, events: readonly NewEvent[]): Promise<void>;
  setStampState(end: StampEnd): Promise<void>;
  /** Those of the stamps of which it is known what they were made from. */
  madeStamps(stamps: readonly StampName[]): Promise<readonly MadeStamp[]>;
  /** Ends stamps of a new run that need no work. */
  endUnchanged(runId: string, stamps: readonly MadeStamp[]): Promise<void>;
  /** Lets the jobs of stamps that wait read the real state of every resource. */
  refreshWaiting(runId: string, stamps: readonly StampName[]): Promise<void>;
  /** Adds to the audit log; the last thing of a transaction but one, because entries of others wait for its end. */
  audit(entry: NewAuditEntry): Promise<void>;
  notify(notice: Notice): Promise<void>;
  readonly webhooks: WebhookTransaction;
  readonly onboardings: OnboardingTransaction;
  readonly membership: MembershipTransaction;
}

/** Everything the service remembers. All methods throw AppError: RUN_STORE, ENGINE_DISK_FULL or a bug. */
export interface Store {
  /** Where the database is, without its password. */
  readonly description: string;
  /** What services agree on about their callers. */
  readonly access: AccessStore;
  /** Throws RUN_STORE if the database does not answer. */
  ping(): Promise<void>;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  findKey(
    key: IdempotencyKey,
  ): Promise<{ readonly fingerprint: string; readonly runId: string } | undefined>;
  run(id: string): Promise<StoredRun | undefined>;
  /** Newest first; `before` is the id of a run. */
  runs(limit: number, before?: string): Promise<readonly RunListItem[]>;
  events(runId: string, after: number, limit: number): Promise<readonly RunEvent[]>;
  stampStates(): Promise<readonly StampState[]>;
  stampState(
    stamp: StampName,
  ): Promise<
    { readonly state: StampState; readonly outputs: Readonly<Record<string, unknown>> } | undefined
  >;
  /** Entries of the audit log, newest first; `before` is a `seq`. */
  audit(query: { limit: number; before?: number; runId?: string }): Promise<readonly AuditEntry[]>;
  /** Entries behind `after`, oldest first, at most `limit`. */
  auditAfter(after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Runs among the given ones that somebody asked to stop. */
  cancelRequested(runIds: readonly string[]): Promise<readonly string[]>;
  /** Registers or renews a worker; false where it had been given up by others. */
  heartbeat(workerId: string, process: ProcessIdentity, first: boolean): Promise<boolean>;
  forgetWorker(workerId: string): Promise<void>;
  /** Takes out workers that were not heard of for so long that nothing counts on them any more. */
  forgetSilentWorkers(seconds: number): Promise<void>;
  abandoned(exceptWorkerId: string): Promise<readonly AbandonedStamp[]>;
  /** Runs whose pause is over. */
  pausesOver(): Promise<readonly string[]>;
  /** Writes down a process of the engine before it can take the stack's lock. */
  addEngineProcess(claim: ClaimedStamp, process: ProcessIdentity): Promise<void>;
  /** Processes of earlier claims of a stamp that nobody has seen end in good order. */
  engineProcesses(stamp: StampName, beforeEpoch: number): Promise<readonly EngineProcess[]>;
  /** Processes of a host whose claim is over, and that nobody has said to be gone. */
  orphans(host: string): Promise<readonly EngineProcess[]>;
  /** Says of processes of a host that they are gone; those of claims up to an epoch, or all. Answers how many. */
  buryProcesses(host: string, claims?: readonly number[]): Promise<number>;
  /** Forgets the processes of claims before one: what they left is cleaned up. */
  forgetEngineProcesses(stamp: StampName, beforeEpoch: number): Promise<void>;
  /** A rate that all processes on the database keep together. */
  sharedRate(name: string, rate: SharedRate): RateLimit;
  /** Stamps that wait in the queue. */
  queueDepth(): Promise<number>;
  /** Calls the listener on every notice; returns how to stop it. Notices may be lost: poll as well, slowly. */
  onNotice(listener: (notice: Notice) => void): () => void;
  readonly webhooks: WebhookStore;
  readonly onboardings: OnboardingStore;
  readonly membership: MembershipStore;
  close(): Promise<void>;
}
