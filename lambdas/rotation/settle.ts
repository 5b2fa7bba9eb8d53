import { FunctionError } from "../ports";
import type { RotationTarget } from "./rotator";
import { ROTATION_STEPS, rotationStep, versionWith, type StepPorts } from "./steps";

/** What became of a rotation that somebody left. */
export interface Settled {
  /** `current`: it was brought to its end. `dropped`: the version is pending no more. `none`: there was nothing to settle. */
  readonly outcome: "current" | "dropped" | "none";
}

/**
 * Ends a rotation that stands still, because another one cannot begin beside it: does all steps again, from the start, and
 * only where they fail for good takes the pending label away; and that only when the current value is shown to work. Of a
 * rotation that was cut off after the system learnt the new value, the pending version is the only one that opens it.
 *
 * @throws FunctionError what the steps throw where trying again may help, or where the current value does not work either.
 */
export async function settleRotation(target: RotationTarget, ports: StepPorts): Promise<Settled> {
  const { secrets, rotator, log } = ports;
  const { arn, token } = target;
  const stages = (await secrets.describe(arn))?.stages[token] ?? [];
  if (stages.includes("AWSCURRENT")) return { outcome: "current" };
  if (!stages.includes("AWSPENDING")) return { outcome: "none" };
  try {
    for (const step of ROTATION_STEPS) await rotationStep(step, target, ports);
    return { outcome: "current" };
  } catch (error) {
    if (!(error instanceof FunctionError) || error.retry) throw error;
    const secret = await secrets.describe(arn);
    const current = secret === undefined ? undefined : versionWith(secret, "AWSCURRENT");
    const value = current === undefined ? undefined : await secrets.value(arn, current);
    if (value === undefined) throw error;
    await rotator.test(value, target);
    await secrets.dropPending(arn, token);
    log.warn("A rotation that could not be ended was dropped", { secret: arn, code: error.code });
    return { outcome: "dropped" };
  }
}

/**
 * Goes back from a version that does not work for those who use the secret to the one before: makes the system take the
 * value before where it does not any more, proves it, and then moves AWSCURRENT. The value that is left keeps its label
 * AWSPREVIOUS.
 *
 * @throws FunctionError `ROTATION_NO_WAY_BACK` where there is no value before, and what the rotator throws where that one
 *   cannot be made to work: then the new value stays the current one.
 */
export async function goBack(
  target: RotationTarget,
  ports: StepPorts,
): Promise<{ readonly outcome: "back" | "none"; readonly versionId?: string }> {
  const { secrets, rotator, log } = ports;
  const { arn, token } = target;
  const secret = await secrets.describe(arn);
  if (secret?.stages[token]?.includes("AWSCURRENT") !== true) return { outcome: "none" };
  const before = versionWith(secret, "AWSPREVIOUS");
  const value = before === undefined ? undefined : await secrets.value(arn, before);
  const current = await secrets.value(arn, token);
  if (before === undefined || value === undefined || current === undefined) {
    throw new FunctionError(
      "ROTATION_NO_WAY_BACK",
      `${arn} has no value before ${token} that it could go back to`,
      false,
    );
  }
  const back = { arn, token: before };
  await rotator.set(value, { current }, back);
  await rotator.test(value, back);
  await secrets.makeCurrent(arn, before, token);
  log.warn("Went back to the value before", { secret: arn });
  return { outcome: "back", versionId: before };
}
