import type {
  AccountCoverage,
  BackupOrder,
  DrillReport,
  Manifest,
  SecretPlace,
  SweepRequest,
} from "./model";

/** A secret's value, in memory only: never logged, never part of an error. */
export type SecretValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "binary"; readonly data: Uint8Array };

/** A secret as Secrets Manager lists it. */
export interface ListedSecret {
  readonly arn: string;
  readonly place: SecretPlace;
  readonly changedAt: string;
  readonly deletedAt?: string;
  readonly primaryRegion?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version id to stage labels; versions without a label are not listed. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

/** What a secret is, all but its values. */
export type SecretDescription = Omit<
  Manifest,
  "schema" | "organizationId" | "capturedAt" | "mac" | "versions"
> & {
  readonly deletedAt?: string;
  readonly versions: readonly {
    readonly versionId: string;
    readonly stages: readonly string[];
    readonly createdAt: string;
  }[];
};

/** The secrets of one member's Region through its reader role. Throws {@link FunctionError}. */
export interface SecretReader {
  /** All, those that are scheduled for deletion too; with `name` only those whose name begins with it. */
  list(options?: { readonly name?: string }): AsyncIterable<ListedSecret>;
  /** By ARN or name. Undefined where there is no such secret any more; a scheduled deletion shows as `deletedAt`. */
  describe(secretId: string): Promise<SecretDescription | undefined>;
  /** Undefined where the version is gone, has no value yet, or the secret is being deleted. */
  value(arn: string, versionId: string): Promise<SecretValue | undefined>;
}

export interface SecretToWrite {
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly replicas: Manifest["replicas"];
}

/**
 * Writes secrets of one Region of one account through the restorer role, which cannot read a value. `token` becomes the
 * version's id: the same token with the same value changes nothing, with another value it fails with `VERSION_DIFFERS`;
 * so writing again shows, without the right to read, that the value there is the one that was written.
 */
export interface SecretWriter {
  /** By name. */
  describe(name: string): Promise<SecretDescription | undefined>;
  /**
   * Makes the secret without a value, so that its policy stands before the value comes, and so that a making that was cut
   * off shows: such a secret has no current value. Throws `SECRET_EXISTS` where there is one of the name.
   */
  create(secret: SecretToWrite): Promise<{ arn: string }>;
  put(arn: string, token: string, value: SecretValue, stages: readonly string[]): Promise<void>;
  moveStage(arn: string, stage: string, to: string, from?: string): Promise<void>;
  cancelDeletion(arn: string): Promise<void>;
  putPolicy(arn: string, policy: string): Promise<void>;
  rotate(arn: string, rotation: NonNullable<Manifest["rotation"]>): Promise<void>;
}

/** Assumes the members' roles, with the external id, and keeps the sessions while they are good. */
export interface Members {
  reader(accountId: string, region: string): SecretReader;
  writer(accountId: string, region: string): SecretWriter;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly storedAt: string;
}

export interface Lock {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly until: Date;
}

/** One of the vault's two buckets. */
export interface VaultBucket {
  /** False when an object is already there under the key: it stays as it is. */
  writeOnce(key: string, body: Uint8Array, lock: Lock): Promise<boolean>;
  read(key: string): Promise<Uint8Array | undefined>;
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Coverage and reports only: replaces what is there. */
  write(key: string, body: Uint8Array): Promise<void>;
}

/** Encrypts values for the vault, and proves that two values, or a document, are the same. */
export interface Envelope {
  /** Encryption SDK message under the vault's key, bound to the context. */
  seal(value: SecretValue, context: EnvelopeContext): Promise<Uint8Array>;
  /** Throws `ENVELOPE_TAMPERED` when it was changed or belongs to another context, `ENVELOPE_KEY` when KMS refuses. */
  open(message: Uint8Array, context: EnvelopeContext): Promise<SecretValue>;
  /** KMS HMAC, base64. */
  digest(value: SecretValue): Promise<string>;
  /** KMS HMAC over canonical JSON, base64. */
  sign(document: object): Promise<string>;
  verify(document: object, mac: string): Promise<boolean>;
}

export interface EnvelopeContext {
  readonly organizationId: string;
  readonly place: SecretPlace;
  readonly versionId: string;
}

export interface WorkQueue {
  /** In batches; throws when any message was not taken. */
  send(orders: readonly BackupOrder[]): Promise<void>;
  /**
   * Gives a message that failed back after some seconds, where it would else be hidden for the whole time that a function
   * may run. `receipt` is the receipt handle it came with.
   */
  retryIn(receipt: string, seconds: number): Promise<void>;
}

/** The queue that `sweep` fills for itself: one message an account, so that none waits for another. */
export interface SweepQueue {
  /** In batches; throws when any message was not taken. */
  send(requests: readonly Extract<SweepRequest, { order: "sweep-account" }>[]): Promise<void>;
  retryIn(receipt: string, seconds: number): Promise<void>;
}

/** CloudWatch metrics in the namespace `Strongroom`, written as embedded metric format to the log. */
export interface Metrics {
  coverage(coverage: AccountCoverage): void;
  drill(report: DrillReport): void;
  backup(written: number, failed: number, seconds: number): void;
}

/** One JSON line a call. Only names, ids, counts and codes: never a value. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  warn(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

export interface Clock {
  now(): Date;
}

/** Chances for the jitter of retries: at least 0, below 1. */
export type Random = () => number;

/**
 * A failure with a code that callers decide by. `retry`: the same call may succeed later (throttling, a service that
 * fails); everything else needs somebody to change something. The message names things, never a value.
 */
export class FunctionError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retry: boolean,
    options: ErrorOptions = {},
  ) {
    super(message, options);
    // What Lambda hands to the caller of a function that threw are an error's name and message, nothing else.
    this.name = code;
  }
}
