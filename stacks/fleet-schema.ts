import { Type, type Static, type TSchema } from "typebox";

import {
  approvalsSchema,
  discoverySchema,
  driftSchema,
  gateSchema,
  rolloutSchema,
} from "./rollout-schema";
import { rotationSchema } from "./rotation-schema";
import { section } from "./schema-section";
import { AccountId, ExternalId, OrganizationId, Region, RoleArn } from "./spec";

/** Version of the fleet file's shape; a file of another version is refused rather than guessed at. */
export const FLEET_VERSION = 1;

/**
 * The same schema with what the key is for. ajv's messages are replaced by sentences made from `title` (what the value
 * is), so that a mistake reads `"eu-central" is not an AWS Region, for example eu-central-1`.
 */
const said = <T extends TSchema>(schema: T, description: string, title?: string): T => ({
  ...schema,
  description,
  ...(title === undefined ? {} : { title }),
});

const accountId = (description: string) => said(AccountId, description, "an AWS account id");
const region = (description: string) =>
  said(Region, description, "an AWS Region, for example eu-central-1");
const roleArn = (description: string) =>
  said(RoleArn, description, "the ARN of an IAM role, arn:aws:iam::<account id>:role/<name>");
const days = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description, title: "a number of days" });
const seconds = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 604800, description, title: "a number of seconds" });
const lockMode = (description: string) =>
  Type.Enum(["GOVERNANCE", "COMPLIANCE"], { type: "string", description });

/** `aws:` is AWS's own name space for tags, nobody else may set or rely on it here. */
const tagMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    propertyNames: {
      pattern: "^(?!aws:)[\\s\\S]{1,128}$",
      title: "a tag key (1 to 128 characters, not aws:…)",
    },
    additionalProperties: { type: "string", maxLength: 256, title: "a tag value" },
    description,
  });

const organizationalUnit = Type.String({
  pattern: "^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[^/]+(/[^/]+)*)$",
  title: "an organizational unit: names from the root down like workloads/prod, or an id ou-…",
});

const criteria = {
  organizationalUnits: Type.Optional(
    Type.Array(organizationalUnit, {
      uniqueItems: true,
      description:
        "Organizational units, by path below the root (workloads/prod) or by id (ou-…). Units nested in them count too, and so do accounts that join or move there later.",
    }),
  ),
  tags: Type.Optional(
    Type.Array(tagMap("Tags that an account must all carry."), {
      description:
        "Sets of account tags. An account matches when it carries all the tags of at least one set.",
    }),
  ),
  accounts: Type.Optional(
    Type.Array(accountId("An account id, in quotes."), {
      uniqueItems: true,
      description: "Account ids, in quotes. Only this reaches the management account.",
    }),
  ),
};

const everyAccount = Type.Optional(
  Type.Boolean({
    description: "true: every account, except the management account (name it under accounts).",
  }),
);

/** What marks accounts: an account matches when any one of the criteria does. */
export const CriteriaSchema = Type.Object(
  { ...criteria, all: everyAccount },
  { additionalProperties: false },
);
export type CriteriaFile = Static<typeof CriteriaSchema>;

const matchOf = (description: string) =>
  section(
    { ...criteria, all: everyAccount },
    `${description} An account matches when any one of the criteria does.`,
  );

