import type { SecretValue } from "../ports";

/** What a rotator knows of the secret that it renews. */
export interface RotationTarget {
  readonly arn: string;
  /** Becomes the id of the new version; the same for all tries of one rotation. */
  readonly token: string;
}

/** The values of a secret that count during a rotation. `previous` is there from the second rotation on. */
export interface KnownValues {
  readonly current: SecretValue;
  readonly previous?: SecretValue;
}

/**
 * How one sort of secret is renewed. The steps around it (which version is which, when it becomes the current one) are not
 * its affair: see {@link rotationSteps}. Every method may be called again after it was cut off anywhere, and twice at the
 * same time, and must then come to the same end. It throws {@link FunctionError}; a message never holds a value.
 */
export interface Rotator {
  /** As the tag `strongroom:rotator` names it. */
  readonly name: string;
  /**
   * Makes the next value. Of two that were made at the same time one is kept and the other is dropped, so what this leaves
   * outside of Secrets Manager must be found and cleared by a later call.
   */
  create(known: KnownValues, target: RotationTarget): Promise<SecretValue>;
  /** Makes the system that the secret belongs to accept the pending value. The current one stays valid where it can. */
  set(pending: SecretValue, known: KnownValues, target: RotationTarget): Promise<void>;
  /** Proves that the pending value works; throws `ROTATION_UNPROVEN` where it does not. Changes nothing. */
  test(pending: SecretValue, target: RotationTarget): Promise<void>;
}
