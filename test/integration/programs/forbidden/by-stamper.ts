import type { ApiCall } from "../../../../emulator/calls";
import { boundaryArn, NAMES, roleArn } from "../../../../stacks/naming";

import type { Call, Forbidden, Scene } from "./model";

type Api = readonly [
  api: ApiCall["service"],
  operation: string,
  parameters: Readonly<Record<string, unknown>>,
];

const call = ([api, operation, parameters]: Api): Call => ({ api, operation, parameters });

interface Row {
  readonly because: string;
  readonly forbidden: (at: Scene) => Api;
  readonly action: string;
  readonly allowed: (at: Scene) => Api;
  /** Absent: by the stamper itself. */
  readonly byRoot?: true;
  readonly answer?: string;
}

const ANYTHING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});

const role = (at: Scene, name: string) => roleArn(at.member, name);
const boundary = (at: Scene) => boundaryArn(at.member);

const make = (at: Scene, RoleName: string, PermissionsBoundary?: string): Api => [
  "iam",
  "CreateRole",
  {
    RoleName,
    Path: NAMES.iamPath,
    AssumeRolePolicyDocument: at.forwarderTrust,
    ...(PermissionsBoundary === undefined ? {} : { PermissionsBoundary }),
  },
];

const target = (at: Scene, RoleArn: string): Api => [
  "events",
  "PutTargets",
  {
    Rule: NAMES.eventRule,
    Targets: [
      {
        Id: "strongroom",
        Arn: `arn:aws:events:${at.region}:${at.vault}:event-bus/${NAMES.eventBus}`,
        RoleArn,
      },
    ],
  },
];

const key = (at: Scene, operation: string, more: Readonly<Record<string, unknown>> = {}): Api => [
  "kms",
  operation,
  { KeyId: at.memberKeyId, ...more },
];
const decrypt = (at: Scene) => key(at, "Decrypt", { CiphertextBlob: at.memberCiphertext });
const newKey = (stamp: string): Api => [
  "kms",
  "CreateKey",
  { Tags: [{ TagKey: NAMES.stampTag, TagValue: stamp }] },
];
const onRole = (
  operation: string,
  RoleName: string,
  more: Readonly<Record<string, unknown>> = {},
): Api => ["iam", operation, { RoleName, ...more }];
const newBoundary = (at: Scene): Api => [
  "iam",
  "CreatePolicyVersion",
  { PolicyArn: boundary(at), PolicyDocument: ANYTHING },
];
const bound = (PermissionsBoundary: string) =>
  onRole("PutRolePermissionsBoundary", NAMES.readerRole, { PermissionsBoundary });
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const undelivered = (at: Scene) => `http://sqs/${at.member}/${NAMES.undeliveredQueue}`;

