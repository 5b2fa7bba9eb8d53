import { Type } from "typebox";

import { choice, closed, count, text } from "./schema-parts";

/** What an identity gains or loses. */
export const AccessChangeSchema = Type.Object(
  {
    change: choice(["gains", "loses", "unclear"]),
    who: text("An identity of the stack; with `through` a principal of that resource's policy"),
    actions: Type.Array(Type.String()),
    resources: Type.Array(Type.String(), { description: "ARN patterns, all of which hold" }),
    except: Type.Array(Type.String(), { description: "ARN patterns that are not meant" }),
    conditions: Type.Array(Type.String(), { description: "Keys of conditions that must hold" }),
    through: Type.Optional(text("The resource whose own policy says so")),
    why: Type.Optional(text("What cannot be read")),
  },
  closed,
);

const BilledUnitsSchema = Type.Object(
  {
    keys: count("KMS keys"),
    keyReplicas: count("Replicas of KMS keys"),
    secrets: count("Secrets"),
    secretReplicas: count("Replicas of secrets"),
    sweeps: Type.Optional(
      Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: "Sweeps of all members that it schedules a month; null: it cannot be read",
      }),
    ),
    sweptRegions: Type.Optional(count("Regions of a member that each sweep looks at")),
  },
  closed,
);

/** How much there is of what is charged by the month, on both sides of a preview. */
export const BilledSchema = Type.Object(
  { before: BilledUnitsSchema, after: BilledUnitsSchema },
  { ...closed, description: "preview only: how much there is of what is charged by the month" },
);

/** How often the rules said what about one stack. */
const VerdictCountsSchema = Type.Object(
  {
    pass: count("Verdicts that found nothing wrong"),
    fail: count("Verdicts that found something wrong"),
    undetermined: count("Verdicts that could not be made"),
    exempt: Type.Optional(count("Findings that an exemption accepts")),
  },
  { ...closed, description: "check only" },
);

/** What a rule found wrong, or could not decide. */
const PolicyViolationSchema = Type.Object(
  {
    pack: Type.String(),
    rule: Type.String(),
    level: choice(["mandatory", "advisory"]),
    verdict: Type.Optional(
      choice(
        ["fail", "undetermined", "exempt"],
        "undetermined: the rule could not decide; exempt: an exemption accepts it; absent: it failed",
      ),
    ),
    urn: text("Empty for a rule about the whole stack"),
    message: text("What is wrong and what to set"),
  },
  closed,
);

/** What the result of a stamp says of the rules. */
export const PolicyResults = {
  violations: Type.Optional(Type.Array(PolicyViolationSchema)),
  exemptions: Type.Optional(
    text("SHA-256 of the policy exemptions that were about the stamp; absent: none"),
  ),
  verdicts: Type.Optional(VerdictCountsSchema),
};