const settings = {
  regions: Type.Optional(
    Type.Array(region("An AWS Region."), {
      minItems: 1,
      uniqueItems: true,
      description:
        "Regions in which the accounts' secrets live. The first one is the primary: keys are made there and have replicas in the others.",
    }),
  ),
  rotationDays: Type.Optional(
    days(
      1,
      365,
      "Longest time between two rotations of a secret, days. Default 30, and 7 for the environment named dev.",
    ),
  ),
  retentionDays: Type.Optional(
    days(
      1,
      36500,
      "How long a backup of these accounts' secrets cannot be deleted, days. Default and least: the vault's.",
    ),
  ),
  lockMode: Type.Optional(
    lockMode(
      "Who may shorten the retention of these accounts' backups: nobody (COMPLIANCE), or who has the bypass permission (GOVERNANCE). Default the vault's; never weaker than it.",
    ),
  ),
  keyDeletionDays: Type.Optional(
    days(
      7,
      30,
      "Waiting time before a scheduled deletion of the accounts' keys happens, days. Default 30, the longest.",
    ),
  ),
  secrets: Type.Optional(
    section(
      {
        namePrefixes: Type.Optional(
          Type.Array(
            Type.String({
              // The characters of a secret's name: anything else, a wildcard above all, would stand in a policy.
              pattern: "^[A-Za-z0-9/_+=.@-]{1,512}$",
              title: "the beginning of a secret's name",
            }),
            {
              uniqueItems: true,
              description:
                "Beginnings of names; a secret in scope has one of them. None: any name.",
            },
          ),
        ),
        tags: Type.Optional(tagMap("Tags that a secret in scope carries, all of them. None: any.")),
      },
      "Which secrets are kept. Default: every secret of the account.",
    ),
  ),
  rotation: Type.Optional(rotationSchema),
  watchReads: Type.Optional(
    Type.Boolean({
      description:
        "Also forward who reads which secret, not only who changes one. Default false: reads are many.",
    }),
  ),
};

const environmentName = "^[a-z][a-z0-9-]{0,31}$";
const ENVIRONMENT_TITLE = "an environment's name (small letters, digits and dashes, at most 32)";

