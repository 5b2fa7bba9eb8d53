/** What the rotate function of the vault is asked and what it answers, as `model.ts` says it of the others. */

import type { RotationWindow } from "../stacks/rotation";
import type { Member, SecretPlace } from "./model";

/** How the secrets of a member are rotated, from the fleet file. */
export interface MemberRotation {
  /** Longest time between two rotations, days. */
  readonly everyDays: number;
  readonly window: RotationWindow;
  /** Secrets that are rotated though they have no tag of their own that says so; the first line that fits counts. */
  readonly enroll: readonly {
    /** Names, or patterns with `*` and `?`. */
    readonly names: readonly string[];
    readonly rotator: string;
    /** Settings of the rotator, as its tags would say them. */
    readonly settings: Readonly<Record<string, string>>;
  }[];
  /** Hosts that the checks of consumers may be asked at. */
  readonly hosts: readonly string[];
}

/** Asked of `rotate` by its schedule, and put into its queue: an account, or all that are members. */
export type RotationsOrder =
  | { readonly order: "rotations-all" }
  /** Enrols, cancels, starts what is due and writes down how it stands. */
  | { readonly order: "rotations-account"; readonly member: Member };

/** One secret that is to be rotated now. */
export interface RotateOrder {
  readonly order: "rotate";
  readonly member: Member;
  readonly region: string;
  readonly arn: string;
  /** Id of the version to come; the same for all tries of one rotation. */
  readonly token: string;
  readonly cause: "schedule" | "order";
}

/** Asked of `rotate` by the service: every enrolled secret that fits, one after the other. */
export interface RotateNowRequest {
  readonly order: "rotate-now";
  readonly member: Member;
  /** A name, or a pattern with `*` and `?`. */
  readonly name: string;
  readonly region?: string;
  /** What the versions' ids are made of: asked again with the same one, nothing is rotated twice. */
  readonly requestId: string;
  /** Go on behind this ARN, because one invocation could not finish all. */
  readonly after?: string;
}

export interface RotateNowAnswer {
  readonly items: readonly RotationNote[];
  /** Set when there is more to do: give it back as `after`. */
  readonly next?: string;
}

/**
 * `coverage/rotations/<account>/<Region>/<name>.json` in the vault's bucket: the last rotation of a secret that Strongroom
 * saw through, or tried to.
 */
export interface RotationNote {
  readonly schema: 1;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  readonly token: string;
  readonly cause: "schedule" | "order";
  readonly startedAt: string;
  readonly endedAt: string;
  /**
   * `rolled-back`: the new value did not work for a consumer, the one before is current again. `failed`: the value before
   * stayed the current one, or `code` says otherwise.
   */
  readonly outcome: "rotated" | "rolled-back" | "failed";
  /** The version that is current now; of a failed one only where it is known. */
  readonly versionId?: string;
  /** Rotations in a row that did not come to a new value. */
  readonly failures: number;
  readonly code?: string;
  readonly message?: string;
}

/** How the rotation of one secret stands. */
export interface RotationItem extends SecretPlace {
  readonly arn: string;
  readonly rotator: string;
  readonly enrolledBy: "tag" | "fleet-file";
  /** `rotating`: a rotation is under way; `foreign`: a function that is not Strongroom's rotates it. */
  readonly state: "scheduled" | "rotating" | "failed" | "overdue" | "foreign" | "not-set-up";
  /** ISO 8601. */
  readonly lastRotatedAt?: string;
  readonly nextRotationAt?: string;
  readonly failures: number;
  /** Why it failed, or was not set up; never a value. */
  readonly reason?: string;
}

/** `coverage/rotations/<account>.json` in the vault's bucket. */
export interface AccountRotations {
  readonly schema: 1;
  readonly accountId: string;
  readonly environment: string;
  readonly lookedAt: string;
  readonly items: readonly RotationItem[];
  /** Set when a Region could not be looked at; its items are then those of the last look that could. */
  readonly error?: { readonly code: string; readonly message: string };
}
