import { placeOfArn } from "../core/arn";
import { valueKey } from "../core/keys";
import type { Member, SecretPlace } from "../model";
import { FunctionError } from "../ports";
import type { RotateOrder, RotationNote } from "../rotation-model";
import { asFunctionError } from "../work/retry";
import { NAMES } from "../../stacks/naming";

import { checkOf, consumerWorks, type Check } from "./check";
import { readNote, writeNote } from "./notes";
import { parameterOf } from "./parameter";
import type { Enroller, RotatePorts, SeenSecret } from "./ports";

/** A backup comes within seconds, a rotation within a minute; looked for so often, so far apart. */
const LOOKS = 60;
const LOOK_MS = 2_000;

interface Rotation {
  readonly ports: RotatePorts;
  readonly order: RotateOrder;
  readonly place: SecretPlace;
  readonly enroller: Enroller;
}

/** How a rotation ended, and with which version. */
type End = Pick<RotationNote, "outcome" | "versionId" | "code" | "message">;

/**
 * Sees one rotation through: the current value is kept in the vault, the member's function rotates, the consumer is asked,
 * the new value is kept, its version is written where deployments look for it, and what came of it is told. A consumer that
 * does not work with the new value gets the one before back.
 *
 * Where it is cut off, the same order goes on: how far it came is read from the secret. Every end leaves a note; `retry` is
 * there where the same order may come to a better one.
 */
export async function seeThrough(
  ports: RotatePorts,
  order: RotateOrder,
): Promise<{ readonly note: RotationNote; readonly retry?: FunctionError }> {
  const place = placeOfArn(order.arn);
  if (place === undefined) {
    throw new FunctionError("REQUEST_INVALID", `${order.arn} is no secret's ARN`, false);
  }
  const enroller = ports.enroller(order.member.accountId, order.region);
  const before = await readNote(ports.bucket, place);
  if (before?.token === order.token && before.outcome !== "failed") return { note: before };
  const startedAt = ports.clock.now();
  let end: End;
  let retry: FunctionError | undefined;
  try {
    end = await rotate({ ports, order, place, enroller });
  } catch (thrown) {
    const error = asFunctionError(thrown);
    if (error.retry) retry = error;
    end = { outcome: "failed", code: error.code, message: error.message };
  }
  const note: RotationNote = {
    schema: 1,
    accountId: place.accountId,
    region: place.region,
    name: place.name,
    arn: order.arn,
    token: order.token,
    cause: order.cause,
    startedAt: startedAt.toISOString(),
    endedAt: ports.clock.now().toISOString(),
    ...end,
    failures: end.outcome === "rotated" ? 0 : (before?.failures ?? 0) + 1,
  };
  await writeNote(ports.bucket, note);
  if (retry !== undefined) return { note, retry };
  await tell(ports, enroller, note);
  return { note };
}

async function rotate(it: Rotation): Promise<End> {
  const { ports, order, enroller } = it;
  const secret = await described(it);
  const check = checkOf(secret, rotationOf(order.member));
  const versionId = await renewed(it, secret);
  if (versionId === undefined) {
    return {
      outcome: "rolled-back",
      code: "ROTATION_UNHEALTHY",
      message: "Its consumer did not work with the new value; the one before is current again",
      ...currentOf(secret),
    };
  }
  if (check !== undefined) {
    const end = await checked(it, check, versionId);
    if (end !== undefined) return end;
  }
  await kept(it, versionId);
  await enroller.tellVersion(parameterOf(it.place.name), versionId);
  ports.log.info("Rotated", { secret: order.arn, version: versionId, cause: order.cause });
  return { outcome: "rotated", versionId };
}

const currentOf = (secret: SeenSecret): { versionId?: string } => {
  const versionId = versionOf(secret, "AWSCURRENT");
  return versionId === undefined ? {} : { versionId };
};

function rotationOf({ accountId, rotation }: Member) {
  if (rotation !== undefined) return rotation;
  throw new FunctionError(
    "ROTATION_NOT_ENABLED",
    `The fleet file has no secret of ${accountId} rotated`,
    false,
  );
}

async function described({ enroller, order }: Rotation): Promise<SeenSecret> {
  const secret = await enroller.describe(order.arn);
  if (secret === undefined || secret.deleted) {
    throw new FunctionError("SECRET_GONE", `${order.arn} is gone or being deleted`, false);
  }
  if (
    !secret.rotation.enabled ||
    secret.rotation.functionArn?.endsWith(`:function:${NAMES.rotationFunction}`) !== true
  ) {
    throw new FunctionError(
      "ROTATION_NOT_ENABLED",
      `No rotation of Strongroom's is set up for ${order.arn}. Enrol it first`,
      false,
    );
  }
  return secret;
}

const versionOf = ({ stages }: SeenSecret, stage: string): string | undefined =>
  Object.entries(stages).find(([, labels]) => labels.includes(stage))?.[0];

