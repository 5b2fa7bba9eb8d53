import type { Organization } from "../stacks/accounts";
import type { ErrorRecord } from "../stacks/errors";
import type { Exemption } from "../stacks/exemptions";
import type { StampName } from "../stacks/naming";
import type { StampPlan } from "../stacks/plan-digest";
import type { AccessChange } from "../policies/access-changes";
import type { VerdictCounts } from "../policies/deployed";
import type { ResourceInput } from "../policies/model/stack";
import type { Connection, StackSpec } from "../stacks/spec";
import type { ProcessIdentity } from "./processes";
import type { BilledUnits } from "./report/prices";

/** What may be asked of a stack: `drift` compares it with the cloud and changes nothing; `retire` takes it down. */
export const STACK_OPERATIONS = ["preview", "up", "drift", "retire"] as const;
export type StackOperation = (typeof STACK_OPERATIONS)[number];

/** What may be asked about the state of a stack: `check` judges it by the rules, and touches neither it nor AWS. */
export const STATE_OPERATIONS = ["check"] as const;

/** What may be asked of the vault: keep what is missing, plan or write a restore, rehearse, renew. */
export const VAULT_OPERATIONS = ["backup", "restore", "drill", "rotate"] as const;

/** What a run may do. */
export const OPERATIONS = [...STACK_OPERATIONS, ...STATE_OPERATIONS, ...VAULT_OPERATIONS] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Counts of a stack operation, by what happened (or would happen) to the resources. */
export interface ChangeCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly same: number;
}

/** One resource that changes, as a plan or a drift report shows it: names of properties, never their values. */
export interface ResourceChange {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly operation: "create" | "update" | "replace" | "delete";
  readonly properties: readonly string[];
}

export interface PolicyViolation {
  readonly pack: string;
  readonly rule: string;
  readonly level: "mandatory" | "advisory";
  /** `undetermined`: the rule could not decide; `exempt`: an exemption accepts what it found; absent: it failed. */
  readonly verdict?: "fail" | "undetermined" | "exempt";
  /** URN of the resource, or empty for a rule about the whole stack. */
  readonly urn: string;
  /** What is wrong and what to set. */
  readonly message: string;
}

export interface StackJob {
  readonly stamp: StampName;
  readonly operation: StackOperation;
  readonly spec: StackSpec;
  readonly connection: Connection;
  /** Read the real state of every resource before comparing; `drift` always does. */
  readonly refresh?: boolean;
  /** `up` only: the plan that it keeps to; it stops with PLAN_CHANGED before it changes anything where it would not. */
  readonly expect?: StampPlan;
}

/** What decides how a stack comes out, before it is looked at. */
export type StackInputs = Pick<StackJob, "stamp" | "spec" | "connection">;

/** What a stack is made from, to be compared with what it was made from. Digests are SHA-256, hex. */
export interface StackIdentity {
  /** Of everything: program, packs, tools, spec and connection. */
  readonly inputs: string;
  /** Of the program and what it loads. */
  readonly program: string;
  /** Of the policy packs. */
  readonly packs: string;
  /** Sign of the state as it was last written, by whomever; absent where the backend cannot be asked cheaply. */
  readonly state?: string;
}

/** A judgement of what is deployed: needs neither the program nor a way into the account. */
export interface CheckJob {
  readonly stamp: StampName;
  readonly operation: "check";
}

/** What `retire` took out of the stack and left in AWS, because losing it would lose secrets or their backups. */
export interface RetainedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** ARN where the resource has one, else its id. */
  readonly arn: string;
}

export interface StackOutcome {
  readonly status: "succeeded" | "failed" | "cancelled";
  readonly counts: ChangeCounts;
  readonly changes: readonly ResourceChange[];
  readonly violations: readonly PolicyViolation[];
  /** Resources in the stack afterwards, providers and components not counted. */
  readonly resources: number;
  /** Plain stack outputs; secret ones are left out. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly seconds: number;
  /** Largest resident memory of the operation's process tree, MiB. */
  readonly peakMemoryMiB: number;
  /** A succeeded `up` only: what the stack is made from now. */
  readonly identity?: StackIdentity;
  /** SHA-256 (hex) of the exemptions that were about the stack; absent where there were none. */
  readonly exemptions?: string;
  /** `retire` only. */
  readonly retained?: readonly RetainedResource[];
  /** `preview` only: what identities would gain and lose. */
  readonly access?: readonly AccessChange[];
  /** `preview` only: how much there is of what is charged by the month, before and after. */
  readonly billed?: { readonly before: BilledUnits; readonly after: BilledUnits };
  /** `check` only: how often the rules said what. */
  readonly verdicts?: VerdictCounts;
  readonly error?: ErrorRecord;
}

