import { bucketName, NAMES } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument, type Statement } from "./document";
import { trustService } from "./trust";

export type FunctionName = keyof typeof NAMES.functionRoles;

/**
 * Lambda assumes a function's role. Lambda sets no source account or ARN when it does, so a condition on them would only
 * lock the function out; who may pass the role is limited instead.
 */
export const functionTrust: PolicyDocument = trustService("lambda", undefined);

/** Backups are stored as `<12-digit account>/<Region>/<name>/<version>`; sweeps and reports have names of their own. */
const BACKUPS = `${"?".repeat(12)}/*`;
const COVERAGE = "coverage/*";
const REPORTS = "reports/*";

interface Vault {
  readonly spec: VaultSpec;
  readonly place: Place;
  readonly primary: string;
  readonly recovery: string;
  readonly key: (region: string) => string;
}

/** The one statement that each function has: write its own log, no other. */
function logs({ place, spec }: Vault, name: FunctionName): Statement {
  const group = arns.logGroup(
    place,
    spec.primaryRegion,
    `/aws/lambda/${NAMES.functionRoles[name]}`,
  );
  return {
    Sid: "OwnLog",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: `${group}:*`,
  };
}

/** Into the members: the resource's organization is demanded, so a look-alike role elsewhere is out of reach. */
function assume({ place, spec }: Vault, role: string): Statement {
  return {
    Sid: "ReachMembers",
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Resource: arns.role({ ...place, accountId: "*" }, role),
    Condition: { StringEquals: { "aws:ResourceOrgID": spec.organizationId } },
  };
}

/** S3 alone does not say whose bucket it is: a bucket of this name in another account gets nothing. */
const ours = ({ place }: Vault) => ({
  StringEquals: { "aws:ResourceAccount": place.accountId },
});

function write(vault: Vault, sid: string, prefix: string, actions: readonly string[]): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: `${vault.primary}/${prefix}`,
    Condition: ours(vault),
  };
}

function list(vault: Vault, buckets: readonly string[]): Statement {
  return {
    Sid: "ListBackups",
    Effect: "Allow",
    Action: ["s3:ListBucket", "s3:ListBucketVersions"],
    Resource: buckets,
    Condition: ours(vault),
  };
}

function read(vault: Vault, sid: string, resources: readonly string[]): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:GetObjectVersion"],
    Resource: resources,
    Condition: ours(vault),
  };
}

/** Keys have random ids; the tag that the stamper sets when it makes one is what tells ours from others. */
function useKey(
  { place, key }: Vault,
  sid: string,
  purpose: "backup" | "service",
  actions: readonly string[],
  regions: readonly string[],
): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: regions.map(key),
    Condition: {
      StringEquals: {
        [`aws:ResourceTag/${NAMES.purposeTag}`]: purpose,
        "aws:ResourceAccount": place.accountId,
      },
    },
  };
}

function queueWork(vault: Vault, actions: readonly string[]): Statement[] {
  const { place, spec } = vault;
  return [
    {
      Sid: "Work",
      Effect: "Allow",
      Action: actions,
      Resource: arns.queue(place, spec.primaryRegion, NAMES.workQueue),
    },
    useKey(
      vault,
      "QueueKey",
      "service",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      [spec.primaryRegion],
    ),
  ];
}

const ENCRYPT = ["kms:Encrypt", "kms:GenerateDataKey"];

/** Reads a changed secret through the member's reader role and writes it once; cannot read what it wrote. */
function backup(vault: Vault): PolicyDocument {
  return policy(
    assume(vault, NAMES.readerRole),
    write(vault, "WriteBackups", BACKUPS, ["s3:PutObject", "s3:PutObjectRetention"]),
    useKey(vault, "BackupKey", "backup", ENCRYPT, [vault.spec.primaryRegion]),
    ...queueWork(vault, [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ]),
    logs(vault, "backup"),
  );
}

/** Compares what exists with what is kept: lists both, asks for the missing ones, writes the coverage; reads no backup. */
function sweep(vault: Vault): PolicyDocument {
  return policy(
    assume(vault, NAMES.readerRole),
    list(vault, [vault.primary]),
    write(vault, "WriteCoverage", COVERAGE, ["s3:PutObject"]),
    read(vault, "ReadCoverage", [`${vault.primary}/${COVERAGE}`]),
    useKey(vault, "BackupKey", "backup", [...ENCRYPT, "kms:Decrypt"], [vault.spec.primaryRegion]),
    ...queueWork(vault, ["sqs:GetQueueAttributes", "sqs:SendMessage"]),
    logs(vault, "sweep"),
  );
}

const bothRegions = ({ spec }: Vault) => [spec.primaryRegion, spec.recoveryRegion];
const bothBuckets = ({ primary, recovery }: Vault) => [primary, recovery];
const backupsIn = (buckets: readonly string[]) => buckets.map((bucket) => `${bucket}/${BACKUPS}`);

/** Reads backups of either Region and writes them back through the member's restorer role. */
function restore(vault: Vault): PolicyDocument {
  return policy(
    assume(vault, NAMES.restorerRole),
    list(vault, bothBuckets(vault)),
    read(vault, "ReadBackups", backupsIn(bothBuckets(vault))),
    useKey(vault, "BackupKey", "backup", ["kms:Decrypt"], bothRegions(vault)),
    logs(vault, "restore"),
  );
}

/** Restores samples below its own name prefix in the vault account; cannot reach into a member at all. */
function drill(vault: Vault): PolicyDocument {
  const { place } = vault;
  return policy(
    list(vault, bothBuckets(vault)),
    read(vault, "ReadBackups", backupsIn(bothBuckets(vault))),
    write(vault, "WriteReports", REPORTS, ["s3:PutObject"]),
    useKey(vault, "BackupKey", "backup", [...ENCRYPT, "kms:Decrypt"], bothRegions(vault)),
    {
      Sid: "RehearseInIsolation",
      Effect: "Allow",
      Action: [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: bothRegions(vault).map((region) =>
        arns.secret(place, region, `${NAMES.drillPrefix}*`),
      ),
    },
    logs(vault, "drill"),
  );
}

/** Turns coverage and drills into reports and tells people; reads no backup. */
function report(vault: Vault): PolicyDocument {
  const { place, spec, primary } = vault;
  return policy(
    read(vault, "ReadCoverageAndReports", [`${primary}/${COVERAGE}`, `${primary}/${REPORTS}`]),
    write(vault, "WriteReports", REPORTS, ["s3:PutObject"]),
    useKey(vault, "BackupKey", "backup", [...ENCRYPT, "kms:Decrypt"], [spec.primaryRegion]),
    {
      Sid: "Tell",
      Effect: "Allow",
      Action: "sns:Publish",
      Resource: arns.topic(place, spec.primaryRegion, NAMES.alarmTopic),
    },
    useKey(
      vault,
      "TopicKey",
      "service",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      [spec.primaryRegion],
    ),
    logs(vault, "report"),
  );
}

/** What each of the vault's functions may do, and no more; each is the whole policy of its role. */
export function functionPolicies(
  spec: VaultSpec,
  place: Place,
): Readonly<Record<FunctionName, PolicyDocument>> {
  const bucket = (region: string) =>
    arns.bucket(place, bucketName("backup", spec.accountId, region, spec.organizationId));
  const vault: Vault = {
    spec,
    place,
    primary: bucket(spec.primaryRegion),
    recovery: bucket(spec.recoveryRegion),
    key: (region) => arns.key(place, region),
  };
  return {
    backup: backup(vault),
    sweep: sweep(vault),
    restore: restore(vault),
    drill: drill(vault),
    report: report(vault),
  };
}
