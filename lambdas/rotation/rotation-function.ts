import { Type, type Static } from "typebox";
import Value from "typebox/value";

import { FunctionError, type Log } from "../ports";
import { asFunctionError } from "../work/retry";
import type { RotationSecrets } from "./ports";
import type { RotationTarget } from "./rotator";
import { rotatorFor, type RotatorPorts } from "./rotators";
import { goBack, settleRotation } from "./settle";
import { ROTATION_STEPS, rotationStep, type StepPorts } from "./steps";

/** What Strongroom's rotate function asks beside the steps of Secrets Manager. */
const FURTHER_STEPS = ["settleSecret", "goBackSecret"] as const;

/** What Secrets Manager sends (user guide, "Rotation function event"); `RotationToken` comes with assumed roles. */
const RotationEvent = Type.Object({
  SecretId: Type.String({ minLength: 1 }),
  ClientRequestToken: Type.String({ minLength: 32, maxLength: 64 }),
  Step: Type.Enum([...ROTATION_STEPS, ...FURTHER_STEPS]),
  RotationToken: Type.Optional(Type.String()),
});
type RotationEvent = Static<typeof RotationEvent>;

export interface RotationFunctionPorts extends RotatorPorts {
  readonly secrets: RotationSecrets;
  readonly log: Log;
}

/**
 * The function that Secrets Manager calls, step by step, and the vault's rotate function to settle a rotation that stands
 * still and to go back. The rotator is found by the secret's tags, each time anew. A
 * failure ends the rotation for now: the current value stays, and Secrets Manager calls again.
 */
export function rotationFunction(ports: RotationFunctionPorts) {
  return async (event: unknown): Promise<object | undefined> => {
    const { SecretId: arn, ClientRequestToken: token, Step: step } = readEvent(event);
    try {
      const tags = (await ports.secrets.describe(arn))?.tags ?? {};
      const rotator = rotatorFor(tags, arn, ports);
      return await work(step, { arn, token }, { ...ports, rotator });
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

async function work(
  step: RotationEvent["Step"],
  target: RotationTarget,
  ports: StepPorts,
): Promise<object | undefined> {
  if (step === "settleSecret") return settleRotation(target, ports);
  if (step === "goBackSecret") return goBack(target, ports);
  await rotationStep(step, target, ports);
  return undefined;
}

function readEvent(event: unknown): RotationEvent {
  if (Value.Check(RotationEvent, event)) return event;
  throw new FunctionError(
    "REQUEST_INVALID",
    "This is no step of a rotation: Secrets Manager sends SecretId, ClientRequestToken and Step",
    false,
  );
}
