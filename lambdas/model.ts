/**
 * What the functions of the vault are asked and what they answer, and what they leave in the vault's bucket. Shared by the
 * functions, the service that calls them and the tests. No value of a secret is in any of these shapes.
 */

import type { MemberRotation } from "./rotation-model";

/** Which secrets of an account are kept: any of the prefixes and all of the tags; both empty means every secret. */
export interface Scope {
  readonly namePrefixes: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** A member account, as far as the functions must know it. The service makes it from the member's spec. */
export interface Member {
  readonly accountId: string;
  /** Where its secrets are; the first is its primary Region. */
  readonly regions: readonly string[];
  readonly environment: string;
  readonly scope: Scope;
  /** Days and mode of the Object Lock on each backup of this account. */
  readonly retentionDays: number;
  readonly lockMode: "GOVERNANCE" | "COMPLIANCE";
  /** Absent: none of its secrets is rotated. */
  readonly rotation?: MemberRotation;
}

/** Where a secret is. A secret that is made again under its name is another one: its ARN ends in another suffix. */
export interface SecretPlace {
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  /** The six characters that Secrets Manager puts behind the name in the ARN. */
  readonly suffix: string;
}

/** One version of a secret with a stage label, as the manifest lists it. */
export interface ManifestVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  /** ISO 8601, from Secrets Manager. */
  readonly createdAt: string;
  /** Which of the two kinds of value it is; both may be empty. */
  readonly kind: "string" | "binary";
  /** Size of the value, bytes. */
  readonly bytes: number;
  /** KMS HMAC over kind and SHA-256 of the value, base64: says whether two values are equal, and to nobody else. */
  readonly digest: string;
}

/**
 * What a secret was at one moment, all but its values. Stored write-once under a key made of the moment and its content.
 * `mac` is a KMS HMAC over the canonical JSON of everything else: a manifest that was changed does not verify.
 */
export interface Manifest extends SecretPlace {
  readonly schema: 1;
  readonly organizationId: string;
  readonly arn: string;
  /** When Secrets Manager last changed the secret, ISO 8601; what "as of a time" is decided by. */
  readonly changedAt: string;
  readonly capturedAt: string;
  readonly description?: string;
  /** Absent: the account's default key. */
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly resourcePolicy?: string;
  readonly rotation?: {
    readonly functionArn?: string;
    readonly rules?: Readonly<Record<string, string | number>>;
  };
  readonly replicas: readonly { readonly region: string; readonly kmsKeyId?: string }[];
  /** Set when this is itself a replica of a secret in that Region. */
  readonly primaryRegion?: string;
  readonly versions: readonly ManifestVersion[];
  readonly mac: string;
}

/** A message of the work queue: one secret to be looked at. An EventBridge event in the queue means the same. */
export interface BackupOrder {
  readonly order: "backup";
  readonly place: SecretPlace;
  readonly arn: string;
  readonly member: Member;
}

/** What `backup` did about one secret. */
export interface BackupResult {
  /** Without the suffix where an event named a secret that is not there. */
  readonly place: Omit<SecretPlace, "suffix"> & { readonly suffix?: string };
  /** `gone`: deleted or scheduled for it, its backups stay. `replica`: kept in the Region of its primary. */
  readonly outcome: "written" | "already-kept" | "gone" | "out-of-scope" | "replica";
  /** Versions that were written now. */
  readonly written: number;
}

/** `coverage/fleet.json` in the vault's bucket: the members as the last sweep over all of them was told. */
export interface Fleet {
  readonly schema: 1;
  readonly organizationId: string;
  readonly storedAt: string;
  readonly members: readonly Member[];
}

/**
 * `coverage/failures/<account>/<Region>/<name>.json` in the vault's bucket: the last failure to back a secret up. It is
 * never taken away; what was kept after `failedAt` makes it a thing of the past.
 */
export interface FailureNote {
  readonly schema: 1;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly failedAt: string;
  readonly code: string;
  readonly message: string;
}

/** What `sweep` answers to "sweep-all": how many accounts it has ordered a sweep of. */
export interface SweepAllAnswer {
  readonly order: "sweep-all";
  readonly ordered: number;
  /** Accounts that were members at the last sweep over all, and are no more; what was kept of them stays. */
  readonly left: readonly string[];
}

/** Asked of `sweep` by the schedule (no members: the last known ones) and by the service. */
export type SweepRequest =
  /** The members are the whole fleet, never a part of it. Answered with {@link SweepAllAnswer}. */
  | { readonly order: "sweep-all"; readonly members?: readonly Member[] }
  /** One account: lists, compares, orders backups of what is missing, writes the coverage and answers it. */
  | { readonly order: "sweep-account"; readonly member: Member; readonly backup: boolean };

export interface SecretCoverage extends SecretPlace {
  /** `covered`: the newest version with each stage is kept; `kept-after-deletion`: gone or going, its backups stay. */
  readonly state: "covered" | "missing" | "failed" | "kept-after-deletion";
  /** Versions with a stage that are kept, and that exist. */
  readonly kept: number;
  readonly versions: number;
  readonly changedAt?: string;
  /** When its newest backup was written, ISO 8601. */
  readonly newestBackupAt?: string;
  /** Why it is missing or failed; never a value. */
  readonly reason?: string;
}

