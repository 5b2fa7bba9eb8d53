import { Type, type Static } from "typebox";

/** Keys that nobody knows are refused: a report is read by other people's programs. */
const closed = { additionalProperties: false } as const;
const choice = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: "string", enum: values });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const text = (description: string) => Type.String({ description });
const accountIds = Type.Array(Type.String({ pattern: "^\\d{12}$" }), {
  description: "The accounts that it is about; `accounts` says more of each",
});

const ReportAccount = Type.Object(
  {
    accountId: Type.String({ pattern: "^\\d{12}$" }),
    name: text("Other people's text: escape it"),
    environment: Type.Optional(Type.String()),
    tags: Type.Record(Type.String(), Type.String(), {
      description: "Other people's text: escape it",
    }),
  },
  closed,
);

const ReportChange = Type.Object(
  {
    type: text("Pulumi type token"),
    name: text("The program's name of the resource"),
    operation: choice(["create", "update", "replace", "delete"]),
    properties: Type.Array(Type.String(), { description: "Names, never values" }),
  },
  closed,
);

const counts = Type.Object(
  {
    create: count("Resources that would be made"),
    update: count("Resources that would be changed in place"),
    replace: count("Resources that would be replaced"),
    delete: count("Resources that would be deleted"),
  },
  closed,
);

const Place = Type.Object(
  { file: Type.String(), line: Type.Integer({ minimum: 1 }) },
  { ...closed, description: "Where the setting or the program is that caused it" },
);

/** A deletion or replacement of what cannot be had back: the first thing that a reviewer must see. */
const PreciousChange = Type.Object(
  {
    operation: choice(["replace", "delete"]),
    kind: choice(["key", "secret", "bucket", "backup vault"]),
    type: Type.String(),
    name: Type.String(),
    properties: Type.Array(Type.String()),
    stackKind: Type.String(),
    occurrences: Type.Array(Type.Object({ accountId: Type.String(), place: Place }, closed)),
    accountIds,
  },
  closed,
);

const Group = Type.Object(
  {
    digest: text("Of the changes without the accounts"),
    summary: text("What changes, in one line: `+ 3 roles, ~ 1 key`"),
    counts,
    changes: Type.Array(ReportChange),
    accountIds,
  },
  closed,
);

const Finding = Type.Object(
  {
    pack: Type.String(),
    rule: Type.String(),
    level: choice(["mandatory", "advisory"]),
    verdict: choice(["fail", "undetermined", "exempt"]),
    severity: choice(["low", "medium", "high", "critical"]),
    message: text("What is wrong and what to set"),
    fix: Type.Optional(text("What to set, from the rule")),
    why: Type.Optional(text("What goes wrong without it")),
    resource: text("The program's name of the resource; empty for the whole stack"),
    stackKind: Type.String(),
    occurrences: Type.Array(
      Type.Object(
        { accountId: Type.String(), stamp: Type.String(), urn: Type.String(), place: Place },
        closed,
      ),
    ),
    accountIds,
  },
  closed,
);

const Access = Type.Object(
  {
    change: choice(["gains", "loses", "alters", "unclear"]),
    sentence: text('In words: `role "x" may now decrypt with key y`'),
    accountIds,
  },
  closed,
);

const Cost = Type.Object(
  {
    currency: Type.Literal("USD"),
    monthly: Type.Number({ description: "Difference a month, of what is countable" }),
    lines: Type.Array(
      Type.Object(
        {
          what: Type.String(),
          before: Type.Integer(),
          after: Type.Integer(),
          unitPrice: Type.Number({ description: "A month, each" }),
          difference: Type.Number(),
        },
        closed,
      ),
    ),
    requests: Type.Optional(
      Type.Object(
        {
          what: Type.Literal("requests (estimate)"),
          before: count("Requests a month"),
          after: count("Requests a month"),
          difference: Type.Number(),
          assumed: Type.Array(Type.String()),
        },
        {
          ...closed,
          description:
            "What the schedule asks by itself; absent where nothing differs or the preview does not show it",
        },
      ),
    ),
    notCounted: Type.Array(Type.String(), { description: "What depends on use, with its price" }),
    prices: Type.Object({ source: Type.String(), date: Type.String() }, closed),
  },
  closed,
);

const Failure = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    action: Type.Optional(Type.String()),
    accountIds,
  },
  closed,
);

/** How a preview came out, worst first. */
export const REPORT_OUTCOMES = [
  "failed",
  "stopped",
  "unfinished",
  "destructive",
  "changes",
  "no-change",
] as const;

/** One report about a preview, whoever reads it: people, scanners of SARIF, GitHub. Never a value. */
export const PreviewReportSchema = Type.Object(
  {
    version: Type.Literal(1),
    project: Type.String(),
    run: Type.Object(
      { id: Type.String(), operation: Type.String(), status: Type.String() },
      closed,
    ),
    outcome: choice(REPORT_OUTCOMES),
    totals: Type.Object(
      {
        accounts: count("Accounts with a stamp in the run"),
        changedAccounts: count("Accounts in which anything would change"),
        leftOut: count("Accounts of the organization without a stamp in the run"),
        stamps: count("Stamps in the run"),
        changes: counts,
        mandatory: count("Violations of mandatory rules"),
        advisory: count("Violations of advisory rules"),
        undetermined: count("Rules that could not decide"),
        exempt: count("Findings that an exemption accepts"),
        failures: count("Stamps that could not be previewed"),
      },
      closed,
    ),
    precious: Type.Array(PreciousChange),
    findings: Type.Array(Finding),
    access: Type.Array(Access),
    groups: Type.Array(Group),
    cost: Cost,
    failures: Type.Array(Failure),
    leftOut: Type.Array(
      Type.Object({ reason: Type.String(), accounts: count("Accounts") }, closed),
    ),
    accounts: Type.Array(ReportAccount),
  },
  closed,
);

export type PreviewReport = Static<typeof PreviewReportSchema>;
export type ReportAccount = Static<typeof ReportAccount>;
export type ReportFinding = PreviewReport["findings"][number];
export type ReportPlace = Static<typeof Place>;
