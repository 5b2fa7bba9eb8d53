import type { ErrorRecord } from "../stacks/errors";
import type { StampName } from "../stacks/naming";
import type { IdempotencyKey } from "./runs-ports";

/**
 * How far an account is on its way into the fleet. The last three are ends: `ready` is stamped with its first backup shown,
 * `needs_attention` waits for a person.
 */
export const ONBOARDING_STATES = [
  "waiting_for_account",
  "stamping",
  "backing_up",
  "ready",
  "failed",
  "needs_attention",
] as const;
export type OnboardingState = (typeof ONBOARDING_STATES)[number];

/** What a ready account has. Never a secret's value: secret outputs are left out. */
export interface OnboardingResult {
  readonly stamps: readonly {
    readonly stamp: StampName;
    readonly outputs: Readonly<Record<string, unknown>>;
  }[];
  readonly coverage: { readonly secrets: number; readonly covered: number };
}

/** An account on its way into the fleet. */
export interface Onboarding {
  readonly id: string;
  readonly accountId: string;
  readonly state: OnboardingState;
  readonly requestedBy: string;
  readonly reason?: string;
  /** The webhook that is told of its end, whatever events it has asked for. */
  readonly webhook?: string;
  readonly createdAt: string;
  readonly endedAt?: string;
  /** What was tried in vain so far. */
  readonly attempts: number;
  /** When it is looked at next. */
  readonly nextAt?: string;
  readonly upRun?: string;
  readonly backupRun?: string;
  /** Why it waits, or ended as it did. */
  readonly note?: ErrorRecord;
  readonly result?: OnboardingResult;
}

export interface OnboardingRequest {
  readonly accountId: string;
  readonly webhook?: string;
  readonly reason?: string;
}

/** What the HTTP routes may ask about accounts that join. Throws AppError. */
export interface OnboardingService {
  /**
   * Returns once the onboarding is durable. An account that is on its way already gets no second one: `replayed`, as for the
   * same key and request.
   */
  start(
    request: OnboardingRequest,
    key: IdempotencyKey,
  ): Promise<{ onboarding: Onboarding; replayed: boolean }>;
  get(id: string): Promise<Onboarding | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly Onboarding[]>;
}

/** Whether an onboarding is over. */
export const isOver = ({ state }: Pick<Onboarding, "state">): boolean =>
  state === "ready" || state === "failed" || state === "needs_attention";
