import { NAMES, roleArn } from "../../../../stacks/naming";

import { assume, decryptBackup, readBackup, s3 } from "./by-functions";
import type { Call, Forbidden, Scene, Who } from "./model";

const secrets = (
  operation: string,
  SecretId: string,
  more: Readonly<Record<string, unknown>> = {},
): Call => ({ api: "secretsmanager", operation, parameters: { SecretId, ...more } });

const read = (arn: string): Call => secrets("GetSecretValue", arn);

const decryptMember = (at: Scene): Call => ({
  api: "kms",
  operation: "Decrypt",
  parameters: { CiphertextBlob: at.memberCiphertext, KeyId: at.memberKeyId },
});

const functionArn = (at: Scene, name: string) =>
  `arn:aws:lambda:${at.region}:${at.vault}:function:${name}`;
const busArn = (at: Scene) => `arn:aws:events:${at.region}:${at.vault}:event-bus/${NAMES.eventBus}`;

/** An event as a member's rule would forward it. */
const tell = (at: Scene): Call => ({
  api: "events",
  operation: "PutEvents",
  parameters: {
    Entries: [{ Source: "test", DetailType: "test", Detail: "{}", EventBusName: busArn(at) }],
  },
});

/** What the reader must not write. */
const READER_WRITES: readonly Forbidden[] = (
  [
    ["PutSecretValue", { SecretString: "x" }, "change a value"],
    ["DeleteSecret", { RecoveryWindowInDays: 30 }, "delete a secret"],
    ["UpdateSecret", { Description: "x" }, "change a secret"],
    ["PutResourcePolicy", { ResourcePolicy: "{}" }, "open a secret to others"],
    [
      "TagResource",
      { Tags: [{ Key: "x", Value: "y" }] },
      "tag a secret, and so take it out of scope",
    ],
  ] as const
).map(([operation, more, cannot]) => ({
  who: "the reader",
  cannot,
  because: "the vault reads every secret of the organization; it must not be able to spoil one",
  action: `secretsmanager:${operation}`,
  call: (at) => secrets(operation, at.secretArn, more),
  twin: (at) => ({ by: "the reader", call: read(at.secretArn) }),
}));

/** What is not open to anybody of another account, however much that account allows. */
function fromOutside(
  who: Extract<Who, "an administrator of the member" | "a stranger">,
  because: string,
): Forbidden[] {
  const row = (
    cannot: string,
    action: string,
    call: (at: Scene) => Call,
    twin: Forbidden["twin"],
  ): Forbidden => ({ who, cannot, because, action, call, twin });
  return [
    row("read a backup", "s3:GetObject", readBackup, () => ({ by: "the restore function" })),
    row(
      "delete a version of a backup",
      "s3:DeleteObjectVersion",
      (at) =>
        s3({
          method: "DELETE",
          path: `${at.bucket}/${at.backup.key}`,
          query: `versionId=${at.backup.versionId}`,
        }),
      (at) => ({ by: "the restore function", call: readBackup(at) }),
    ),
    row("open an envelope", "kms:Decrypt", decryptBackup, () => ({
      by: "the restore function",
    })),
    row(
      "call the restore function",
      "lambda:InvokeFunction",
      (at) => ({ invoke: functionArn(at, NAMES.functionRoles.restore) }),
      () => ({ by: "the operator" }),
    ),
    row(
      "become the operator",
      "sts:AssumeRole",
      (at) => assume(roleArn(at.vault, NAMES.operatorRole), at.serviceExternalId),
      () => ({ by: "the service" }),
    ),
    row(
      "become the reader of a member",
      "sts:AssumeRole",
      (at) => assume(roleArn(at.member, NAMES.readerRole), at.membersExternalId),
      () => ({ by: "the backup function" }),
    ),
    row(
      "become the restorer of a member",
      "sts:AssumeRole",
      (at) => assume(roleArn(at.member, NAMES.restorerRole), at.membersExternalId),
      () => ({ by: "the restore function" }),
    ),
    row(
      "become the stamper of the vault",
      "sts:AssumeRole",
      (at) => assume(roleArn(at.vault, NAMES.stamperRole), at.serviceExternalId),
      () => ({ by: "the service" }),
    ),
    row("put an event on the vault's bus", "events:PutEvents", tell, () => ({
      by: "the forwarder",
    })),
  ];
}

