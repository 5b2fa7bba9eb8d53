import type { Member } from "../model";
import type { Clock, Log, Random, VaultBucket, WorkQueue } from "../ports";
import type { PostJson, Wait } from "../rotation/rotators/ports";
import type { RotateOrder, RotationNote, RotationsOrder } from "../rotation-model";

/** A secret as the rotate function sees it: never a value. */
export interface SeenSecret {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly deleted: boolean;
  /** Of a replica: where its primary is. */
  readonly primaryRegion?: string;
  /** Of a secret that another AWS service keeps and rotates. */
  readonly owningService?: string;
  readonly rotation: {
    readonly enabled: boolean;
    readonly functionArn?: string;
    readonly everyDays?: number;
    readonly lastAt?: Date;
  };
  /** Version id to stage labels. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
}

/** One Region of a member through its enroller role. Throws {@link FunctionError}. */
export interface Enroller {
  list(): AsyncIterable<SeenSecret>;
  /** Undefined where there is no such secret. */
  describe(arn: string): Promise<SeenSecret | undefined>;
  mark(arn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  unmark(arn: string, names: readonly string[]): Promise<void>;
  /** Sets the rotation up, or changes it, without rotating. */
  setUp(arn: string, functionArn: string, everyDays: number): Promise<void>;
  cancel(arn: string): Promise<void>;
  /** Starts a rotation to the version `token`. Throws `ROTATION_BUSY` (retry) where another one is under way. */
  start(arn: string, token: string): Promise<void>;
  /** Calls a function of the account and answers what it says; its error is thrown with its code. */
  call(functionName: string, event: object): Promise<unknown>;
  /** Writes down, for deployments, which version is the current one. */
  tellVersion(parameter: string, versionId: string): Promise<void>;
  /** An event on the account's own bus. */
  tellOutcome(kind: string, detail: object): Promise<void>;
}

/** Rotations and accounts that wait. */
export interface RotationQueue {
  /** In batches; throws when any message was not taken. */
  send(orders: readonly (RotateOrder | RotationsOrder)[]): Promise<void>;
  retryIn(receipt: string, seconds: number): Promise<void>;
}

export interface RotationMetrics {
  /** The end of one rotation. */
  rotation(note: RotationNote): void;
  /** Secrets of an account that were not rotated in their time. */
  overdue(member: Member, count: number): void;
}

export interface RotatePorts {
  readonly vaultAccountId: string;
  readonly enroller: (accountId: string, region: string) => Enroller;
  readonly bucket: VaultBucket;
  readonly work: Pick<WorkQueue, "send">;
  readonly rotations: RotationQueue;
  readonly post: PostJson;
  readonly metrics: RotationMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: Wait;
}
