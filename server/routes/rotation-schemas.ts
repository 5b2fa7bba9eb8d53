import { Type, type TSchema } from "typebox";

import type { RotationItem, RotationNote } from "../../lambdas/rotation-model";
import type { FleetRotations, RotateResult } from "../vault-ports";
import {
  choice,
  closed,
  count,
  named,
  ref,
  text,
  time,
  type Missing,
  type Nothing,
} from "./schema-parts";

const AccountIdText = Type.String({ pattern: "^\\d{12}$", description: "12 digits" });
const RegionText = Type.String({ pattern: "^[a-z]{2}(-[a-z]+)+-\\d$", description: "A Region" });

/** `rotate` of a run. */
export const RotateOptionsSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9/_+=.@*?-]{1,512}$",
      description: "A secret's name, or a pattern with * and ?",
    }),
    region: Type.Optional({ ...RegionText, description: "Only secrets of this Region" }),
  },
  { ...closed, description: "rotate only: which enrolled secrets are renewed now" },
);

const RotationNoteSchema = named(
  "RotationNote",
  Type.Object(
    {
      schema: Type.Literal(1),
      accountId: AccountIdText,
      region: RegionText,
      name: text("The secret's name"),
      arn: text("The secret's ARN"),
      token: text("Id of the version that was to come"),
      cause: choice(["schedule", "order"]),
      startedAt: time("When it was begun"),
      endedAt: time("When it ended"),
      outcome: choice(
        ["rotated", "rolled-back", "failed"],
        "rolled-back: its consumer did not work, the value before is current again",
      ),
      versionId: Type.Optional(text("The version that is current now")),
      failures: count("Rotations in a row that did not come to a new value"),
      code: Type.Optional(text("Why not, as a word")),
      message: Type.Optional(text("Why not")),
    },
    closed,
  ),
);

export const RotateResultSchema = Type.Object(
  { items: Type.Array(ref<RotationNote>("RotationNote")) },
  { ...closed, description: "rotate only: what came of each secret" },
);

const RotationSchema = named(
  "Rotation",
  Type.Object(
    {
      accountId: AccountIdText,
      region: RegionText,
      name: text("The secret's name"),
      suffix: text("The six characters behind the name in the ARN"),
      arn: text("The secret's ARN"),
      rotator: text("What renews it"),
      enrolledBy: choice(["tag", "fleet-file"]),
      state: choice(
        ["scheduled", "rotating", "failed", "overdue", "foreign", "not-set-up"],
        "foreign: a function that is not Strongroom's rotates it",
      ),
      lastRotatedAt: Type.Optional(time("When it was last rotated")),
      nextRotationAt: Type.Optional(time("When it is rotated next")),
      failures: count("Rotations in a row that did not come to a new value"),
      reason: Type.Optional(text("Why it failed, or is not set up; never a value")),
    },
    closed,
  ),
);

const LookSchema = Type.Object(
  {
    accountId: AccountIdText,
    environment: text("The account's environment"),
    lookedAt: time("When the vault last looked at it"),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() }, closed)),
  },
  closed,
);

/** Answer of `GET /v1/rotations`. */
export const FleetRotationsSchema = Type.Object(
  {
    items: Type.Array(ref<RotationItem>("Rotation"), {
      description: "Every enrolled secret, by account, Region and name; never a value",
    }),
    accounts: Type.Array(LookSchema, { description: "When each account was looked at" }),
  },
  closed,
);

/** Shapes that others refer to by name. */
export const ROTATION_SCHEMAS: readonly TSchema[] = [RotationNoteSchema, RotationSchema];

/** Compiles only while every schema has every field of its contract. */
export type NothingOfRotationsMissing = Nothing<{
  note: Missing<RotationNote, typeof RotationNoteSchema>;
  item: Missing<RotationItem, typeof RotationSchema>;
  result: Missing<RotateResult, typeof RotateResultSchema>;
  fleet: Missing<FleetRotations, typeof FleetRotationsSchema>;
}>;
