import type {
  AccountCoverage,
  DrillReport,
  DrillRequest,
  Member,
  RestoreItem,
  RestoreRequest,
  SecretCoverage,
} from "../lambdas/model";
import type {
  AccountRotations,
  RotateNowRequest,
  RotationItem,
  RotationNote,
} from "../lambdas/rotation-model";
import type { StampName } from "../stacks/naming";
import type { Page } from "./runs-ports";

/** What a restore would do, or did: all of it, over as many invocations as it took. */
export interface RestoreResult {
  /** SHA-256 of the plan, hex: what the writing must name. */
  readonly planDigest: string;
  readonly items: readonly RestoreItem[];
}

/** Whether something is written for an item: a secret that is as it was may still have its deletion cancelled. */
export function isWritten({ action, cancelsDeletion }: RestoreItem): boolean {
  return action !== "refuse" && (action !== "none" || cancelsDeletion);
}

/**
 * The door to the vault's functions and to what they leave in its bucket. Every method throws AppError: `ACCESS_ROLE`,
 * `ACCESS_DENIED`, `VAULT_*`, and `RESTORE_PLAN_CHANGED` for a plan that is not true any more. No value of a secret comes
 * through it.
 */
export interface VaultPort {
  /** Looks at one account and answers its coverage; with `backup` what is missing is ordered to be kept. */
  sweepAccount(
    request: { readonly member: Member; readonly backup: boolean },
    signal?: AbortSignal,
  ): Promise<AccountCoverage>;
  /** Has every account swept by the vault itself, and tells it who the members are: its schedule goes by that. */
  sweepAll(members: readonly Member[], signal?: AbortSignal): Promise<void>;
  /** What would be written; changes nothing. */
  restorePlan(request: RestoreRequest, signal?: AbortSignal): Promise<RestoreResult>;
  /** Writes what the plan says, one invocation after the other; `onPart` gets the items of each as they come. */
  restoreWrite(
    request: RestoreRequest,
    onPart: (items: readonly RestoreItem[]) => void,
    signal?: AbortSignal,
  ): Promise<RestoreResult>;
  drill(request: DrillRequest, signal?: AbortSignal): Promise<DrillReport>;
  /** What the last sweep of each account found; accounts that were never swept are not in it. */
  coverage(): Promise<readonly AccountCoverage[]>;
  /** Ids of the drills, newest first. */
  drillIds(): Promise<readonly string[]>;
  /** Undefined where there is no such drill. */
  drillReport(id: string): Promise<DrillReport | undefined>;
  /** Renews secrets now, one invocation after the other; `onPart` gets the notes of each as they come. */
  rotate(
    request: RotateNowRequest,
    onPart: (items: readonly RotationNote[]) => void,
    signal?: AbortSignal,
  ): Promise<RotateResult>;
  /** How the vault last saw the rotations of each account; those without any are not in it. */
  rotations(): Promise<readonly AccountRotations[]>;
}

/** What came of each secret that was to be renewed. */
export interface RotateResult {
  readonly items: readonly RotationNote[];
}

interface Item {
  readonly stamp: StampName;
}
/** An account whose secrets are to be kept. */
export interface BackupJob extends Item {
  readonly operation: "backup";
  readonly member: Member;
}
/** The whole fleet: the vault is told who its members are, which its schedule and its events go by. */
export interface FleetJob extends Item {
  readonly operation: "backup";
  readonly members: readonly Member[];
}
/** A restore of one account's backups; `request.order` says whether it is the plan or the writing. */
export interface RestoreJob extends Item {
  readonly operation: "restore";
  readonly request: RestoreRequest;
}
export interface DrillJob extends Item {
  readonly operation: "drill";
  readonly request: DrillRequest;
}
/** Enrolled secrets of one account, renewed now. */
export interface RotateJob extends Item {
  readonly operation: "rotate";
  readonly request: RotateNowRequest;
}
export type VaultJob = BackupJob | FleetJob | RestoreJob | DrillJob | RotateJob;

/** A secret that is not kept as it should be, and why. */
export type UncoveredSecret = Pick<SecretCoverage, "name" | "region" | "state" | "reason">;

/** What the end of a backup says about an account. */
export type CoverageNumbers = Pick<
  AccountCoverage,
  "secrets" | "covered" | "missing" | "failed" | "oldestMissingSeconds" | "sweptAt"
> & { readonly uncovered: readonly UncoveredSecret[] };

/** What an item of a vault operation adds to a run's result; never a value. */
export interface VaultDetails {
  /** `backup` only. */
  readonly coverage?: CoverageNumbers;
  /** `restore` only. */
  readonly restore?: RestoreResult;
  /** `drill` only. */
  readonly drill?: DrillReport;
  /** `rotate` only. */
  readonly rotate?: RotateResult;
}

