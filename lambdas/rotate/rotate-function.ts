import { Type, type TSchema } from "typebox";
import Value from "typebox/value";

import { Member, orderOf, parseJson } from "../core/requests";
import { derivedUuid } from "../core/uuid";
import { FunctionError } from "../ports";
import type {
  AccountRotations,
  RotateNowAnswer,
  RotateNowRequest,
  RotateOrder,
  RotationNote,
  RotationsOrder,
} from "../rotation-model";
import { fleetOf } from "../work/fleet-settings";
import { asFunctionError, retrySeconds } from "../work/retry";
import { isBatch, readBatch, type BatchAnswer, type QueueMessage } from "../work/sqs";
import { eachSettled, mapBounded } from "../../stacks/at-once";
import { globMatches } from "../../stacks/glob";
import { Region } from "../../stacks/spec";

import { lastLook, lookAtAccount } from "./account";
import type { RotatePorts } from "./ports";
import { seeThrough } from "./see-through";

const strict = { additionalProperties: false } as const;

const SCHEMAS = {
  "rotations-all": Type.Object({ order: Type.Literal("rotations-all") }, strict),
  "rotations-account": Type.Object(
    { order: Type.Literal("rotations-account"), member: Member },
    strict,
  ),
  rotate: Type.Object(
    {
      order: Type.Literal("rotate"),
      member: Member,
      region: Region,
      arn: Type.String({ minLength: 20 }),
      token: Type.String({ minLength: 32, maxLength: 64 }),
      cause: Type.Enum(["schedule", "order"]),
    },
    strict,
  ),
  "rotate-now": Type.Object(
    {
      order: Type.Literal("rotate-now"),
      member: Member,
      name: Type.String({ minLength: 1, maxLength: 512 }),
      region: Type.Optional(Region),
      requestId: Type.String({ minLength: 1, maxLength: 128 }),
      after: Type.Optional(Type.String()),
    },
    strict,
  ),
} as const satisfies Record<string, TSchema>;

type Order = RotationsOrder | RotateOrder | RotateNowRequest;
type Answer = AccountRotations | RotateNowAnswer | RotationNote | { readonly ordered: number };

/** Reports that are read, and messages that are given back, at the same time. */
const AT_ONCE = 10;
/** One more rotation is begun only while so much of the function's time is left: milliseconds. */
const TIME_OF_ONE_MS = 8 * 60_000;

/**
 * The function `rotate`. Its schedule asks it for all accounts, each of which becomes a message of its own queue, and each
 * secret that is due one more; the service asks it to rotate some secrets now, and gets their notes.
 */
export function rotateFunction(ports: RotatePorts) {
  return async (event: unknown, remainingMs: () => number): Promise<Answer | BatchAnswer> => {
    if (isBatch(event)) return batch(ports, readBatch(event), remainingMs);
    return work(ports, readOrder(event), remainingMs);
  };
}

function readOrder(message: unknown): Order {
  const order = orderOf(message);
  const schema = Object.entries(SCHEMAS).find(([name]) => name === order)?.[1];
  if (schema !== undefined && Value.Check(schema, message)) return message;
  throw new FunctionError(
    "REQUEST_INVALID",
    `The order to rotate is not one; it is one of ${Object.keys(SCHEMAS).join(", ")}`,
    false,
  );
}

async function work(ports: RotatePorts, order: Order, remainingMs: () => number): Promise<Answer> {
  switch (order.order) {
    case "rotations-all":
      return all(ports);
    case "rotations-account": {
      const { rotations, retry } = await lookAtAccount(ports, order.member, true);
      if (!retry) return rotations;
      throw new FunctionError("AWS_BUSY", rotations.error?.message ?? "AWS is busy", true);
    }
    case "rotate": {
      const { note, retry } = await seeThrough(ports, order);
      if (retry === undefined) return note;
      throw retry;
    }
    case "rotate-now":
      return now(ports, order, remainingMs);
  }
}

/** A member whose secrets are not rotated any more is looked at once more: what was enrolled is left then. */
async function all(ports: RotatePorts): Promise<{ ordered: number }> {
  const members = await fleetOf(ports.bucket);
  const isLooked = await mapBounded(
    members,
    AT_ONCE,
    async ({ rotation, accountId }) =>
      rotation !== undefined || ((await lastLook(ports, accountId))?.items.length ?? 0) > 0,
  );
  const looked = members.filter((_, index) => isLooked[index]);
  await ports.rotations.send(looked.map((member) => ({ order: "rotations-account", member })));
  ports.log.info("Looks at rotations ordered", { ordered: looked.length });
  return { ordered: looked.length };
}

async function now(
  ports: RotatePorts,
  { member, name, region, requestId, after }: RotateNowRequest,
  remainingMs: () => number,
): Promise<RotateNowAnswer> {
  const { rotations } = await lookAtAccount(ports, member, false);
  const wanted = rotations.items
    .filter(({ state }) => state !== "foreign" && state !== "not-set-up")
    .filter((item) => globMatches(name, item.name) && (region ?? item.region) === item.region)
    .sort((a, b) => (a.arn < b.arn ? -1 : 1))
    .filter(({ arn }) => after === undefined || arn > after);
  const items: RotationNote[] = [];
  let last: string | undefined;
  for (const { arn, region: place } of wanted) {
    if (items.length > 0 && remainingMs() < TIME_OF_ONE_MS) break;
    const token = derivedUuid([requestId, arn]);
    // A failure is in the note: the others are rotated all the same.
    const { note } = await seeThrough(ports, {
      order: "rotate",
      member,
      region: place,
      arn,
      token,
      cause: "order",
    });
    items.push(note);
    last = arn;
  }
  if (items.length > 0) await lookAtAccount(ports, member, false);
  return {
    items,
    ...(items.length < wanted.length && last !== undefined ? { next: last } : {}),
  };
}

async function batch(
  ports: RotatePorts,
  messages: readonly QueueMessage[],
  remainingMs: () => number,
): Promise<BatchAnswer> {
  const ends = await eachSettled(messages, messages.length, async ({ body }) =>
    work(ports, readOrder(parseJson(body, "The message in the rotation queue")), remainingMs),
  );
  const failed: QueueMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const end = ends[index];
    if (end?.ok === true) continue;
    const { code, message: reason, retry } = asFunctionError(end?.error);
    ports.log.warn("Rotation work failed", { code, reason, retry });
    failed.push(message);
  }
  await eachSettled(failed, AT_ONCE, async ({ receipt, receives }) => {
    try {
      await ports.rotations.retryIn(receipt, retrySeconds(receives, ports.random));
    } catch (error) {
      // It comes back by itself, later.
      ports.log.warn("A message could not be given back early", {
        code: asFunctionError(error).code,
      });
    }
  });
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
