import { readFile } from "node:fs/promises";
import path from "node:path";

import { Ajv } from "ajv";
import { Type, type Static } from "typebox";
import { parse } from "yaml";

import { AppError, type Problem } from "../../stacks/errors";
import { ADMIN_HAS_NO_UNITS, ROLES } from "./roles";

/** Signatures that are believed: public keys only. A shared secret or no signature at all is never one of them. */
export const OIDC_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"] as const;

const httpsUrl = (description: string) =>
  Type.String({ pattern: "^https://[^\\s]+$", description });
const closed = { additionalProperties: false } as const;

/** The file that says whose tokens are believed, and what their bearers may do. */
const OidcFile = Type.Object(
  {
    version: Type.Literal(1),
    issuers: Type.Array(
      Type.Object(
        {
          issuer: httpsUrl("The `iss` of its tokens, to the letter."),
          audience: Type.String({ minLength: 1, description: "The `aud` that they must name." }),
          jwksUri: httpsUrl("Where its public keys are."),
          algorithms: Type.Optional(
            Type.Array(Type.Enum([...OIDC_ALGORITHMS], { type: "string" }), { minItems: 1 }),
          ),
          rules: Type.Array(
            Type.Object(
              {
                claims: Type.Record(
                  Type.String({ minLength: 1 }),
                  Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]),
                  {
                    minProperties: 1,
                    description:
                      "Claims that a token must carry, each with exactly this value, or one of these.",
                  },
                ),
                role: Type.Enum([...ROLES], { type: "string" }),
                organizationalUnits: Type.Optional(
                  Type.Array(Type.String({ minLength: 1 }), {
                    minItems: 1,
                    description: "Only accounts below these units, by path (workloads/prod).",
                  }),
                ),
              },
              closed,
            ),
            { minItems: 1 },
          ),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  closed,
);

export type OidcSettings = Static<typeof OidcFile>;
export type OidcIssuer = OidcSettings["issuers"][number];

const validate = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
}).compile<OidcSettings>(OidcFile);

/** Reads the file. Throws `SPEC_SETTINGS` with every mistake. */
export async function readOidcFile(file: string): Promise<OidcSettings> {
  const name = path.basename(file);
  const action = "See docs/access.md for what the file holds.";
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new AppError("SPEC_SETTINGS", `${name} cannot be read.`, { action, cause });
  }
  const problems = validate(value)
    ? boundedAdmins(value)
    : (validate.errors ?? []).map(({ instancePath, message }) => ({
        pointer: instancePath,
        message: message ?? "is not valid",
      }));
  if (problems.length === 0) return value as OidcSettings;
  throw new AppError("SPEC_SETTINGS", `${name} has mistakes.`, { action, problems });
}

function boundedAdmins({ issuers }: OidcSettings): readonly Problem[] {
  return issuers.flatMap(({ rules }, issuer) =>
    rules.flatMap(({ role, organizationalUnits }, rule) =>
      role === "admin" && organizationalUnits !== undefined
        ? [
            {
              pointer: `/issuers/${issuer}/rules/${rule}/organizationalUnits`,
              message: ADMIN_HAS_NO_UNITS,
            },
          ]
        : [],
    ),
  );
}