/** How the fleet's secrets are renewed. */
export interface FleetRotations {
  /** By account, Region and name. */
  readonly items: readonly RotationItem[];
  readonly accounts: readonly Omit<AccountRotations, "items" | "schema">[];
}

/** How an account of the fleet is kept. */
export const COVERAGE_STATES = [
  /** Every secret in scope is kept. */
  "covered",
  /** Some are missing or failed. */
  "incomplete",
  /** The last sweep could not look at the account. */
  "unreachable",
  /** It is a member of the fleet and no sweep has seen it. */
  "not-swept",
  /** It is not a member of the fleet any more; what was kept stays. */
  "former",
] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

export interface CoveredAccount {
  readonly accountId: string;
  /** Other people's text; empty where the organization does not have the account any more. */
  readonly name: string;
  readonly environment?: string;
  readonly state: CoverageState;
  readonly secrets: number;
  readonly covered: number;
  readonly missing: number;
  readonly failed: number;
  /** Secrets that are gone, or going, whose backups stay. */
  readonly keptAfterDeletion: number;
  readonly oldestMissingSeconds: number;
  readonly sweptAt?: string;
  /** Why it is not covered, as sentences. */
  readonly reasons: readonly string[];
}

/** How the fleet's secrets are kept, from the last sweep of each account. */
export interface FleetCoverage {
  /** Of the members that the last sweep could look at. */
  readonly secrets: number;
  readonly covered: number;
  readonly missing: number;
  readonly failed: number;
  /** Share of the secrets that are covered, 0 to 100; rounded down, so that 100 means all. 100 where there are none. */
  readonly percent: number;
  readonly oldestMissingSeconds: number;
  /** Members of the fleet, and those among them that the last sweep could look at. */
  readonly members: number;
  readonly reachable: number;
  readonly accounts: readonly CoveredAccount[];
}

/** Which secrets are asked for; all given conditions must hold. */
export interface SecretQuery {
  readonly account?: string;
  /** A name, or a pattern with `*` and `?`. */
  readonly name?: string;
  readonly state?: SecretCoverage["state"];
  readonly limit: number;
  readonly cursor?: string;
}

/** A drill in a list. */
export type DrillSummary = Pick<
  DrillReport,
  "drillId" | "startedAt" | "passed" | "rtoSeconds" | "rpoSeconds" | "targets" | "restored"
> & { readonly problems: number };

/** What the HTTP routes may ask about what is kept. Throws AppError. */
export interface VaultService {
  coverage(account?: string): Promise<FleetCoverage>;
  /** Names and states, never values; by account, Region and name. */
  secrets(query: SecretQuery): Promise<Page<SecretCoverage>>;
  /** Newest first. */
  drills(limit: number): Promise<readonly DrillSummary[]>;
  drill(id: string): Promise<DrillReport | undefined>;
  /** Names and times, never values. */
  rotations(account?: string): Promise<FleetRotations>;
}

/** Which secrets are renewed, beside the accounts, which are the run's target. */
export interface RotateOptions {
  /** A name, or a pattern with `*` and `?`. */
  readonly name: string;
  readonly region?: string;
}

/** What a restore is about, beside the accounts, which are the run's target. */
export interface RestoreOptions {
  /** `plan` (the default) says what would be written; `write` does what the run `planRun` planned. */
  readonly order?: "plan" | "write";
  /** `write` only: the run whose plan was seen. Its digests are what the vault holds the writing to. */
  readonly planRun?: string;
  /** A name, or a pattern with `*` and `?`. Absent: every secret of the accounts. */
  readonly name?: string;
  /** Only secrets that were in this Region. */
  readonly region?: string;
  /** The newest `AWSCURRENT` where nothing is said. */
  readonly point?: RestoreRequest["point"];
  /** Absent parts: where each secret was. */
  readonly destination?: { readonly accountId?: string; readonly region?: string };
  /** From the copy in the recovery Region, with the replica key and the function there. */
  readonly fromRecoveryRegion?: boolean;
  /** Write even where the secret is newer than the backup. */
  readonly overwriteNewer?: boolean;
}

/** How a drill is done, beside the accounts, which are the run's target. */
export interface DrillOptions {
  /** Secrets of each account that are restored; 2. */
  readonly samplePerAccount?: number;
  /** Restored as a whole from the recovery Region's copy; one of the members, another each time, where nothing is said. */
  readonly wholeAccount?: string;
  /** Longest time from the order to a proven value, seconds; the fleet file's. */
  readonly rtoSeconds?: number;
  /** Longest time between a secret's last change and its backup, seconds; the fleet file's. */
  readonly rpoSeconds?: number;
}
