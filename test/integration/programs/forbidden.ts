import type { ApiAnswer, ApiCall } from "../../../emulator/calls";
import { NAMES, roleArn } from "../../../stacks/naming";

import type { World } from "./world";

/** Another member, whose stamper is not ours. */
export const OTHER = "600000000002";

/** Makes a call as the member's root, which nothing refuses. */
export type RootCaller = (
  service: ApiCall["service"],
  operation: string,
  parameters: Record<string, unknown>,
) => Promise<ApiAnswer>;

export /** A call that must be refused, and one like it that must not be: a check that refuses everything proves nothing. */
interface Pair {
  readonly service: ApiCall["service"];
  readonly forbidden: readonly [operation: string, parameters: Record<string, unknown>];
  readonly allowed: readonly [operation: string, parameters: Record<string, unknown>];
  /** Who may make the allowed one: the stamper itself, or only the account's root. */
  readonly by: "stamper" | "root";
  /** What the allowed one is answered with, where it is something else than success. */
  readonly answer?: string;
}

/** The pairs, made when the organization is there: some name a secret or a ciphertext of it. */
export async function forbiddenInMember(
  world: World,
  asRoot: RootCaller,
): Promise<Record<string, Pair>> {
  const MEMBER = world.memberId;
  const role = (name: string) => roleArn(MEMBER, name);
  const boundary = `arn:aws:iam::${MEMBER}:policy/strongroom/${NAMES.boundaryPolicy}`;
  const anyone = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  });
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  });
  const { json: listed } = await asRoot("secretsmanager", "ListSecrets", {});
  const secret = (listed.SecretList as { ARN: string }[])[0]?.ARN ?? "";
  const { json: encrypted } = await asRoot("kms", "Encrypt", {
    KeyId: NAMES.memberKeyAlias,
    Plaintext: Buffer.from("x").toString("base64"),
  });
  const { json: described } = await asRoot("kms", "DescribeKey", { KeyId: NAMES.memberKeyAlias });
  const KeyId = (described.KeyMetadata as { KeyId: string }).KeyId;
  const ciphertext = { CiphertextBlob: encrypted.CiphertextBlob, KeyId };
  const make = (RoleName: string, PermissionsBoundary?: string) =>
    ({
      RoleName,
      Path: NAMES.iamPath,
      AssumeRolePolicyDocument: trust,
      ...(PermissionsBoundary === undefined ? {} : { PermissionsBoundary }),
    }) as Record<string, unknown>;
  const target = (RoleArn: string) => ({
    Rule: NAMES.eventRule,
    Targets: [
      {
        Id: "strongroom",
        Arn: `arn:aws:events:${world.region}:${world.vaultId}:event-bus/${NAMES.eventBus}`,
        RoleArn,
      },
    ],
  });
  const queue = `http://sqs/${MEMBER}/${NAMES.undeliveredQueue}`;
  const tag = (value: string) => [{ TagKey: NAMES.stampTag, TagValue: value }];
  return {
    "read a secret's value": {
      service: "secretsmanager",
      forbidden: ["GetSecretValue", { SecretId: secret }],
      allowed: ["GetSecretValue", { SecretId: secret }],
      by: "root",
    },
    "decrypt with the account's key": {
      service: "kms",
      forbidden: ["Decrypt", ciphertext],
      allowed: ["Decrypt", ciphertext],
      by: "root",
    },
    "schedule a key's deletion": {
      service: "kms",
      forbidden: ["ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 30 }],
      allowed: ["EnableKeyRotation", { KeyId }],
      by: "stamper",
    },
    "disable a key": {
      service: "kms",
      forbidden: ["DisableKey", { KeyId }],
      allowed: ["DescribeKey", { KeyId }],
      by: "stamper",
    },
    "grant the use of a key": {
      service: "kms",
      forbidden: [
        "CreateGrant",
        { KeyId, GranteePrincipal: role(NAMES.stamperRole), Operations: ["Decrypt"] },
      ],
      allowed: ["GetKeyPolicy", { KeyId, PolicyName: "default" }],
      by: "stamper",
    },
    "make a key that is not the stamp's": {
      service: "kms",
      forbidden: ["CreateKey", { Tags: tag("somebody-else") }],
      allowed: ["CreateKey", { Tags: tag(`member-${MEMBER}`) }],
      by: "stamper",
    },
    "make a role without the boundary": {
      service: "iam",
      // The role is there already: IAM is asked before that is looked at.
      forbidden: ["CreateRole", make(NAMES.restorerRole)],
      allowed: ["CreateRole", make(NAMES.restorerRole, boundary)],
      by: "stamper",
      answer: "EntityAlreadyExists",
    },
    "make a role of another name, even with the boundary": {
      service: "iam",
      forbidden: ["CreateRole", make("strongroom-other", boundary)],
      allowed: ["ListRolePolicies", { RoleName: NAMES.forwarderRole }],
      by: "stamper",
    },
    "edit the boundary": {
      service: "iam",
      forbidden: ["CreatePolicyVersion", { PolicyArn: boundary, PolicyDocument: anyone }],
      allowed: ["CreatePolicyVersion", { PolicyArn: boundary, PolicyDocument: anyone }],
      by: "root",
    },
    "take the boundary off a role": {
      service: "iam",
      forbidden: ["DeleteRolePermissionsBoundary", { RoleName: NAMES.readerRole }],
      allowed: ["GetRole", { RoleName: NAMES.readerRole }],
      by: "stamper",
    },
    "put another boundary on a role": {
      service: "iam",
      forbidden: [
        "PutRolePermissionsBoundary",
        {
          RoleName: NAMES.readerRole,
          PermissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess",
        },
      ],
      allowed: [
        "PutRolePermissionsBoundary",
        { RoleName: NAMES.readerRole, PermissionsBoundary: boundary },
      ],
      by: "root",
    },
    "add to its own rights": {
      service: "iam",
      forbidden: [
        "PutRolePolicy",
        { RoleName: NAMES.stamperRole, PolicyName: "more", PolicyDocument: anyone },
      ],
      allowed: [
        "PutRolePolicy",
        { RoleName: NAMES.forwarderRole, PolicyName: "permissions", PolicyDocument: anyone },
      ],
      by: "stamper",
    },
    "change who may be the stamper": {
      service: "iam",
      forbidden: ["UpdateAssumeRolePolicy", { RoleName: NAMES.stamperRole, PolicyDocument: trust }],
      allowed: ["UpdateAssumeRolePolicy", { RoleName: NAMES.forwarderRole, PolicyDocument: trust }],
      by: "stamper",
    },
    "attach AWS's administrator policy": {
      service: "iam",
      forbidden: [
        "AttachRolePolicy",
        {
          RoleName: NAMES.readerRole,
          PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
        },
      ],
      allowed: ["ListAttachedRolePolicies", { RoleName: NAMES.readerRole }],
      by: "stamper",
    },
    "pass another role than the forwarder to EventBridge": {
      service: "events",
      forbidden: ["PutTargets", target(role(NAMES.readerRole))],
      allowed: ["PutTargets", target(role(NAMES.forwarderRole))],
      by: "stamper",
    },
    "touch a rule of somebody else": {
      service: "events",
      forbidden: ["DeleteRule", { Name: "payroll" }],
      allowed: ["DescribeRule", { Name: NAMES.eventRule }],
      by: "stamper",
    },
    "read what could not be delivered": {
      service: "sqs",
      forbidden: ["ReceiveMessage", { QueueUrl: queue }],
      allowed: ["GetQueueAttributes", { QueueUrl: queue, AttributeNames: ["All"] }],
      by: "stamper",
    },
    "become a role of another account": {
      service: "sts",
      forbidden: [
        "AssumeRole",
        {
          RoleArn: `arn:aws:iam::${OTHER}:role/OrganizationAccountAccessRole`,
          RoleSessionName: "x",
        },
      ],
      allowed: ["GetCallerIdentity", {}],
      by: "stamper",
    },
  };
}
