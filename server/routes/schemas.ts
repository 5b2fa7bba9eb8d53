import { Type, type TSchema } from "typebox";

import type { ErrorRecord } from "../../stacks/errors";
import { STACK_KINDS } from "../../stacks/kinds";
import type { StampName } from "../../stacks/naming";
import { type ChangeCounts, OPERATIONS, STACK_OPERATIONS } from "../ports";
import type { FormerAccount } from "../membership-ports";
import type { ProblemDocument } from "../plugins/problems";
import type {
  AccountResult,
  AccountView,
  RunEvent,
  RunListItem,
  RunRecord,
  RunSummary,
  StampResult,
  StampState,
  StampView,
} from "../runs-ports";

import { FormerAccountSchema, MembershipSchema, RUN_STATUSES } from "./membership-schemas";
import { AccessChangeSchema, BilledSchema, PolicyResults } from "./preview-schemas";
import {
  choice,
  closed,
  count,
  ErrorRecordSchema,
  named,
  ProblemSchema,
  ref,
  text,
  time,
  type Missing,
  type Nothing,
} from "./schema-parts";
import { ApprovalSchema, FollowsSchema, HoldSchema } from "./rollout-schemas";
import { vaultDetails, vaultOptions } from "./vault-run-schemas";
import { Reason } from "./vault-schemas";

/**
 * The shapes of the API. They describe the contracts of `runs-ports.ts`, which give the types; answers are written
 * through them, so a field that is not here does not leave the service.
 */
export const StampNameText = Type.Unsafe<StampName>({
  type: "string",
  pattern: `^(${STACK_KINDS.join("|")})-\\d{12}$`,
  description: "<kind>-<account id>",
});
const AccountIdText = Type.String({ pattern: "^\\d{12}$", description: "12 digits" });
const StackKindText = choice(STACK_KINDS);
const AnyObject = Type.Record(Type.String(), Type.Unknown());

const ChangeCountsSchema = Type.Unsafe<ChangeCounts>(
  Type.Object(
    {
      create: count("Resources made"),
      update: count("Resources changed in place"),
      replace: count("Resources replaced"),
      delete: count("Resources deleted"),
      same: count("Resources that did not change"),
    },
    closed,
  ),
);

const ResourceChangeSchema = Type.Object(
  {
    urn: Type.String(),
    type: Type.String(),
    name: Type.String(),
    operation: choice(["create", "update", "replace", "delete"]),
    properties: Type.Array(Type.String(), { description: "Names of the properties, never values" }),
  },
  closed,
);

const STAMP_STATUSES = [
  "waiting",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "not-started",
] as const;

const StampResultSchema = named(
  "StampResult",
  Type.Object(
    {
      stamp: StampNameText,
      accountId: AccountIdText,
      kind: StackKindText,
      status: choice(STAMP_STATUSES),
      unchanged: Type.Optional(
        Type.Boolean({ description: "Left alone: nothing that it is made from has changed" }),
      ),
      counts: Type.Optional(ChangeCountsSchema),
      changes: Type.Optional(Type.Array(ResourceChangeSchema)),
      ...PolicyResults,
      access: Type.Optional(
        Type.Array(AccessChangeSchema, {
          description: "preview only: what identities would gain and lose; names, never values",
        }),
      ),
      billed: Type.Optional(BilledSchema),
      resources: Type.Optional(count("Resources in the stack afterwards")),
      seconds: Type.Optional(Type.Number({ minimum: 0 })),
      peakMemoryMiB: Type.Optional(Type.Number({ minimum: 0 })),
      retained: Type.Optional(
        Type.Array(
          Type.Object(
            { urn: Type.String(), type: Type.String(), name: Type.String(), arn: Type.String() },
            closed,
          ),
          { description: "retire only: what stays behind in AWS" },
        ),
      ),
      ...vaultDetails,
      error: Type.Optional(ref("Error")),
    },
    closed,
  ),
);

const AccountResultSchema = named(
  "AccountResult",
  Type.Object(
    {
      accountId: AccountIdText,
      name: Type.String(),
      status: choice([...STAMP_STATUSES, "skipped"]),
      reason: Type.Optional(text("Why it was skipped or failed")),
    },
    closed,
  ),
);

