import { Type, type TSchema } from "typebox";
import Value from "typebox/value";

import { AccountId, LockMode, Region, RotationSpec, SecretScope } from "../../stacks/spec";
import type { BackupOrder, Fleet, SweepRequest } from "../model";
import { FunctionError } from "../ports";

const strict = { additionalProperties: false } as const;

export const Member = Type.Object(
  {
    accountId: AccountId,
    regions: Type.Array(Region, { minItems: 1, uniqueItems: true }),
    environment: Type.String({ minLength: 1 }),
    scope: SecretScope,
    retentionDays: Type.Integer({ minimum: 1, maximum: 36500 }),
    lockMode: LockMode,
    rotation: Type.Optional(
      Type.Object(
        { ...RotationSpec.properties, everyDays: Type.Integer({ minimum: 1, maximum: 365 }) },
        strict,
      ),
    ),
  },
  strict,
);

const BackupOrderSchema = Type.Object(
  {
    order: Type.Literal("backup"),
    place: Type.Object(
      { accountId: AccountId, region: Region, name: Type.String(), suffix: Type.String() },
      strict,
    ),
    arn: Type.String(),
    member: Member,
  },
  strict,
);

const SweepAll = Type.Object(
  { order: Type.Literal("sweep-all"), members: Type.Optional(Type.Array(Member)) },
  strict,
);
const SweepAccount = Type.Object(
  { order: Type.Literal("sweep-account"), member: Member, backup: Type.Boolean() },
  strict,
);

const FleetSchema = Type.Object(
  {
    schema: Type.Literal(1),
    organizationId: Type.String(),
    storedAt: Type.String(),
    members: Type.Array(Member),
  },
  strict,
);

function check(schema: TSchema, value: unknown, what: string): void {
  if (Value.Check(schema, value)) return;
  const [first] = Value.Errors(schema, value);
  throw new FunctionError(
    "REQUEST_INVALID",
    `${what} is not one: ${first?.instancePath ?? ""} ${first?.message ?? ""}`.trim(),
    false,
  );
}

/** Whether a message says that it is an order of ours; whether it is a whole one is for the readers below to say. */
export function orderOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "order" in message
    ? message.order
    : undefined;
}

/** Reads an order to back a secret up. Throws `REQUEST_INVALID` for anything else. */
export function readBackupOrder(message: unknown): BackupOrder {
  check(BackupOrderSchema, message, "The order to back a secret up");
  return message as BackupOrder;
}

/** Reads what `sweep` is asked. Throws `REQUEST_INVALID` for anything else. */
export function readSweepRequest(message: unknown): SweepRequest {
  const schema = orderOf(message) === "sweep-account" ? SweepAccount : SweepAll;
  check(schema, message, "The order to sweep");
  return message as SweepRequest;
}

/** Reads the members that the last sweep over all of them was told. Throws `REQUEST_INVALID` for anything else. */
export function readFleet(body: Uint8Array): Fleet {
  const fleet = parseJson(Buffer.from(body).toString("utf8"), "The list of members");
  check(FleetSchema, fleet, "The list of members");
  return fleet as Fleet;
}

/** Parses the text of a message. Throws `REQUEST_INVALID` where it is not JSON; the text is not in the message. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FunctionError("REQUEST_INVALID", `${what} is not JSON`, false);
  }
}
