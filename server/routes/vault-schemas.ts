import { Type, type TSchema } from "typebox";

import type { DrillReport, RestoreItem, SecretCoverage } from "../../lambdas/model";
import { MOMENT_PATTERN } from "../../stacks/moment";
import type { AuditEntry, AuditVerdict } from "../runs-ports";
import {
  COVERAGE_STATES,
  type CoverageNumbers,
  type CoveredAccount,
  type DrillSummary,
  type FleetCoverage,
  type RestoreOptions,
  type RestoreResult,
} from "../vault-ports";
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
const RegionText = (description: string) =>
  Type.String({ pattern: "^[a-z]{2}(-[a-z]+)+-\\d$", description });
/** A name of Secrets Manager, or a pattern of one. */
const NamePattern = Type.String({
  pattern: "^[A-Za-z0-9/_+=.@*?-]{1,512}$",
  description: "A name, or a pattern with * and ?",
});
const seconds = (description: string) => Type.Number({ minimum: 0, description });
const whole = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

const RunIdText = Type.String({ pattern: "^[\\w-]{1,64}$" });

const Point = Type.Unsafe<NonNullable<RestoreOptions["point"]>>({
  description: "Which version of each secret; the newest AWSCURRENT where nothing is said",
  oneOf: [
    Type.Object({ at: Type.Literal("newest") }, closed),
    Type.Object(
      {
        at: Type.Literal("version"),
        versionId: Type.String({ minLength: 1, maxLength: 64, pattern: "^[\\x21-\\x7e]+$" }),
      },
      closed,
    ),
    Type.Object(
      {
        at: Type.Literal("stage"),
        stage: Type.String({ minLength: 1, maxLength: 256, pattern: "^[\\x21-\\x7e]+$" }),
      },
      closed,
    ),
    Type.Object(
      {
        at: Type.Literal("time"),
        time: Type.String({
          pattern: MOMENT_PATTERN,
          description: "The state of the secret at that moment, ISO 8601 with its zone",
        }),
      },
      closed,
    ),
  ],
});

/** `restore` of a run. */
export const RestoreOptionsSchema = Type.Object(
  {
    order: Type.Optional(
      choice(["plan", "write"], "plan (the default) says what would be written; write does it"),
    ),
    planRun: Type.Optional({
      ...RunIdText,
      description: "write only: the run whose plan was seen",
    }),
    name: Type.Optional(NamePattern),
    region: Type.Optional(RegionText("Only secrets that were in this Region")),
    point: Type.Optional(Point),
    destination: Type.Optional(
      Type.Object(
        {
          accountId: Type.Optional(AccountIdText),
          region: Type.Optional(RegionText("The Region to restore to")),
        },
        { ...closed, description: "Where to; absent parts: where each secret was" },
      ),
    ),
    fromRecoveryRegion: Type.Optional(
      Type.Boolean({ description: "From the copy in the recovery Region, with the replica key" }),
    ),
    overwriteNewer: Type.Optional(
      Type.Boolean({ description: "Write even where the secret is newer than the backup" }),
    ),
  },
  { ...closed, description: "restore only: what the restore is about" },
);

/** `drill` of a run. */
export const DrillOptionsSchema = Type.Object(
  {
    samplePerAccount: whole(0, 1000, "Secrets of each account that are restored; 2"),
    wholeAccount: Type.Optional({
      ...AccountIdText,
      description: "Restored as a whole from the recovery Region; another one each time",
    }),
    rtoSeconds: whole(1, 604_800, "Longest time to a proven value; the fleet file's"),
    rpoSeconds: whole(1, 604_800, "Longest time from a change to its backup; the fleet file's"),
  },
  { ...closed, description: "drill only: how the drill is done" },
);

/** Why somebody wants something; free text on one line. */
export const Reason = Type.String({
  minLength: 1,
  maxLength: 1000,
  pattern: "^[^\\u0000-\\u001f\\u007f]*$",
  description: "Why; kept in the audit log. Needed where secrets are written",
});

const SecretState = choice(["covered", "missing", "failed", "kept-after-deletion"]);

