import { Type } from "typebox";

import { section } from "./schema-section";

function toleranceSchema(description: string) {
  return section(
    {
      accounts: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 100000,
          title: "a number of accounts",
          description: "So many accounts of a wave may fail.",
        }),
      ),
      percent: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 100,
          title: "a percentage",
          description: "This percentage of a wave's accounts may fail.",
        }),
      ),
    },
    `${description} Both given, both must hold. A run then also stops within a wave. Default: no failure, looked at after the wave.`,
  );
}

/** What must hold after a wave. */
export const gateSchema = section(
  {
    tolerance: Type.Optional(toleranceSchema("Failures that do not stop the run.")),
    pauseMinutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10080,
        title: "a number of minutes",
        description: "Time to watch what the wave did before the next one, minutes. Default 0.",
      }),
    ),
    approval: Type.Optional(
      Type.Boolean({
        description: "true: the next wave waits for an approver. Default false.",
      }),
    ),
  },
  "What must hold before the next wave starts. Default: no account of this one failed.",
);

/** How runs go through the fleet. */
export const rolloutSchema = section(
  {
    tolerance: Type.Optional(
      toleranceSchema("Failures that do not stop a run, for waves that do not say otherwise."),
    ),
    approval: Type.Optional(
      Type.Boolean({
        description:
          "true: an up that changes existing stamps previews them first and waits for an approver. Default false.",
      }),
    ),
    preciousAccounts: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100000,
        title: "a number of accounts",
        description:
          "In so many accounts a run may delete or replace a key, a secret or a bucket without an approval that names their number. Default 1.",
      }),
    ),
  },
  "How an up goes through the fleet.",
);

/** Operations that a second person may have to approve. */
export const GUARDED_OPERATIONS = ["up", "retire", "restore", "drill"] as const;

/** Who approves. */
export const approvalsSchema = section(
  {
    twoPerson: Type.Optional(
      Type.Array(Type.Enum([...GUARDED_OPERATIONS], { type: "string" }), {
        uniqueItems: true,
        description:
          "Operations of which two persons decide: who asked for the run cannot approve it, and retire, a restore that writes and drill wait for such an approval before they begin. Default: none.",
      }),
    ),
    approvers: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5,
        title: "a number of approvers",
        description:
          "So many different persons have to approve where an approval is needed. Default 1.",
      }),
    ),
  },
  "Who has to approve where an approval is needed.",
);

/** How the organization is watched. */
export const discoverySchema = section(
  {
    everyMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10080,
        title: "a number of minutes",
        description:
          "Time between two looks for accounts that joined, left, were suspended or moved, minutes. Who joined is stamped without being asked for; who left is retired once somebody approves it. Default: nobody looks.",
      }),
    ),
  },
  "Accounts that come and go.",
);

/** How what is really there is looked at. */
export const driftSchema = section(
  {
    samplePercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        title: "a percentage",
        description:
          "Of the stamps that an up leaves alone because nothing has changed for them, this percentage is compared with what is really there; each has its turn. Default 2.",
      }),
    ),
    everyHours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 744,
        title: "a number of hours",
        description:
          "Time between two comparisons of all stamps with what is really there, hours. Default: only when somebody asks.",
      }),
    ),
    repair: Type.Optional(
      Type.Array(
        Type.String({ minLength: 1, maxLength: 32, title: "the name of an environment" }),
        {
          uniqueItems: true,
          description:
            "Environments in which what such a comparison finds is brought back without anybody being asked. Default: none.",
        },
      ),
    ),
  },
  "What is really there, compared with what was made.",
);