/** The fleet file: JSON Schema for editors and ajv, and the source of {@link FleetFile}. */
export const FleetSchema = Type.Object(
  {
    version: Type.Literal(FLEET_VERSION, { description: "Version of this file's shape: 1." }),
    organization: section(
      {
        id: said(
          OrganizationId,
          "The organization's id. Credentials of any other organization are refused.",
          "an organization id, o- and 10 to 32 letters and digits",
        ),
        managementAccount: Type.Optional(
          accountId("The management account, pinned as well. Default: whatever AWS says."),
        ),
      },
      "Which organization this file is about.",
    ),
    service: section(
      {
        role: roleArn("The role that the service runs as; the only one that stampers trust."),
        externalId: said(
          ExternalId,
          "Asked for by every stamper role. Not a secret, but unguessable: make it once, for example with `openssl rand -hex 24`.",
          "an external id (16 to 1224 letters, digits and +=,.@:/-)",
        ),
      },
      "Who the service is.",
    ),
    access: Type.Optional(
      section(
        {
          bootstrapRole: Type.Optional(
            Type.String({
              pattern: "^[\\w+=,.@-][\\w+=,.@/-]{0,511}$",
              title: "the name of an IAM role",
              description:
                "Administrator role in every account, used for access stamps only. Default OrganizationAccountAccessRole, which AWS makes in new accounts.",
            }),
          ),
          through: Type.Optional(
            section(
              {
                role: roleArn("Role in the management account."),
                externalId: Type.Optional(
                  said(
                    ExternalId,
                    "External id that the role asks for.",
                    "an external id (16 to 1224 letters, digits and +=,.@:/-)",
                  ),
                ),
              },
              "Role to go through on the way to the bootstrap roles, which trust the management account only.",
            ),
          ),
          sessionSeconds: Type.Optional(
            Type.Integer({
              minimum: 3600,
              maximum: 14400,
              title: "a number of seconds",
              description:
                "Longest session of a stamper, seconds. Default 3600: AWS allows no more when the service itself runs as a role.",
            }),
          ),
        },
        "How runs get into the accounts.",
      ),
    ),
    vault: section(
      {
        account: accountId("The vault account. It holds the backups and should hold nothing else."),
        primaryRegion: region("Region of the vault."),
        recoveryRegion: region("Region of the vault's copy; another one."),
        retentionDays: days(
          1,
          36500,
          "How long a backup cannot be deleted, days. No default: choose it.",
        ),
        lockMode: lockMode(
          "COMPLIANCE: nobody, not even root, can delete a backup before its time; cannot be undone. GOVERNANCE: who has the bypass permission can. No default: choose it.",
        ),
        keyDeletionDays: Type.Optional(
          days(
            7,
            30,
            "Waiting time before a scheduled deletion of the vault's keys, days. Default 30.",
          ),
        ),
        coldStorageAfterDays: Type.Optional(
          days(
            30,
            36500,
            "Age at which a backup moves to S3 Glacier Instant Retrieval, days. Default 90.",
          ),
        ),
        sweepMinutes: Type.Optional(
          Type.Integer({
            minimum: 5,
            maximum: 1440,
            title: "a number of minutes",
            description:
              "Time between two sweeps, which look for secrets that no event told of, minutes. Default 60.",
          }),
        ),
        drillHours: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 744,
            title: "a number of hours",
            description: "Time between two drills, which restore samples, hours. Default 24.",
          }),
        ),
        drillTargets: Type.Optional(
          section(
            {
              rtoSeconds: Type.Optional(
                seconds("Longest time from the order to a proven value, seconds. Default 900."),
              ),
              rpoSeconds: Type.Optional(
                seconds(
                  "Longest time between a secret's last change and its backup, seconds. Default 3600.",
                ),
              ),
            },
            "What a drill must stay below to pass.",
          ),
        ),
      },
      "Where the backups are.",
    ),
    selection: section(
      {
        include: matchOf("Accounts whose secrets are kept."),
        exclude: Type.Optional(
          section(criteria, "Accounts left out. Exclusion always wins over inclusion."),
        ),
      },
      "Which accounts belong to the fleet.",
    ),
    defaults: Type.Optional(
      section(
        {
          environment: Type.Optional(
            Type.String({
              pattern: environmentName,
              title: ENVIRONMENT_TITLE,
              description:
                "Environment of accounts that match none. Without it such an account is left out, with that reason.",
            }),
          ),
          settings: Type.Optional(
            section(settings, "Settings for every environment that does not say otherwise."),
          ),
        },
        "What holds where an environment says nothing.",
      ),
    ),
    environments: Type.Unsafe<Record<string, EnvironmentFile>>({
      type: "object",
      minProperties: 1,
      propertyNames: { pattern: environmentName, title: ENVIRONMENT_TITLE },
      additionalProperties: environmentSchema(),
      description:
        "Environments by name, with their settings. An account belongs to the first one that it matches, top to bottom.",
    }),
    waves: Type.Optional(
      Type.Array(
        section(
          {
            name: Type.String({
              pattern: environmentName,
              title: "a wave's name (small letters, digits and dashes, at most 32)",
              description: "Name of the wave, shown in plans and runs.",
            }),
            match: Type.Optional(matchOf("Accounts that go in this wave.")),
            share: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: 100,
                title: "a percentage",
                description:
                  "Instead of match: this percentage of all accounts of the fleet, at least one, always the same ones.",
              }),
            ),
            gate: Type.Optional(gateSchema),
          },
          "One wave: match or share.",
        ),
        {
          minItems: 1,
          description:
            "Order of the accounts in a run; a wave starts when the one before has ended. An account goes with the first wave that takes it; the ones left over form a last wave, rest. Default: all at once.",
        },
      ),
    ),
    rollout: Type.Optional(rolloutSchema),
    approvals: Type.Optional(approvalsSchema),
    drift: Type.Optional(driftSchema),
    discovery: Type.Optional(discoverySchema),
    tags: Type.Optional(tagMap("Default tags of everything that Strongroom makes.")),
  },
  {
    additionalProperties: false,
    title: "Strongroom fleet file",
    description: "The accounts of an AWS organization whose secrets Strongroom keeps, and how.",
  },
);

function environmentSchema() {
  return section(
    { match: matchOf("Accounts of this environment."), ...settings },
    "An environment: which accounts, and what differs from the defaults.",
  );
}
export type EnvironmentFile = Static<ReturnType<typeof environmentSchema>>;

/** The settings as written: everything may be left out. */
export type SettingsFile = Omit<EnvironmentFile, "match">;
/** The fleet file as written, after validation; `fleet.ts` turns it into a Fleet with every default filled in. */
export type FleetFile = Static<typeof FleetSchema>;

/** The schema as editors load it (`# yaml-language-server: $schema=…`); kept in `fleet.schema.json`. */
export function publishedSchema(): Record<string, unknown> {
  return { $schema: "http://json-schema.org/draft-07/schema#", ...FleetSchema };
}