/** `coverage/<account>.json` in the vault's bucket. */
export interface AccountCoverage {
  readonly schema: 1;
  readonly accountId: string;
  readonly environment: string;
  readonly sweptAt: string;
  readonly seconds: number;
  /** In scope and alive. */
  readonly secrets: number;
  readonly covered: number;
  readonly missing: number;
  readonly failed: number;
  /** Age of the oldest change that is not kept yet, seconds; 0 when everything is. */
  readonly oldestMissingSeconds: number;
  readonly items: readonly SecretCoverage[];
  /** Set when the account could not be looked at; the items are then those of the last sweep that could. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Which backups a restore is about. All given conditions must hold. */
export interface RestoreSelection {
  readonly accountIds: readonly string[];
  /** A name, or a pattern with `*` and `?`. Absent: every secret of the accounts. */
  readonly name?: string;
  readonly region?: string;
}

/** Which version of each: the newest `AWSCURRENT` where nothing is said. */
export type RestorePoint =
  | { readonly at: "newest" }
  | { readonly at: "version"; readonly versionId: string }
  | { readonly at: "stage"; readonly stage: string }
  /** The state of the secret at that moment, ISO 8601. */
  | { readonly at: "time"; readonly time: string };

export interface RestoreRequest {
  readonly order: "plan" | "write";
  readonly selection: RestoreSelection;
  readonly point: RestorePoint;
  readonly destination: {
    /** Absent: where each secret was. */
    readonly accountId?: string;
    readonly region?: string;
    /** Put before each name; drills restore below a name space of their own. */
    readonly namePrefix?: string;
  };
  /** Read the copy in the recovery Region, with the replica key. */
  readonly fromRecoveryRegion: boolean;
  /** Write even where the secret has a newer value than the backup. */
  readonly overwriteNewer: boolean;
  /** `write` only: the digest of the plan that was seen; another plan is refused. */
  readonly planDigest?: string;
  /** `write` only: go on behind this item, because one invocation could not finish all. */
  readonly after?: string;
}

export type RestoreAction =
  /** The secret does not exist: made with tags, description, policy, rotation and replicas. */
  | "create"
  /** The value is written as a new version. */
  | "put-version"
  /** The version is still there: only its stage label moves. */
  | "move-stage"
  /** It is as it was. */
  | "none"
  /** The secret is newer than the backup, or the backup cannot be trusted: nothing is written. */
  | "refuse";

export interface RestoreItem {
  readonly from: SecretPlace;
  readonly to: { readonly accountId: string; readonly region: string; readonly name: string };
  readonly versionId: string;
  readonly changedAt: string;
  readonly action: RestoreAction;
  /** A scheduled deletion is cancelled first. */
  readonly cancelsDeletion: boolean;
  /** Why it is refused, or what a person should know. */
  readonly reason?: string;
  /** After writing: whether the value there was shown to be the one of the backup. */
  readonly verified?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RestoreAnswer {
  /**
   * 64 hex digits: 12 of the plan's time (so that the writing looks at the same backups), then SHA-256, cut, over the
   * request and the items. Good for a day.
   */
  readonly planDigest: string;
  readonly items: readonly RestoreItem[];
  /** Set when there is more to do: give it back as `after`. */
  readonly next?: string;
  readonly seconds: number;
}

export interface DrillRequest {
  readonly order: "drill";
  readonly drillId: string;
  readonly members: readonly Member[];
  /** Secrets of each account that are restored, chosen anew each time. */
  readonly samplePerAccount: number;
  /** This account is restored as a whole, from the recovery Region's copy. */
  readonly wholeAccountId?: string;
  readonly targets: { readonly rtoSeconds: number; readonly rpoSeconds: number };
}

/**
 * Asked of `drill` by its schedule, whose text is the same each time: its id is made of the time, the members are those of
 * the last sweep over all of them (`coverage/fleet.json`), and the account that is restored as a whole is drawn.
 */
export interface ScheduledDrill extends Pick<DrillRequest, "samplePerAccount" | "targets"> {
  readonly order: "drill-scheduled";
}

/** `reports/drills/<drill id>.json`; `mac` is a KMS HMAC over the canonical JSON of everything else. */
export interface DrillReport {
  readonly schema: 1;
  readonly drillId: string;
  readonly startedAt: string;
  readonly passed: boolean;
  /** Longest time from the order to a proven value, seconds. */
  readonly rtoSeconds: number;
  /** Longest time between a secret's last change and its backup, seconds. */
  readonly rpoSeconds: number;
  readonly targets: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  readonly restored: number;
  readonly accounts: readonly {
    readonly accountId: string;
    readonly from: "primary" | "recovery";
    readonly restored: number;
    readonly equal: number;
    readonly seconds: number;
    readonly problems: readonly string[];
  }[];
  /** Calls that must be refused, and whether they were. */
  readonly refusals: readonly {
    readonly role: string;
    readonly call: string;
    readonly refused: boolean;
  }[];
  readonly problems: readonly string[];
  readonly mac: string;
}