const RunSummarySchema = Type.Unsafe<RunSummary>(
  Type.Object(
    {
      accounts: count("Accounts of the organization"),
      stamped: count("Accounts all of whose stamps succeeded"),
      skipped: count("Accounts left out"),
      failed: count("Accounts with a stamp that did not succeed"),
      changed: count("Stamps in which anything changed"),
      unchanged: count("Stamps that were left alone because nothing has changed for them"),
      resources: count("Resources in all stacks of the run"),
      violations: count("Findings of the rules, those undetermined and exempt among them"),
      undetermined: count("Rules that could not decide"),
      exempt: count("Findings that an exemption accepts"),
      seconds: Type.Number({ minimum: 0 }),
    },
    closed,
  ),
);

const list = <T extends TSchema>(items: T, description: string) =>
  Type.Optional(
    Type.Array(items, { minItems: 1, maxItems: 20_000, uniqueItems: true, description }),
  );

const target = {
  stamps: list(StampNameText, "These stamps"),
  accounts: list(AccountIdText, "Stamps of these accounts"),
  organizationalUnits: list(
    Type.String({ minLength: 1, maxLength: 1024 }),
    "Stamps of the accounts below these units, as paths: workloads/prod",
  ),
  kinds: list(StackKindText, "Stamps of these kinds"),
};

/** Body of `POST /v1/runs`. */
export const RunRequestBody = Type.Object(
  {
    operation: choice(
      OPERATIONS,
      "preview and drift change nothing; check judges what is deployed by the rules; retire takes stamps down; backup, restore, drill and rotate are about secrets",
    ),
    target: Type.Object(target, {
      ...closed,
      description: "Which stamps; several criteria are joined by 'and', none means the whole fleet",
    }),
    confirm: list(StampNameText, "retire only: exactly the stamps that the target selects"),
    refresh: Type.Optional(
      Type.Boolean({ description: "Read the real state of every resource first" }),
    ),
    force: Type.Optional(
      Type.Boolean({
        description: "preview and up only: look at stamps too that nothing has changed for",
      }),
    ),
    reason: Type.Optional(Reason),
    ...vaultOptions,
  },
  closed,
);

const runFields = {
  id: text("The run's id"),
  operation: choice(OPERATIONS),
  target: Type.Object(target, closed),
  status: choice(RUN_STATUSES),
  requestedBy: text("Who asked for it"),
  reason: Type.Optional(text("Why, in the words of who asked")),
  ...vaultOptions,
  createdAt: time("When it was asked for"),
  startedAt: Type.Optional(time("When it started")),
  endedAt: Type.Optional(time("When it ended")),
  cancelRequested: Type.Boolean(),
  hold: Type.Optional(HoldSchema),
  approvals: Type.Optional(Type.Array(ApprovalSchema)),
  follows: Type.Optional(FollowsSchema),
  summary: Type.Optional(RunSummarySchema),
  error: Type.Optional(ref("Error")),
};

const RunSchema = named(
  "Run",
  Type.Object(
    {
      ...runFields,
      stamps: Type.Array(ref("StampResult"), { description: "Every stamp that was selected" }),
      accounts: Type.Array(ref("AccountResult"), {
        description: "Every account of the organization, the ones left out with their reason",
      }),
    },
    closed,
  ),
);
const RunListItemSchema = named("RunListItem", Type.Object(runFields, closed));

const RunEventSchema = named(
  "RunEvent",
  Type.Object(
    {
      runId: Type.String(),
      seq: Type.Integer({ minimum: 1, description: "Position in the run, without gaps" }),
      at: time("When it happened"),
      type: choice([
        "run.queued",
        "run.started",
        "run.ended",
        "run.cancel-requested",
        "run.held",
        "run.approved",
        "run.resumed",
        "stamp.started",
        "stamp.planned",
        "stamp.resource",
        "stamp.policy",
        "stamp.message",
        "stamp.ended",
      ]),
      stamp: Type.Optional(StampNameText),
      data: AnyObject,
    },
    closed,
  ),
);

