import { NAMES, roleArn } from "../../../../stacks/naming";
import type { S3Call } from "../../../support/s3";

import type { Call, Forbidden, Scene, Who } from "./model";

const LOCK = (days: number) =>
  `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>${days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;
const LIFECYCLE =
  "<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";
const SUSPENDED = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
const OPEN = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "*" }],
});
const TOMORROW = () => new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, "");
const RETENTION = () =>
  `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${TOMORROW()}</RetainUntilDate></Retention>`;

export const s3 = (call: S3Call, region?: string): Call => ({
  s3: call,
  ...(region === undefined ? {} : { region }),
});

export const readBackup = (at: Scene): Call =>
  s3({ method: "GET", path: `${at.bucket}/${at.backup.key}` });

export const assume = (arn: string, ExternalId: string): Call => ({
  api: "sts",
  operation: "AssumeRole",
  parameters: { RoleArn: arn, RoleSessionName: "x", ExternalId },
});

const secrets = (
  operation: string,
  parameters: Readonly<Record<string, unknown>>,
  region?: string,
): Call => ({
  api: "secretsmanager",
  operation,
  parameters,
  ...(region === undefined ? {} : { region }),
});

export const decryptBackup = (at: Scene): Call => ({
  api: "kms",
  operation: "Decrypt",
  parameters: { CiphertextBlob: at.backupCiphertext, KeyId: at.backupKeyArn },
});

const putObject = (at: Scene, key: string): Call =>
  s3({ method: "PUT", path: `${at.bucket}/${key}`, body: "x" });

/** A call that the same role is allowed, by which its session is known to be good. */
const list = (at: Scene): Call => s3({ method: "GET", path: at.bucket, query: "list-type=2" });

/** What would make a backup disappear, or its lock worth less; whoever it is that tries. */
function tampering(who: Who, twin: (at: Scene) => Call): Forbidden[] {
  const row = (
    cannot: string,
    because: string,
    action: string,
    call: (at: Scene) => S3Call,
  ): Forbidden => ({
    who,
    cannot,
    because,
    action,
    call: (at) => s3(call(at)),
    twin: (at) => ({ by: who, call: twin(at) }),
  });
  return [
    row(
      "delete a version of a backup",
      "a backup that can be deleted is none",
      "s3:DeleteObjectVersion",
      (at) => ({
        method: "DELETE",
        path: `${at.bucket}/${at.backup.key}`,
        query: `versionId=${at.backup.versionId}`,
      }),
    ),
    row("hide a backup", "what is hidden is not restored", "s3:DeleteObject", (at) => ({
      method: "DELETE",
      path: `${at.bucket}/${at.backup.key}`,
    })),
    row(
      "shorten the retention of a backup",
      "it could be deleted afterwards",
      // Only the backup function may set a retention at all: the first one.
      who === "the backup function" ? "s3:BypassGovernanceRetention" : "s3:PutObjectRetention",
      (at) => ({
        method: "PUT",
        path: `${at.bucket}/${at.backup.key}`,
        query: `retention=&versionId=${at.backup.versionId}`,
        body: RETENTION(),
        headers: { "x-amz-bypass-governance-retention": "true" },
      }),
    ),
    row(
      "suspend the versioning",
      "the next write would take the place of the last",
      "s3:PutBucketVersioning",
      (at) => ({ method: "PUT", path: at.bucket, query: "versioning", body: SUSPENDED }),
    ),
    row(
      "let a lifecycle rule delete backups",
      "S3 itself would delete them",
      "s3:PutLifecycleConfiguration",
      (at) => ({ method: "PUT", path: at.bucket, query: "lifecycle", body: LIFECYCLE }),
    ),
    row(
      "open the bucket to everybody",
      "the bucket's policy is what keeps its lock",
      "s3:PutBucketPolicy",
      (at) => ({ method: "PUT", path: at.bucket, query: "policy", body: OPEN }),
    ),
    row(
      "drop the bucket's policy",
      "the bucket's policy is what keeps its lock",
      "s3:DeleteBucketPolicy",
      (at) => ({ method: "DELETE", path: at.bucket, query: "policy" }),
    ),
    row(
      "shorten the bucket's default lock",
      "the next backups would be locked for a day",
      "s3:PutBucketObjectLockConfiguration",
      (at) => ({ method: "PUT", path: at.bucket, query: "object-lock", body: LOCK(1) }),
    ),
    row(
      "stop the copies",
      "the recovery Region would have nothing newer",
      "s3:PutReplicationConfiguration",
      (at) => ({ method: "DELETE", path: at.bucket, query: "replication" }),
    ),
  ];
}

const role = (account: string, name: string) => roleArn(account, name);

/** What the vault's functions, the replication and the vault's stamper must not be able to do. */
export const BY_FUNCTIONS: readonly Forbidden[] = [
  ...tampering("the backup function", list),
  ...tampering("the restore function", readBackup),
  {
    who: "the backup function",
    cannot: "read a backup",
    because: "it writes what it is given and needs nothing of what was kept before",
    action: "s3:GetObject",
    call: readBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the backup function",
    cannot: "open an envelope",
    because: "who holds it would have every value that was ever kept",
    action: "kms:Decrypt",
    call: decryptBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the backup function",
    cannot: "schedule the deletion of the backups' key",
    because: "a lock keeps the ciphertext only; without its key it is noise",
    action: "kms:ScheduleKeyDeletion",
    call: (at) => ({
      api: "kms",
      operation: "ScheduleKeyDeletion",
      parameters: { KeyId: at.backupKeyArn, PendingWindowInDays: 7 },
    }),
    twin: (at) => ({
      by: "the backup function",
      call: {
        api: "kms",
        operation: "GenerateDataKey",
        parameters: { KeyId: at.backupKeyArn, KeySpec: "AES_256" },
      },
    }),
  },
  {
    who: "the backup function",
    cannot: "become the restorer of a member",
    because: "who only reads must not be able to write",
    action: "sts:AssumeRole",
    call: (at) => assume(role(at.member, NAMES.restorerRole), at.membersExternalId),
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the backup function",
    cannot: "become the reader of a member with a wrong external id",
    because:
      "a role that everybody in the organization could name would be open to a confused deputy",
    action: "sts:AssumeRole",
    call: (at) => assume(role(at.member, NAMES.readerRole), "another-external-id-0001"),
    twin: (at) => ({
      by: "the backup function",
      call: assume(role(at.member, NAMES.readerRole), at.membersExternalId),
    }),
  },
  {
    who: "the backup function",
    cannot: "write what a drill reports",
    because: "a failure could be made to look like a success",
    action: "s3:PutObject",
    call: (at) => putObject(at, "reports/drills/x.json"),
    twin: () => ({ by: "the drill function" }),
  },
  {
    who: "the backup function",
    cannot: "check digests",
    because: "it could guess at values until one fits",
    action: "kms:VerifyMac",
    call: (at) => ({
      api: "kms",
      operation: "VerifyMac",
      parameters: {
        KeyId: at.digestKeyArn,
        MacAlgorithm: "HMAC_SHA_256",
        Message: "eA==",
        Mac: "eA==",
      },
    }),
    twin: () => ({ by: "the restore function", answer: "KMSInvalidMacException" }),
  },
  {
    who: "the sweep function",
    cannot: "read a backup",
    because: "it compares names and times",
    action: "s3:GetObject",
    call: readBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the sweep function",
    cannot: "write a backup",
    because: "a false backup would take the place of a true one",
    action: "s3:PutObject",
    call: (at) => putObject(at, `${at.member}/${at.region}/x/y`),
    twin: (at) => ({ by: "the sweep function", call: putObject(at, "coverage/000000000000.json") }),
  },
  {
    who: "the sweep function",
    cannot: "read what waits in the queue of the backup function",
    because: "it orders work and does not take it away",
    action: "sqs:ReceiveMessage",
    call: (at) => ({
      api: "sqs",
      operation: "ReceiveMessage",
      parameters: { QueueUrl: `http://sqs/${at.vault}/${NAMES.workQueue}` },
    }),
    twin: () => ({ by: "the backup function" }),
  },
  {
    who: "the restore function",
    cannot: "write a backup",
    because: "what was restored could be made to be the truth",
    action: "s3:PutObject",
    call: (at) => putObject(at, `${at.member}/${at.region}/x/y`),
    twin: () => ({ by: "the backup function" }),
  },
  {
    who: "the restore function",
    cannot: "become the reader of a member",
    because: "it writes back and needs no value of today",
    action: "sts:AssumeRole",
    call: (at) => assume(role(at.member, NAMES.readerRole), at.membersExternalId),
    twin: () => ({ by: "the sweep function" }),
  },
  ...[NAMES.readerRole, NAMES.restorerRole].map((name): Forbidden => ({
    who: "the drill function",
    cannot: `become ${name} of a member`,
    because: "a rehearsal that reaches into a member is none",
    action: "sts:AssumeRole",
    call: (at) => assume(role(at.member, name), at.membersExternalId),
    twin: () => ({
      by: name === NAMES.readerRole ? "the sweep function" : "the restore function",
    }),
  })),
  {
    who: "the drill function",
    cannot: "make a secret outside its name space",
    because: "it could put its own in the place of one that is used",
    action: "secretsmanager:CreateSecret",
    call: () => secrets("CreateSecret", { Name: "prod/database", SecretString: "x" }),
    twin: () => ({
      by: "the drill function",
      call: secrets("CreateSecret", { Name: `${NAMES.drillPrefix}x`, SecretString: "x" }),
    }),
  },
  {
    who: "the drill function",
    cannot: "delete a secret outside its name space",
    because: "it deletes at once and for ever, as it must with its own",
    action: "secretsmanager:DeleteSecret",
    call: () =>
      secrets("DeleteSecret", { SecretId: "prod/database", ForceDeleteWithoutRecovery: true }),
    twin: () => ({
      by: "the drill function",
      call: secrets("DeleteSecret", {
        SecretId: `${NAMES.drillPrefix}x`,
        ForceDeleteWithoutRecovery: true,
      }),
    }),
  },
  {
    who: "the drill function",
    cannot: "write a backup",
    because: "a drill would then pass on what it wrote itself",
    action: "s3:PutObject",
    call: (at) => putObject(at, `${at.member}/${at.region}/x/y`),
    twin: () => ({ by: "the backup function" }),
  },
  {
    who: "the replication",
    cannot: "delete a copy",
    because: "a deletion must not travel",
    action: "s3:DeleteObject",
    call: (at) => s3({ method: "DELETE", path: `${at.copy}/${at.backup.key}` }, at.recoveryRegion),
    twin: (at) => ({ by: "the replication", call: list(at) }),
  },
  {
    who: "the replication",
    cannot: "read a copy",
    because: "it copies into that bucket and takes nothing out",
    action: "s3:GetObject",
    call: (at) => s3({ method: "GET", path: `${at.copy}/${at.backup.key}` }, at.recoveryRegion),
    twin: () => ({ by: "the restore function" }),
  },
  ...tampering("the stamper of the vault", (at) =>
    s3({ method: "GET", path: at.bucket, query: "policy" }),
  ),
  {
    who: "the stamper of the vault",
    cannot: "read a backup",
    because: "it makes the vault and looks into none of it",
    action: "s3:GetObject",
    call: readBackup,
    twin: () => ({ by: "the restore function" }),
  },
  {
    who: "the stamper of the vault",
    cannot: "write a backup",
    because: "a false backup would take the place of a true one",
    action: "s3:PutObject",
    call: (at) => putObject(at, `${at.member}/${at.region}/x/y`),
    twin: () => ({ by: "the backup function" }),
  },
  {
    who: "the stamper of the vault",
    cannot: "delete the bucket of backups",
    because: "nobody deletes backups in one decision",
    action: "s3:DeleteBucket",
    call: (at) => s3({ method: "DELETE", path: at.bucket }),
    twin: (at) => ({
      by: "the stamper of the vault",
      call: s3({ method: "GET", path: at.bucket, query: "object-lock" }),
    }),
  },
  {
    who: "the stamper of the vault",
    cannot: "call a function",
    because: "it deploys them; what they may read is not for it",
    action: "lambda:InvokeFunction",
    call: () => ({ invoke: NAMES.functionRoles.restore }),
    twin: () => ({ by: "the operator" }),
  },
];