const ROWS: Readonly<Record<string, Row>> = {
  "read a secret's value": {
    because: "it works in every account of the organization",
    action: "secretsmanager:GetSecretValue",
    forbidden: (at) => ["secretsmanager", "GetSecretValue", { SecretId: at.secretArn }],
    allowed: (at) => ["secretsmanager", "GetSecretValue", { SecretId: at.secretArn }],
    byRoot: true,
  },
  "decrypt with the account's key": {
    because: "it manages keys and uses none",
    action: "kms:Decrypt",
    forbidden: decrypt,
    allowed: decrypt,
    byRoot: true,
  },
  "schedule a key's deletion": {
    because: "a key takes everything with it that it encrypted",
    action: "kms:ScheduleKeyDeletion",
    forbidden: (at) => key(at, "ScheduleKeyDeletion", { PendingWindowInDays: 30 }),
    allowed: (at) => key(at, "EnableKeyRotation"),
  },
  "disable a key": {
    because: "secrets under it could not be read any more",
    action: "kms:DisableKey",
    forbidden: (at) => key(at, "DisableKey"),
    allowed: (at) => key(at, "DescribeKey"),
  },
  "grant the use of a key": {
    because: "a grant passes by every policy",
    action: "kms:CreateGrant",
    forbidden: (at) =>
      key(at, "CreateGrant", {
        GranteePrincipal: role(at, NAMES.stamperRole),
        Operations: ["Decrypt"],
      }),
    allowed: (at) => key(at, "GetKeyPolicy", { PolicyName: "default" }),
  },
  "make a key that is not the stamp's": {
    because: "its rights on keys hang on the stamp's tag",
    action: "kms:CreateKey",
    forbidden: () => newKey("somebody-else"),
    allowed: (at) => newKey(`member-${at.member}`),
  },
  "make a role without the boundary": {
    because: "that role could have every right of the account",
    action: "iam:CreateRole",
    // The role is there already: IAM is asked before that is looked at.
    forbidden: (at) => make(at, NAMES.restorerRole),
    allowed: (at) => make(at, NAMES.restorerRole, boundary(at)),
    answer: "EntityAlreadyExists",
  },
  "make a role of another name, even with the boundary": {
    because: "others trust roles by their names",
    action: "iam:CreateRole",
    forbidden: (at) => make(at, "strongroom-other", boundary(at)),
    allowed: () => onRole("ListRolePolicies", NAMES.forwarderRole),
  },
  "edit the boundary": {
    because: "the boundary is the last word about every role",
    action: "iam:CreatePolicyVersion",
    forbidden: newBoundary,
    allowed: newBoundary,
    byRoot: true,
  },
  "take the boundary off a role": {
    because: "the boundary is the last word about every role",
    action: "iam:DeleteRolePermissionsBoundary",
    forbidden: () => onRole("DeleteRolePermissionsBoundary", NAMES.readerRole),
    allowed: () => onRole("GetRole", NAMES.readerRole),
  },
  "put another boundary on a role": {
    because: "the boundary is the last word about every role",
    action: "iam:PutRolePermissionsBoundary",
    forbidden: () => bound(ADMINISTRATOR),
    allowed: (at) => bound(boundary(at)),
    byRoot: true,
  },
  "add to its own rights": {
    because: "then it would have all of them",
    action: "iam:PutRolePolicy",
    forbidden: () =>
      onRole("PutRolePolicy", NAMES.stamperRole, { PolicyName: "more", PolicyDocument: ANYTHING }),
    allowed: (at) =>
      onRole("PutRolePolicy", NAMES.forwarderRole, {
        PolicyName: "permissions",
        PolicyDocument: at.forwarderPolicy,
      }),
  },
  "change who may be the stamper": {
    because: "it could let anybody in",
    action: "iam:UpdateAssumeRolePolicy",
    forbidden: (at) =>
      onRole("UpdateAssumeRolePolicy", NAMES.stamperRole, { PolicyDocument: at.forwarderTrust }),
    allowed: (at) =>
      onRole("UpdateAssumeRolePolicy", NAMES.forwarderRole, { PolicyDocument: at.forwarderTrust }),
  },
  "attach AWS's administrator policy": {
    because: "policies are the stamp's own, and reviewed",
    action: "iam:AttachRolePolicy",
    forbidden: () => onRole("AttachRolePolicy", NAMES.readerRole, { PolicyArn: ADMINISTRATOR }),
    allowed: () => onRole("ListAttachedRolePolicies", NAMES.readerRole),
  },
  "pass another role than the forwarder to EventBridge": {
    because: "EventBridge would act with the rights of that role",
    action: "iam:PassRole",
    forbidden: (at) => target(at, role(at, NAMES.readerRole)),
    allowed: (at) => target(at, role(at, NAMES.forwarderRole)),
  },
  "touch a rule of somebody else": {
    because: "other teams have rules in the account",
    action: "events:DeleteRule",
    forbidden: () => ["events", "DeleteRule", { Name: "payroll" }],
    allowed: () => ["events", "DescribeRule", { Name: NAMES.eventRule }],
  },
  "read what could not be delivered": {
    because: "events name secrets, and reading one takes it away",
    action: "sqs:ReceiveMessage",
    forbidden: (at) => ["sqs", "ReceiveMessage", { QueueUrl: undelivered(at) }],
    allowed: (at) => [
      "sqs",
      "GetQueueAttributes",
      { QueueUrl: undelivered(at), AttributeNames: ["All"] },
    ],
  },
  "become a role of another account": {
    because: "one account that is broken into must not open the others",
    action: "sts:AssumeRole",
    forbidden: (at) => [
      "sts",
      "AssumeRole",
      {
        RoleArn: `arn:aws:iam::${at.other}:role/OrganizationAccountAccessRole`,
        RoleSessionName: "x",
      },
    ],
    allowed: () => ["sts", "GetCallerIdentity", {}],
  },
};

/** What the stamper of a member must not be able to do there. */
export const BY_STAMPER: readonly Forbidden[] = Object.entries(ROWS).map(
  ([cannot, { because, forbidden, action, allowed, byRoot, answer }]) => ({
    who: "the stamper of the member",
    cannot,
    because,
    action,
    call: (at) => call(forbidden(at)),
    twin: (at) => ({
      by: byRoot === true ? "root of the member" : "the stamper of the member",
      call: call(allowed(at)),
      ...(answer === undefined ? {} : { answer }),
    }),
  }),
);