export const CoverageNumbersSchema = Type.Object(
  {
    secrets: count("In scope and alive"),
    covered: count("Secrets that are kept"),
    missing: count("Secrets that are not kept yet"),
    failed: count("Secrets that could not be kept"),
    oldestMissingSeconds: seconds("Age of the oldest change that is not kept"),
    sweptAt: time("When the account was looked at"),
    uncovered: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          region: Type.String(),
          state: SecretState,
          reason: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: "backup only: how the account is kept now" },
);

const Failure = Type.Object({ code: Type.String(), message: Type.String() }, closed);

const RestoreItemSchema = Type.Object(
  {
    from: Type.Object(
      {
        accountId: AccountIdText,
        region: Type.String(),
        name: Type.String(),
        suffix: text("The six characters behind the name in the ARN"),
      },
      closed,
    ),
    to: Type.Object(
      { accountId: AccountIdText, region: Type.String(), name: Type.String() },
      closed,
    ),
    versionId: Type.String(),
    changedAt: Type.String(),
    action: choice(["create", "put-version", "move-stage", "none", "refuse"]),
    cancelsDeletion: Type.Boolean(),
    reason: Type.Optional(text("Why it is refused, or what a person should know")),
    verified: Type.Optional(
      Type.Boolean({ description: "The value there was shown to be the one of the backup" }),
    ),
    error: Type.Optional(Failure),
  },
  closed,
);

export const RestoreResultSchema = Type.Object(
  {
    planDigest: text("SHA-256 of the plan, hex"),
    items: Type.Array(RestoreItemSchema),
  },
  { ...closed, description: "restore only: what would be written, or was" },
);

const targets = Type.Object(
  { rtoSeconds: Type.Number(), rpoSeconds: Type.Number() },
  { ...closed, description: "Times that must not be exceeded" },
);
const drillFields = {
  drillId: Type.String(),
  startedAt: time("When it was asked for"),
  passed: Type.Boolean(),
  rtoSeconds: seconds("Longest time from the order to a proven value"),
  rpoSeconds: seconds("Longest time between a secret's last change and its backup"),
  targets,
  restored: count("Secrets that were restored"),
};

const DrillReportSchema = named(
  "DrillReport",
  Type.Object(
    {
      schema: Type.Literal(1),
      ...drillFields,
      accounts: Type.Array(
        Type.Object(
          {
            accountId: AccountIdText,
            from: choice(["primary", "recovery"]),
            restored: count("Secrets restored"),
            equal: count("Secrets whose value was the one of the backup"),
            seconds: seconds("Time it took"),
            problems: Type.Array(Type.String()),
          },
          closed,
        ),
      ),
      refusals: Type.Array(
        Type.Object({ role: Type.String(), call: Type.String(), refused: Type.Boolean() }, closed),
        { description: "Calls that must be refused, and whether they were" },
      ),
      problems: Type.Array(Type.String()),
      mac: text("Signature of the vault over everything else"),
    },
    closed,
  ),
);
export const DrillReportRef = ref<DrillReport>("DrillReport");

const DrillSummarySchema = Type.Object(
  { ...drillFields, problems: count("What did not work") },
  closed,
);
export const DrillList = Type.Object({ items: Type.Array(DrillSummarySchema) }, closed);

const CoveredAccountSchema = named(
  "CoveredAccount",
  Type.Object(
    {
      accountId: AccountIdText,
      name: text("Other people's text: escape it"),
      environment: Type.Optional(Type.String()),
      state: choice(
        COVERAGE_STATES,
        "unreachable: the last sweep could not look at it; former: no member of the fleet any more",
      ),
      secrets: count("In scope and alive"),
      covered: count("Kept"),
      missing: count("Not kept yet"),
      failed: count("Could not be kept"),
      keptAfterDeletion: count("Gone, or going; their backups stay"),
      oldestMissingSeconds: seconds("Age of the oldest change that is not kept"),
      sweptAt: Type.Optional(time("When it was last looked at")),
      reasons: Type.Array(Type.String(), { description: "Why it is not covered" }),
    },
    closed,
  ),
);
const FleetCoverageSchema = named(
  "Coverage",
  Type.Object(
    {
      secrets: count("Secrets of the members that could be looked at"),
      covered: count("Kept"),
      missing: count("Not kept yet"),
      failed: count("Could not be kept"),
      percent: Type.Number({ minimum: 0, maximum: 100, description: "Rounded down: 100 is all" }),
      oldestMissingSeconds: seconds("Age of the oldest change that is not kept"),
      members: count("Members of the fleet"),
      reachable: count("Members that the last sweep could look at"),
      accounts: Type.Array(ref<CoveredAccount>("CoveredAccount")),
    },
    closed,
  ),
);
export const CoverageRef = ref<FleetCoverage>("Coverage");