const stampStateFields = {
  stamp: StampNameText,
  lastRunId: Type.Optional(Type.String()),
  lastOperation: Type.Optional(choice(STACK_OPERATIONS)),
  lastStatus: Type.Optional(choice(STAMP_STATUSES)),
  lastEndedAt: Type.Optional(time("When its last operation ended")),
  stampedAt: Type.Optional(time("When an up last succeeded")),
  drifted: Type.Optional(Type.Boolean({ description: "What the last drift operation found" })),
  drift: Type.Optional(Type.Array(ResourceChangeSchema)),
  weakens: Type.Optional(Type.Array(text("A mandatory rule that its drift breaks"))),
  comparedAt: Type.Optional(time("When it was last compared with what is really there")),
  error: Type.Optional(ref("Error")),
};
const StampStateSchema = named("StampState", Type.Object(stampStateFields, closed));

const StampViewSchema = named(
  "Stamp",
  Type.Object(
    {
      ...stampStateFields,
      outputs: AnyObject,
      resources: Type.Array(
        Type.Object(
          {
            urn: Type.String(),
            type: Type.String(),
            name: Type.String(),
            id: Type.String(),
            protect: Type.Boolean(),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);

const AccountViewSchema = named(
  "Account",
  Type.Object(
    {
      id: AccountIdText,
      name: text("Other people's text: escape it"),
      status: choice(["ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED"]),
      organizationalUnitPath: Type.Array(Type.String()),
      organizationalUnitIds: Type.Array(Type.String()),
      tags: Type.Record(Type.String(), Type.String()),
      isManagementAccount: Type.Boolean(),
      selected: Type.Boolean({ description: "Whether the fleet file selects it" }),
      reason: Type.Optional(text("Why it is not selected")),
      environment: Type.Optional(Type.String()),
      membership: Type.Optional(ref("Membership")),
      stamps: Type.Array(ref("StampState")),
    },
    closed,
  ),
);

const AccountsSchema = named(
  "Accounts",
  Type.Object(
    {
      organizationId: Type.String(),
      discoveredAt: time("When the organization was read"),
      ageSeconds: Type.Number({ minimum: 0 }),
      items: Type.Array(ref("Account")),
      former: Type.Optional(
        Type.Array(ref("FormerAccount"), { description: "Accounts that have left" }),
      ),
    },
    closed,
  ),
);

/** Shapes that others refer to; the app knows them by name, and so does the OpenAPI document. */
export const SHARED_SCHEMAS: readonly TSchema[] = [
  ErrorRecordSchema,
  ProblemSchema,
  StampResultSchema,
  AccountResultSchema,
  RunSchema,
  RunListItemSchema,
  RunEventSchema,
  StampStateSchema,
  StampViewSchema,
  MembershipSchema,
  FormerAccountSchema,
  AccountViewSchema,
  AccountsSchema,
];

export const RunRef = ref<RunRecord>("Run");
export const RunPage = Type.Object(
  { items: Type.Array(ref<RunListItem>("RunListItem")), nextCursor: Type.Optional(Type.String()) },
  closed,
);
export const RunEvents = Type.Object(
  { items: Type.Array(ref<RunEvent>("RunEvent")), ended: Type.Boolean() },
  closed,
);
export const AccountsRef = ref<{
  organizationId: string;
  discoveredAt: string;
  ageSeconds: number;
  items: readonly AccountView[];
  former?: readonly FormerAccount[];
}>("Accounts");
export const StampRef = ref<StampView>("Stamp");
export const FleetDocument = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: "object",
  additionalProperties: true,
  description: "The fleet file as read, its digest, and the plan in waves",
});

/** Compiles only while every schema has every field of its contract. */
export type NothingMissing = Nothing<{
  runRecord: Missing<RunRecord, typeof RunSchema>;
  runListItem: Missing<RunListItem, typeof RunListItemSchema>;
  stampResult: Missing<StampResult, typeof StampResultSchema>;
  accountResult: Missing<AccountResult, typeof AccountResultSchema>;
  runEvent: Missing<RunEvent, typeof RunEventSchema>;
  stampState: Missing<StampState, typeof StampStateSchema>;
  stampView: Missing<StampView, typeof StampViewSchema>;
  accountView: Missing<AccountView, typeof AccountViewSchema>;
  errorRecord: Missing<ErrorRecord, typeof ErrorRecordSchema>;
  problemDocument: Missing<ProblemDocument, typeof ProblemSchema>;
}>;