/**
 * Brings the secret to a new version and answers which. Undefined where this order's version was current once and is not
 * any more: then a try of before went back from it and was cut off.
 */
async function renewed(it: Rotation, secret: SeenSecret): Promise<string | undefined> {
  const { order, enroller } = it;
  const { token } = order;
  const labels = secret.stages[token] ?? [];
  if (labels.includes("AWSCURRENT")) return token;
  if (labels.includes("AWSPREVIOUS")) return undefined;
  const current = versionOf(secret, "AWSCURRENT");
  if (current === undefined) {
    throw new FunctionError("ROTATION_NO_CURRENT", `${order.arn} has no current value`, false);
  }
  await kept(it, current);
  const pending = versionOf(secret, "AWSPENDING");
  if (pending !== undefined && pending !== current && pending !== token) {
    // A rotation stands still, perhaps after the system learnt its value: it is ended, not written over.
    if ((await settled(it, pending)) === "current") return pending;
  }
  await enroller.start(order.arn, token);
  const isDone = await looked(it, async () => {
    const { stages } = await described(it);
    return stages[token]?.includes("AWSCURRENT") === true;
  });
  if (isDone || (await settled(it, token)) === "current") return token;
  throw new FunctionError(
    "ROTATION_FAILED",
    `${order.arn} did not come to a new value; the value before is still the current one. ` +
      `The log of ${NAMES.rotationFunction} in its account says why`,
    false,
  );
}

async function settled({ enroller, order }: Rotation, token: string): Promise<unknown> {
  const answer = await enroller.call(NAMES.rotationFunction, {
    Step: "settleSecret",
    SecretId: order.arn,
    ClientRequestToken: token,
  });
  return (answer as { outcome?: unknown } | undefined)?.outcome;
}

/** Asks the consumer; how it ended where it does not work with the new value. */
async function checked(it: Rotation, check: Check, versionId: string): Promise<End | undefined> {
  const { ports, order, enroller } = it;
  try {
    await consumerWorks(ports, enroller, check, { secretArn: order.arn, versionId });
    return undefined;
  } catch (error) {
    const { code, message } = asFunctionError(error);
    const current = await wentBack(it, versionId);
    return {
      outcome: "rolled-back",
      code,
      message,
      ...(typeof current === "string" ? { versionId: current } : {}),
    };
  }
}

async function wentBack({ enroller, order }: Rotation, versionId: string): Promise<unknown> {
  try {
    const answer = await enroller.call(NAMES.rotationFunction, {
      Step: "goBackSecret",
      SecretId: order.arn,
      ClientRequestToken: versionId,
    });
    return (answer as { versionId?: unknown } | undefined)?.versionId;
  } catch (error) {
    const { code, retry } = asFunctionError(error);
    throw new FunctionError(
      "ROTATION_STUCK",
      `The consumer of ${order.arn} does not work with its new value, and the one before could not be made to work ` +
        `(${code}). The new value is the current one: look at the system that it belongs to`,
      retry,
      { cause: error },
    );
  }
}

/** Sees to it that a version is in the vault, and waits for it. */
async function kept({ ports, order, place }: Rotation, versionId: string): Promise<void> {
  const key = valueKey(place, versionId);
  const isThere = async () => {
    for await (const object of ports.bucket.list(key)) if (object.key === key) return true;
    return false;
  };
  if (await isThere()) return;
  const { member, arn } = order;
  await ports.work.send([{ order: "backup", place, arn, member }]);
  if (await looked({ ports }, isThere)) return;
  throw new FunctionError(
    "ROTATION_NO_BACKUP",
    `Version ${versionId} of ${arn} is not kept yet. \`strongroom coverage\` says why`,
    true,
  );
}

/** Looks until it is so; false where it did not come to be. */
async function looked(
  { ports }: Pick<Rotation, "ports">,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  for (let look = 1; look <= LOOKS; look++) {
    if (await isSo()) return true;
    await ports.wait(LOOK_MS);
  }
  return isSo();
}

/** Tells the metrics and the account's own bus. An event that is lost is no reason to rotate again. */
async function tell(ports: RotatePorts, enroller: Enroller, note: RotationNote): Promise<void> {
  ports.metrics.rotation(note);
  const { arn, name, region, outcome, versionId, code, message } = note;
  if (outcome !== "rotated") {
    ports.log.warn("Not rotated", {
      secret: arn,
      outcome,
      code: code ?? "",
      reason: message ?? "",
    });
  }
  const kind = outcome === "rotated" ? "Secret rotated" : "Secret rotation failed";
  try {
    await enroller.tellOutcome(kind, { arn, name, region, outcome, versionId, code });
  } catch (error) {
    ports.log.warn("The outcome could not be told", {
      secret: arn,
      code: asFunctionError(error).code,
    });
  }
}
