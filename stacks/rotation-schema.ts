import { Type } from "typebox";

import { ROTATOR_NAMES, WEEKDAYS } from "./rotation";
import { section } from "./schema-section";
import { HOST_PATTERN } from "./spec";

/** The characters that a secret's name and a pattern of names may hold. */
const NAME_PATTERN = "^[A-Za-z0-9/_+=.@*?-]{1,512}$";

const enroll = section(
  {
    names: Type.Array(
      Type.String({ pattern: NAME_PATTERN, title: "a secret's name, or a pattern with * and ?" }),
      {
        minItems: 1,
        uniqueItems: true,
        description: "Names of secrets, or patterns with * (any run of characters) and ? (one).",
      },
    ),
    rotator: Type.Enum([...ROTATOR_NAMES], {
      type: "string",
      description: "What renews them; docs/rotation.md says what each does.",
    }),
    settings: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: "object",
        propertyNames: { pattern: "^[a-z][A-Za-z]{0,31}$", title: "the name of a setting" },
        additionalProperties: {
          type: "string",
          pattern: "^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,256}$",
          title: "a setting (letters, digits, spaces and _ . : / = + - @), in quotes",
        },
        description: "Settings of the rotator, in quotes.",
      }),
    ),
  },
  "Secrets that are rotated though no tag of theirs says so.",
);

/** `rotation` of the settings of an environment. */
export const rotationSchema = section(
  {
    enroll: Type.Optional(
      Type.Array(enroll, {
        description:
          "Secrets by name, beside those with the tag strongroom:rotator; the first line that fits counts. Default: only those with the tag.",
      }),
    ),
    window: Type.Optional(
      section(
        {
          days: Type.Optional(
            Type.Array(Type.Enum([...WEEKDAYS], { type: "string" }), {
              minItems: 1,
              uniqueItems: true,
              description: "Days of the week, sun to sat. Default: every day.",
            }),
          ),
          startHour: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 23,
              title: "an hour of the day",
              description: "Hour (UTC) at which the window opens. Default 0.",
            }),
          ),
          hours: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 24,
              title: "a number of hours",
              description: "How long it is open, hours. Default 24.",
            }),
          ),
        },
        "When rotations may begin; each secret has a moment of its own in it. Default: at any time.",
      ),
    ),
    hosts: Type.Optional(
      Type.Array(
        Type.String({ pattern: HOST_PATTERN, title: "a host, with :port where it is not 443" }),
        {
          uniqueItems: true,
          description:
            "Hosts that the rotator http may send a credential to, and that may be asked whether a consumer works. Default: none.",
        },
      ),
    ),
  },
  "Rotates secrets at least every rotationDays. Default: Strongroom rotates nothing, and stamps nothing for it.",
);
