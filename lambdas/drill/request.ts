import { Type } from "typebox";
import Value from "typebox/value";

import { AccountId } from "../../stacks/spec";
import { Member, orderOf } from "../core/requests";
import type { DrillRequest, Member as MemberOf, ScheduledDrill } from "../model";
import { FunctionError } from "../ports";
import { sample } from "./sample";

const strict = { additionalProperties: false } as const;

const Targets = Type.Object(
  {
    rtoSeconds: Type.Number({ exclusiveMinimum: 0 }),
    rpoSeconds: Type.Number({ exclusiveMinimum: 0 }),
  },
  strict,
);
const SamplePerAccount = Type.Integer({ minimum: 0, maximum: 1000 });

const Ordered = Type.Object(
  {
    order: Type.Literal("drill"),
    // It becomes part of secrets' names and of the report's key.
    drillId: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }),
    members: Type.Array(Member),
    samplePerAccount: SamplePerAccount,
    wholeAccountId: Type.Optional(AccountId),
    targets: Targets,
  },
  strict,
);

const Scheduled = Type.Object(
  {
    order: Type.Literal("drill-scheduled"),
    samplePerAccount: SamplePerAccount,
    targets: Targets,
  },
  strict,
);

/** Reads what `drill` is asked. Throws FunctionError `REQUEST_INVALID` for anything else. */
export function readDrillRequest(message: unknown): DrillRequest | ScheduledDrill {
  const schema = orderOf(message) === "drill-scheduled" ? Scheduled : Ordered;
  if (Value.Check(schema, message)) return message;
  const [first] = Value.Errors(schema, message);
  throw new FunctionError(
    "REQUEST_INVALID",
    `The order of a drill is not one: ${first?.instancePath ?? ""} ${first?.message ?? ""}`.trim(),
    false,
  );
}

/**
 * The drill that a schedule orders at a moment: its id is made of the time, and the account that is restored as a whole is
 * drawn by it, so that each has its turn. A schedule's order that comes twice in a minute is the same drill.
 */
export function scheduled(
  { samplePerAccount, targets }: ScheduledDrill,
  members: readonly MemberOf[],
  now: Date,
): DrillRequest {
  const drillId = `scheduled-${now.toISOString().slice(0, 16).replace(":", "-")}`;
  const [whole] = sample(members, 1, drillId, ({ accountId }) => accountId);
  return {
    order: "drill",
    drillId,
    members,
    samplePerAccount,
    targets,
    ...(whole === undefined ? {} : { wholeAccountId: whole.accountId }),
  };
}
