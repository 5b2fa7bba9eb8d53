import { Type, type Static } from "typebox";
import Value from "typebox/value";

import { FunctionError, type Log } from "../ports";
import { asFunctionError } from "../work/retry";
import type { RotationSecrets } from "./ports";
import { rotatorFor, type RotatorPorts } from "./rotators";
import { ROTATION_STEPS, rotationStep } from "./steps";

/** What Secrets Manager sends (user guide, "Rotation function event"); `RotationToken` comes with assumed roles. */
const RotationEvent = Type.Object({
  SecretId: Type.String({ minLength: 1 }),
  ClientRequestToken: Type.String({ minLength: 32, maxLength: 64 }),
  Step: Type.Enum([...ROTATION_STEPS]),
  RotationToken: Type.Optional(Type.String()),
});
type RotationEvent = Static<typeof RotationEvent>;

export interface RotationFunctionPorts extends RotatorPorts {
  readonly secrets: RotationSecrets;
  readonly log: Log;
}

/**
 * The function that Secrets Manager calls, step by step. The rotator is found by the secret's tags, each time anew. A
 * failure ends the rotation for now: the current value stays, and Secrets Manager calls again.
 */
export function rotationFunction(ports: RotationFunctionPorts) {
  return async (event: unknown): Promise<void> => {
    const { SecretId: arn, ClientRequestToken: token, Step: step } = readEvent(event);
    try {
      const tags = (await ports.secrets.describe(arn))?.tags ?? {};
      const rotator = rotatorFor(tags, arn, ports);
      await rotationStep(step, { arn, token }, { ...ports, rotator });
    } catch (thrown) {
      const error = asFunctionError(thrown);
      ports.log.warn("Rotation step failed", {
        secret: arn,
        step,
        code: error.code,
        reason: error.message,
      });
      throw error;
    }
  };
}

function readEvent(event: unknown): RotationEvent {
  if (Value.Check(RotationEvent, event)) return event;
  throw new FunctionError(
    "REQUEST_INVALID",
    "This is no step of a rotation: Secrets Manager sends SecretId, ClientRequestToken and Step",
    false,
  );
}
