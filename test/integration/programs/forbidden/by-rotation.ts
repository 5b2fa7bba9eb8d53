import { NAMES, roleArn } from "../../../../stacks/naming";

import { assume, decryptBackup, readBackup, s3 } from "./by-functions";
import type { Call, Forbidden, Scene } from "./model";

const secrets = (operation: string, parameters: Readonly<Record<string, unknown>>): Call => ({
  api: "secretsmanager",
  operation,
  parameters,
});
const describeRotated = (at: Scene): Call =>
  secrets("DescribeSecret", { SecretId: at.rotatedSecretArn });
const list = (at: Scene): Call => s3({ method: "GET", path: at.bucket, query: "list-type=2" });
const take = (role: string) => (at: Scene) =>
  assume(roleArn(at.member, role), at.membersExternalId);

/** A row whose twin is a call of the same role that it needs. */
const row =
  (who: Forbidden["who"], twin: (at: Scene) => Call) =>
  (
    cannot: string,
    because: string,
    action: string,
    call: (at: Scene) => Call,
    better: (at: Scene) => Call = twin,
  ): Forbidden => ({
    who,
    cannot,
    because,
    action,
    call,
    twin: (at) => ({ by: who, call: better(at) }),
  });

const rotation = row("the rotation function", describeRotated);
const enroller = row("the enroller", describeRotated);
const rotate = row("the rotate function", list);

/** What rotates secrets reaches those alone that are set up for it; what has it done sees no value at all. */
export const BY_ROTATION: readonly Forbidden[] = [
  rotation(
    "read a secret that it is not set up to rotate",
    "it would be a reader of every secret",
    "secretsmanager:GetSecretValue",
    (at) => secrets("GetSecretValue", { SecretId: at.secretArn }),
    (at) => secrets("GetSecretValue", { SecretId: at.rotatedSecretArn }),
  ),
  rotation(
    "write a secret that it is not set up to rotate",
    "it could lock out whoever uses it",
    "secretsmanager:PutSecretValue",
    (at) => secrets("PutSecretValue", { SecretId: at.secretArn, SecretString: "x" }),
  ),
  rotation(
    "set itself up for a secret",
    "it would reach every secret in two calls",
    "secretsmanager:RotateSecret",
    (at) =>
      secrets("RotateSecret", {
        SecretId: at.secretArn,
        RotationRules: { AutomaticallyAfterDays: 1 },
      }),
  ),
  enroller(
    "read a secret, also one that it enrolled",
    "the vault starts rotations and needs no value for it",
    "secretsmanager:GetSecretValue",
    (at) => secrets("GetSecretValue", { SecretId: at.rotatedSecretArn }),
  ),
  enroller(
    "write a value",
    "a value of its own choice would be a way in",
    "secretsmanager:PutSecretValue",
    (at) => secrets("PutSecretValue", { SecretId: at.rotatedSecretArn, SecretString: "x" }),
  ),
  enroller(
    "set a tag that is not its own",
    "permissions of others go by tags",
    "secretsmanager:TagResource",
    (at) =>
      secrets("TagResource", {
        SecretId: at.rotatedSecretArn,
        Tags: [{ Key: "owner", Value: "me" }],
      }),
    (at) =>
      secrets("TagResource", {
        SecretId: at.rotatedSecretArn,
        Tags: [{ Key: "strongroom:rotator", Value: "password" }],
      }),
  ),
  enroller(
    "call a function that is neither ours nor a check",
    "it could do whatever the account's functions can",
    "lambda:InvokeFunction",
    (at) => ({ invoke: `arn:aws:lambda:${at.region}:${at.member}:function:payroll` }),
  ),
  rotate("read a backup", "it only needs to see that one is there", "s3:GetObject", readBackup),
  rotate("open an envelope", "it would read what was backed up", "kms:Decrypt", decryptBackup),
  rotate(
    "take the reader role of a member",
    "it would read every secret in scope",
    "sts:AssumeRole",
    take(NAMES.readerRole),
    take(NAMES.enrollerRole),
  ),
  {
    who: "the backup function",
    cannot: "take the enroller role of a member",
    because: "who reads values must not start rotations",
    action: "sts:AssumeRole",
    call: take(NAMES.enrollerRole),
    twin: (at) => ({ by: "the backup function", call: take(NAMES.readerRole)(at) }),
  },
];
