import type { Onboarding } from "../onboarding-ports";

/** An onboarding as the database has it; `version` grows with every change. */
export type StoredOnboarding = Onboarding & { readonly version: number };

/** What may change of an onboarding. */
export type OnboardingChange = Pick<Onboarding, "state" | "attempts"> & {
  readonly nextAt?: Date | undefined;
  readonly upRun?: string | undefined;
  readonly backupRun?: string | undefined;
  readonly note?: Onboarding["note"] | undefined;
  readonly result?: Onboarding["result"] | undefined;
  readonly ended: boolean;
};

/** Statements about onboardings in an open transaction. */
export interface OnboardingTransaction {
  /** Writes an onboarding down; answers the open one of the account where there is one. */
  insert(onboarding: Onboarding): Promise<StoredOnboarding | undefined>;
  /** Changes one, if nobody has changed it since it was read. */
  change(of: StoredOnboarding, change: OnboardingChange): Promise<boolean>;
}

/** What can be read of onboardings. */
export interface OnboardingStore {
  get(id: string): Promise<StoredOnboarding | undefined>;
  /** The one of an account that has not ended. */
  openOf(accountId: string): Promise<StoredOnboarding | undefined>;
  list(limit: number): Promise<readonly StoredOnboarding[]>;
  /** Those that are to be looked at now, the ones that waited longest first. */
  due(limit: number): Promise<readonly StoredOnboarding[]>;
}