/** Progress of one stack operation while it runs. */
export type StackEvent =
  | {
      readonly type: "resource";
      readonly urn: string;
      readonly operation: string;
      readonly status: "started" | "done" | "failed";
    }
  | { readonly type: "policy"; readonly violation: PolicyViolation }
  | {
      readonly type: "message";
      readonly level: "info" | "warning" | "error";
      readonly text: string;
    };

export interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly protect: boolean;
}

/** What the holder of a claim knows and wants to know of the processes that work on a stack, on any host. */
export interface ProcessWatch {
  /** Processes of earlier claims; `dead` where somebody on their host, or a person, has said so. */
  readonly earlier: readonly { readonly process: ProcessIdentity; readonly dead: boolean }[];
  /** Called with each process of the engine as soon as it is there. */
  readonly onProcess: (process: ProcessIdentity) => void;
}

/** A lock on a stack as Pulumi's state backend keeps it: who took it, where, and when. */
export interface StackLock {
  readonly id: string;
  readonly pid?: number;
  readonly username?: string;
  readonly hostname?: string;
  readonly timestamp?: string;
}

/** The locks in the state backend. Only a lock whose owner is proven dead is ever removed, and only by its id. */
export interface StackLocks {
  list(stamp: StampName): Promise<readonly StackLock[]>;
  remove(stamp: StampName, id: string): Promise<void>;
}

/** An earlier version of a state that the backend still has. */
export interface EarlierState {
  /** Where it is, for people. */
  readonly name: string;
  read(): Promise<string>;
}

/** The states as the backend keeps them. Nothing is written through this door: that is the engine's, under its lock. */
export interface StackStates {
  /** A sign of each state that differs after every write; stacks without a state are left out. Starts no process. */
  signs(stamps: readonly StampName[]): Promise<ReadonlyMap<StampName, string>>;
  /** The text of a state; undefined where there is none. */
  read(stamp: StampName): Promise<string | undefined>;
  /** Newest first. */
  earlier(stamp: StampName): Promise<readonly EarlierState[]>;
}

/** What a state backend lets us see. */
export interface StackBackend {
  readonly locks: StackLocks;
  /** Absent where only Pulumi's own command knows how to read the states. */
  readonly states?: StackStates;
}

/** What is looked for when only AWS knows the id of a resource. */
export type LostSearch =
  | {
      readonly kind: "key";
      readonly region: string;
      /** All of these. */
      readonly tags: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "event source";
      readonly region: string;
      readonly functionName: string;
      readonly eventSourceArn: string;
    };

/**
 * Looks in the stamp's account for what an interrupted update may have left there; answers the ids of all that match. Looks
 * more than once before it says that there is nothing.
 */
export type FindLost = (search: LostSearch) => Promise<readonly string[]>;

/** The door to Pulumi. `execute` never throws for a failed stack: the failure is in the outcome. */
export interface EnginePort {
  execute(
    job: StackJob,
    onEvent: (event: StackEvent) => void,
    signal: AbortSignal,
    watch?: ProcessWatch,
  ): Promise<StackOutcome>;
  /** What the stacks would be made from now, in the order of the jobs; starts no process. */
  identify(jobs: readonly StackInputs[]): Promise<readonly StackIdentity[]>;
  /** The resources of a stack's last state, or undefined where there is no such stack. */
  resources(stamp: StampName): Promise<readonly StackResource[] | undefined>;
  /**
   * The same resources as rules judge them, whoever deployed them last; what the state keeps encrypted stays so. Undefined
   * where there is no such stack.
   */
  deployed(stamp: StampName): Promise<readonly ResourceInput[] | undefined>;
}

/**
 * The exemptions from the rules that are about a stamp, or all of them, as their file has them now. Throws `SPEC_INVALID` with
 * every mistake in it.
 */
export type ExemptionsOf = (stamp?: StampName) => readonly Exemption[];

/** The door to AWS Organizations. Throws `ORG_*` and never returns a partial list. */
export interface OrganizationPort {
  discover(signal?: AbortSignal): Promise<Organization>;
}

/** Wall clock, behind a port so that the runs can be tested without waiting. */
export interface Clock {
  now(): Date;
}

/** Calls that all processes of one database may make together. */
export interface SharedRate {
  readonly perSecond: number;
  /** Calls that may go at once after a rest. */
  readonly burst: number;
}

/** Spaces calls out. */
export interface RateLimit {
  /** Resolves when the next call may go; `cost` is its weight, 1 by default. */
  take(signal?: AbortSignal, cost?: number): Promise<void>;
}