const SecretSchema = named(
  "Secret",
  Type.Object(
    {
      accountId: AccountIdText,
      region: Type.String(),
      name: Type.String(),
      suffix: text("The six characters behind the name in the ARN"),
      state: SecretState,
      kept: count("Versions with a label that are kept"),
      versions: count("Versions with a label"),
      changedAt: Type.Optional(Type.String()),
      newestBackupAt: Type.Optional(Type.String()),
      reason: Type.Optional(text("Why it is missing or failed")),
    },
    closed,
  ),
);
export const SecretPage = Type.Object(
  {
    items: Type.Array(ref<SecretCoverage>("Secret")),
    nextCursor: Type.Optional(Type.String()),
  },
  closed,
);
export const SecretQuerySchema = Type.Object(
  {
    account: Type.Optional(AccountIdText),
    name: Type.Optional(NamePattern),
    state: Type.Optional(SecretState),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    cursor: Type.Optional(Type.String({ maxLength: 2048, pattern: "^[\\w-]*$" })),
  },
  closed,
);

const AuditEntrySchema = named(
  "AuditEntry",
  Type.Object(
    {
      seq: Type.Integer({ minimum: 1 }),
      at: time("When"),
      subject: text("Who"),
      action: text("What: run.start, run.cancel, run.end"),
      runId: Type.Optional(Type.String()),
      reason: Type.Optional(text("Why")),
      details: Type.Record(Type.String(), Type.Unknown()),
      previous: text("Hash of the entry before"),
      hash: text("SHA-256 over the canonical JSON of everything else"),
    },
    closed,
  ),
);
export const AuditPage = Type.Object(
  { items: Type.Array(ref<AuditEntry>("AuditEntry")), nextBefore: Type.Optional(Type.Integer()) },
  closed,
);
export const AuditVerdictSchema = Type.Unsafe<AuditVerdict>(
  Type.Object(
    {
      intact: Type.Boolean(),
      entries: count("Entries that follow one another without a gap"),
      head: text("Hash of the last of them"),
      anchors: Type.Array(Type.Integer({ minimum: 1 }), {
        description: "Ends seen before against which it was held, by their numbers of entries",
      }),
      problem: Type.Optional(Type.Object({ seq: Type.Integer(), message: Type.String() }, closed)),
    },
    closed,
  ),
);

/** Shapes that others refer to by name. */
export const VAULT_SCHEMAS: readonly TSchema[] = [
  DrillReportSchema,
  CoveredAccountSchema,
  FleetCoverageSchema,
  SecretSchema,
  AuditEntrySchema,
];

/** Compiles only while every schema has every field of its contract. */
export type NothingMissing = Nothing<{
  options: Missing<RestoreOptions, typeof RestoreOptionsSchema>;
  numbers: Missing<CoverageNumbers, typeof CoverageNumbersSchema>;
  item: Missing<RestoreItem, typeof RestoreItemSchema>;
  result: Missing<RestoreResult, typeof RestoreResultSchema>;
  report: Missing<DrillReport, typeof DrillReportSchema>;
  summary: Missing<DrillSummary, typeof DrillSummarySchema>;
  account: Missing<CoveredAccount, typeof CoveredAccountSchema>;
  coverage: Missing<FleetCoverage, typeof FleetCoverageSchema>;
  secret: Missing<SecretCoverage, typeof SecretSchema>;
  audit: Missing<AuditEntry, typeof AuditEntrySchema>;
}>;
