import type { SecretValue } from "../ports";

/** A secret as its rotation sees it. */
export interface RotatedSecret {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether Secrets Manager has a rotation set up for it. */
  readonly rotationEnabled: boolean;
  /** Version id to stage labels. A pending version may have no value yet. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
}

/** The secrets of one account and Region, for the function that rotates them. Throws {@link FunctionError}. */
export interface RotationSecrets {
  /** Undefined where there is no such secret, or it is being deleted. */
  describe(arn: string): Promise<RotatedSecret | undefined>;
  /** Undefined where the version has no value. */
  value(arn: string, versionId: string): Promise<SecretValue | undefined>;
  /**
   * Gives the version `token` its value and the stage AWSPENDING. The same value again changes nothing; another one throws
   * `VERSION_DIFFERS` and changes nothing.
   */
  putPending(arn: string, token: string, value: SecretValue): Promise<void>;
  /** Moves AWSCURRENT; AWSPREVIOUS follows by itself. Throws where `from` does not have it any more. */
  makeCurrent(arn: string, to: string, from: string): Promise<void>;
  /** Takes AWSPENDING off a version. */
  dropPending(arn: string, from: string): Promise<void>;
}
