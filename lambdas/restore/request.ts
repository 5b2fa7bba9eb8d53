import { Type } from "typebox";
import Value from "typebox/value";

import { isMoment } from "../../stacks/moment";
import { AccountId, Region } from "../../stacks/spec";
import type { RestoreRequest } from "../model";
import { FunctionError } from "../ports";

const strict = { additionalProperties: false } as const;
const Text = Type.String({ minLength: 1 });

const Schema = Type.Object(
  {
    order: Type.Union([Type.Literal("plan"), Type.Literal("write")]),
    selection: Type.Object(
      {
        accountIds: Type.Array(AccountId, { minItems: 1 }),
        name: Type.Optional(Text),
        region: Type.Optional(Region),
      },
      strict,
    ),
    point: Type.Union([
      Type.Object({ at: Type.Literal("newest") }, strict),
      Type.Object({ at: Type.Literal("version"), versionId: Text }, strict),
      Type.Object({ at: Type.Literal("stage"), stage: Text }, strict),
      Type.Object({ at: Type.Literal("time"), time: Text }, strict),
    ]),
    destination: Type.Object(
      {
        accountId: Type.Optional(AccountId),
        region: Type.Optional(Region),
        // What Secrets Manager takes in a name.
        namePrefix: Type.Optional(Type.String({ pattern: "^[\\w/+=.@-]*$" })),
      },
      strict,
    ),
    fromRecoveryRegion: Type.Boolean(),
    overwriteNewer: Type.Boolean(),
    planDigest: Type.Optional(Text),
    after: Type.Optional(Text),
  },
  strict,
);

const invalid = (what: string) =>
  new FunctionError("REQUEST_INVALID", `The order to restore is not one: ${what}`, false);

/** Reads what `restore` is asked. Throws FunctionError `REQUEST_INVALID` for anything else. */
export function readRestoreRequest(message: unknown): RestoreRequest {
  if (!Value.Check(Schema, message)) {
    const [first] = Value.Errors(Schema, message);
    throw invalid(`${first?.instancePath ?? ""} ${first?.message ?? ""}`.trim());
  }
  const request = message as RestoreRequest;
  const { order, planDigest, point } = request;
  if (point.at === "time" && !isMoment(point.time)) {
    throw invalid(`"${point.time}" is not a time with its zone: write it as 2026-03-01T12:00:00Z`);
  }
  if (order === "write" && planDigest === undefined) {
    throw invalid("planDigest is missing: make the plan first, and look at it");
  }
  return request;
}
