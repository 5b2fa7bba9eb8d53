import { FunctionError, type Log, type SecretValue } from "../ports";
import type { RotatedSecret, RotationSecrets } from "./ports";
import type { KnownValues, Rotator, RotationTarget } from "./rotator";

/** The steps that Secrets Manager asks for, in its order and its words (user guide, "Rotation function code"). */
export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

export interface StepPorts {
  readonly secrets: RotationSecrets;
  readonly rotator: Rotator;
  readonly log: Log;
}

interface Stepping extends StepPorts {
  readonly secret: RotatedSecret;
  readonly target: RotationTarget;
  /** Id of the version that is current. */
  readonly current: string;
}

type Step = (it: Stepping) => Promise<void>;

const STEPS: Readonly<Record<RotationStep, Step>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

/**
 * Does one step of a rotation. Each may be cut off and done again, and done twice at the same time: what a step has
 * reached is read from the secret itself, never remembered. AWSCURRENT moves in the last step alone, and there only after
 * the new value has been proven once more: a step that was left out, or a value that stopped working since, changes nothing
 * for those who read the secret.
 *
 * @throws FunctionError `ROTATION_NOT_ENABLED`, `ROTATION_TOKEN` for a version that is not being rotated to, `SECRET_GONE`,
 *   `ROTATION_NO_CURRENT`, `ROTATION_STEP_ORDER`, and what the rotator and Secrets Manager throw.
 */
export async function rotationStep(
  step: RotationStep,
  target: RotationTarget,
  ports: StepPorts,
): Promise<void> {
  const { arn, token } = target;
  const secret = await ports.secrets.describe(arn);
  if (secret === undefined) {
    throw new FunctionError("SECRET_GONE", `${arn} is gone or being deleted`, false);
  }
  if (!secret.rotationEnabled) {
    throw new FunctionError("ROTATION_NOT_ENABLED", `No rotation is set up for ${arn}`, false);
  }
  const stages = secret.stages[token] ?? [];
  if (stages.includes("AWSCURRENT")) {
    // Cut off between the two last calls: done for the readers, and now for the next rotation too.
    if (stages.includes("AWSPENDING")) await ports.secrets.dropPending(arn, token);
    ports.log.info("Rotated already", { secret: arn, step });
    return;
  }
  if (!stages.includes("AWSPENDING")) {
    throw new FunctionError(
      "ROTATION_TOKEN",
      `Version ${token} of ${arn} is not being rotated to. Start a new rotation`,
      false,
    );
  }
  const current = versionWith(secret, "AWSCURRENT");
  if (current === undefined) {
    throw new FunctionError(
      "ROTATION_NO_CURRENT",
      `${arn} has no current value to rotate from. Give it one first`,
      false,
    );
  }
  await STEPS[step]({ ...ports, secret, target, current });
  ports.log.info("Rotation step done", { secret: arn, step, rotator: ports.rotator.name });
}

/** The version that has a stage label. */
export function versionWith({ stages }: RotatedSecret, stage: string): string | undefined {
  return Object.entries(stages).find(([, labels]) => labels.includes(stage))?.[0];
}

async function createSecret(it: Stepping): Promise<void> {
  const { secrets, rotator, target, log } = it;
  if ((await secrets.value(target.arn, target.token)) !== undefined) return;
  const value = await rotator.create(await knownValues(it), target);
  try {
    await secrets.putPending(target.arn, target.token, value);
  } catch (error) {
    // Somebody else does the same step at the same time: their value counts for both.
    if (!(error instanceof FunctionError) || error.code !== "VERSION_DIFFERS") throw error;
    log.info("Another call has made the value", { secret: target.arn });
  }
}

async function setSecret(it: Stepping): Promise<void> {
  await it.rotator.set(await pendingValue(it), await knownValues(it), it.target);
}

/**
 * Secrets Manager also asks for this step alone, to try a function that a secret is set up with (API reference,
 * RotateSecret, RotateImmediately): the pending version then has no value, or the current one, and nothing is to be proven.
 */
async function testSecret(it: Stepping): Promise<void> {
  const { secrets, target, current, log } = it;
  const pending = await secrets.value(target.arn, target.token);
  if (pending === undefined || same(pending, await secrets.value(target.arn, current))) {
    log.info("Only tried", { secret: target.arn });
    return;
  }
  await it.rotator.test(pending, target);
}

const same = (one: SecretValue, other: SecretValue | undefined): boolean =>
  one.kind === "string"
    ? other?.kind === "string" && one.text === other.text
    : other?.kind === "binary" && Buffer.from(one.data).equals(other.data);

async function finishSecret(it: Stepping): Promise<void> {
  const { secrets, rotator, target, current } = it;
  await rotator.test(await pendingValue(it), target);
  await secrets.makeCurrent(target.arn, target.token, current);
  // AWS leaves the label where it was; a version that has both is done, and another rotation may begin.
  await secrets.dropPending(target.arn, target.token);
}

async function pendingValue({ secrets, target }: Stepping): Promise<SecretValue> {
  const pending = await secrets.value(target.arn, target.token);
  if (pending !== undefined) return pending;
  throw new FunctionError(
    "ROTATION_STEP_ORDER",
    `Version ${target.token} of ${target.arn} has no value yet: createSecret comes first`,
    false,
  );
}

async function knownValues({ secrets, secret, target, current }: Stepping): Promise<KnownValues> {
  const value = await secrets.value(target.arn, current);
  if (value === undefined) {
    throw new FunctionError("ROTATION_NO_CURRENT", `${target.arn} has no current value`, false);
  }
  const before = versionWith(secret, "AWSPREVIOUS");
  const previous = before === undefined ? undefined : await secrets.value(target.arn, before);
  return { current: value, ...(previous === undefined ? {} : { previous }) };
}