/** What the roles in a member, its own administrators and strangers must not be able to do. */
export const BY_OTHERS: readonly Forbidden[] = [
  ...READER_WRITES,
  {
    who: "the reader",
    cannot: "read a secret of another member",
    because: "one account that is broken into must not open the others",
    action: "secretsmanager:GetSecretValue",
    call: (at) => read(at.otherSecretArn),
    twin: (at) => ({ by: "the reader", call: read(at.secretArn) }),
  },
  {
    who: "the reader",
    cannot: "use the member's key itself",
    because: "the key opens more than secrets in scope; Secrets Manager asks for those alone",
    action: "kms:Decrypt",
    call: decryptMember,
    twin: () => ({ by: "root of the member" }),
  },
  {
    who: "the reader",
    cannot: "read what was kept",
    because: "it is for the way into the vault, not for the way back",
    action: "s3:GetObject",
    call: readBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the reader",
    cannot: "become the restorer",
    because: "who only reads must not be able to write",
    action: "sts:AssumeRole",
    call: (at) => assume(roleArn(at.member, NAMES.restorerRole), at.membersExternalId),
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the restorer",
    cannot: "read a value",
    because: "it writes back what the vault has, and learns nothing",
    action: "secretsmanager:GetSecretValue",
    call: (at) => read(at.secretArn),
    twin: () => ({ by: "the reader" }),
  },
  {
    who: "the restorer",
    cannot: "delete a secret",
    because: "who brings back must not take away",
    action: "secretsmanager:DeleteSecret",
    call: (at) => secrets("DeleteSecret", at.secretArn, { ForceDeleteWithoutRecovery: true }),
    twin: (at) => ({ by: "the restorer", call: secrets("DescribeSecret", at.secretArn) }),
  },
  {
    who: "the restorer",
    cannot: "write a secret of another member",
    because: "one account that is broken into must not open the others",
    action: "secretsmanager:PutSecretValue",
    call: (at) => secrets("PutSecretValue", at.otherSecretArn, { SecretString: "x" }),
    twin: (at) => ({ by: "the restorer", call: secrets("DescribeSecret", at.secretArn) }),
  },
  {
    who: "the forwarder",
    cannot: "read a secret",
    because: "it carries events",
    action: "secretsmanager:GetSecretValue",
    call: (at) => read(at.secretArn),
    twin: () => ({ by: "the reader" }),
  },
  {
    who: "an administrator of the member",
    cannot: "read a secret of another member",
    because: "one account that is broken into must not open the others",
    action: "secretsmanager:GetSecretValue",
    call: (at) => read(at.otherSecretArn),
    twin: (at) => ({ by: "an administrator of the member", call: read(at.secretArn) }),
  },
  {
    who: "the operator",
    cannot: "read a backup",
    because: "the service asks the functions, and never sees a value",
    action: "s3:GetObject",
    call: readBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the operator",
    cannot: "open an envelope",
    because: "the service asks the functions, and never sees a value",
    action: "kms:Decrypt",
    call: decryptBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the operator",
    cannot: "make coverage look better than it is",
    because: "it shows what the sweep wrote",
    action: "s3:PutObject",
    call: (at) => s3({ method: "PUT", path: `${at.bucket}/coverage/x.json`, body: "{}" }),
    twin: () => ({ by: "the sweep function" }),
  },
  {
    who: "the operator",
    cannot: "become the reader of a member",
    because: "only the functions reach into members",
    action: "sts:AssumeRole",
    call: (at) => assume(roleArn(at.member, NAMES.readerRole), at.membersExternalId),
    twin: () => ({ by: "the sweep function" }),
  },
  {
    who: "the service",
    cannot: "become the reader of a member",
    because: "only the functions reach into members",
    action: "sts:AssumeRole",
    call: (at) => assume(roleArn(at.member, NAMES.readerRole), at.membersExternalId),
    twin: () => ({ by: "the backup function" }),
  },
  {
    who: "the service",
    cannot: "call a function in its own name",
    because: "the vault lets in the operator alone",
    action: "lambda:InvokeFunction",
    call: (at) => ({ invoke: functionArn(at, NAMES.functionRoles.restore) }),
    twin: () => ({ by: "the operator" }),
  },
  ...([NAMES.operatorRole, NAMES.stamperRole] as const).map((name): Forbidden => ({
    who: "the service",
    cannot: `become ${name} with a wrong external id`,
    because: "whoever makes the service act for another must not get further than that",
    action: "sts:AssumeRole",
    call: (at) => assume(roleArn(at.vault, name), "another-external-id-0001"),
    twin: (at) => ({
      by: "the service",
      call: assume(roleArn(at.vault, name), at.serviceExternalId),
    }),
  })),
  ...fromOutside(
    "an administrator of the member",
    "an account that is broken into must not lose what was kept of it",
  ),
  ...fromOutside(
    "a stranger",
    "no name, external id or right of another organization opens anything here",
  ),
];
