import { bucketName, NAMES } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument, type Statement } from "./document";
import { functionNames, logGroupOf, regionsOf, type FunctionName } from "./function-places";
import { trustService } from "./trust";

/**
 * Lambda assumes a function's role. Lambda sets no source account or ARN when it does, so a condition on them would only
 * lock the function out; who may pass the role is limited instead.
 */
export const functionTrust: PolicyDocument = trustService("lambda", undefined);

/** Backups are stored as `<12-digit account>/<Region>/<name>/<version>`; sweeps and reports have names of their own. */
const BACKUPS = `${"?".repeat(12)}/*`;
const COVERAGE = "coverage/*";
const REPORTS = "reports/*";
/** The members as the last sweep was told of them: what the backup function knows an account's settings by. */
const MEMBERS = "coverage/fleet.json";
/** Notes of the backup function about secrets that it could not keep; part of the coverage. */
const FAILURES = "coverage/failures/*";
/** What the rotate function notes about each account and each rotation; part of the coverage too. */
const ROTATIONS = "coverage/rotations/*";

interface Vault {
  readonly spec: VaultSpec;
  readonly place: Place;
  readonly primary: string;
  readonly recovery: string;
  readonly key: (region: string) => string;
}

/** The one statement that each function has: write its own log, no other. */
function logs({ place, spec }: Vault, name: FunctionName): Statement {
  return {
    Sid: "OwnLog",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: regionsOf(name, spec).map(
      (region) => `${arns.logGroup(place, region, logGroupOf(name))}:*`,
    ),
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
    Action: "s3:ListBucket",
    Resource: buckets,
    Condition: ours(vault),
  };
}

function read(vault: Vault, sid: string, resources: readonly string[]): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: resources,
    Condition: ours(vault),
  };
}

/** Keys have random ids; the tag that the stamper sets when it makes one is what tells ours from others. */
function useKey(
  { place, key }: Vault,
  sid: string,
  purpose: "backup" | "digest" | "service",
  actions: readonly string[],
  regions: readonly string[],
  /** Only when this service asks in the caller's name. */
  through?: "s3",
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
        ...(through === undefined
          ? {}
          : { "kms:ViaService": regions.map((region) => `${through}.${region}.amazonaws.com`) }),
      },
    },
  };
}

/** What Lambda does, with the function's own rights, to hand messages to it; and to have one given again soon. */
const RECEIVE = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
];

function queue(vault: Vault, sid: string, name: string, actions: readonly string[]): Statement {
  const { place, spec } = vault;
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: arns.queue(place, spec.primaryRegion, name),
  };
}

/** Who takes messages out decrypts; who puts some in asks for a data key too (SQS developer guide, "Key management"). */
const TAKE = ["kms:Decrypt"];
const SEND = ["kms:Decrypt", "kms:GenerateDataKey"];

function queueKey(vault: Vault, actions: readonly string[]): Statement {
  const { spec } = vault;
  return useKey(vault, "QueueKey", "service", actions, [spec.primaryRegion]);
}

/** Where Lambda puts a scheduled order that failed, with the function's own rights. */
const failures = (vault: Vault): Statement =>
  queue(vault, "Failures", NAMES.failureQueue, ["sqs:SendMessage"]);

const ENCRYPT = ["kms:GenerateDataKey"];

/** Reads a changed secret through the member's reader role and writes it once; cannot read what it wrote. */
function backup(vault: Vault): PolicyDocument {
  return policy(
    assume(vault, NAMES.readerRole),
    write(vault, "WriteBackups", BACKUPS, ["s3:PutObject", "s3:PutObjectRetention"]),
    list(vault, [vault.primary]),
    read(vault, "ReadMembers", [`${vault.primary}/${MEMBERS}`]),
    write(vault, "WriteFailures", FAILURES, ["s3:PutObject"]),
    useKey(vault, "BackupKey", "backup", ENCRYPT, [vault.spec.primaryRegion]),
    useKey(vault, "OwnNotes", "backup", ["kms:Decrypt"], [vault.spec.primaryRegion], "s3"),
    useKey(vault, "DigestKey", "digest", ["kms:GenerateMac"], [vault.spec.primaryRegion]),
    queue(vault, "Work", NAMES.workQueue, RECEIVE),
    queueKey(vault, TAKE),
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
    useKey(
      vault,
      "BackupKey",
      "backup",
      [...ENCRYPT, "kms:Decrypt"],
      [vault.spec.primaryRegion],
      "s3",
    ),
    queue(vault, "Work", NAMES.workQueue, ["sqs:SendMessage"]),
    queue(vault, "Accounts", NAMES.sweepQueue, [...RECEIVE, "sqs:SendMessage"]),
    failures(vault),
    queueKey(vault, SEND),
    logs(vault, "sweep"),
  );
}

const CHECK = ["kms:GenerateMac", "kms:VerifyMac"];
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
    useKey(vault, "DigestKey", "digest", CHECK, bothRegions(vault)),
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
    useKey(vault, "DigestKey", "digest", CHECK, bothRegions(vault)),
    failures(vault),
    queueKey(vault, SEND),
    // Whom a scheduled drill is about.
    read(vault, "ReadMembers", [`${vault.primary}/${MEMBERS}`]),
    {
      Sid: "RehearseInIsolation",
      Effect: "Allow",
      Action: [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        // A secret that is made with tags asks for this too.
        "secretsmanager:TagResource",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: bothRegions(vault).map((region) =>
        arns.secret(place, region, `${NAMES.drillPrefix}*`),
      ),
    },
    {
      // To find what a drill left that died. The call takes no resource; it shows names and dates, no value.
      Sid: "ListNames",
      Effect: "Allow",
      Action: "secretsmanager:ListSecrets",
      Resource: "*",
      Condition: { StringEquals: { "aws:RequestedRegion": bothRegions(vault) } },
    },
    logs(vault, "drill"),
  );
}

/**
 * Sets rotations up in the members and starts them, sees whether a version is kept, and writes down what came of it. It
 * reads no backup, and no value of a secret either.
 */
function rotate(vault: Vault): PolicyDocument {
  return policy(
    assume(vault, NAMES.enrollerRole),
    list(vault, [vault.primary]),
    read(
      vault,
      "ReadMembersAndNotes",
      [MEMBERS, ROTATIONS].map((at) => `${vault.primary}/${at}`),
    ),
    write(vault, "WriteNotes", ROTATIONS, ["s3:PutObject"]),
    useKey(
      vault,
      "BackupKey",
      "backup",
      [...ENCRYPT, "kms:Decrypt"],
      [vault.spec.primaryRegion],
      "s3",
    ),
    queue(vault, "Work", NAMES.workQueue, ["sqs:SendMessage"]),
    queue(vault, "Rotations", NAMES.rotationQueue, [...RECEIVE, "sqs:SendMessage"]),
    failures(vault),
    queueKey(vault, SEND),
    logs(vault, "rotate"),
  );
}

/**
 * The service's door into the vault: calls the functions, and reads what they say about coverage and drills. No backup is
 * in its reach: it may not read those objects, and KMS opens nothing for it but what S3 asks for.
 */
function operator(vault: Vault): PolicyDocument {
  const { place, spec } = vault;
  const names = functionNames(spec);
  const buckets = bothBuckets(vault);
  return policy(
    {
      Sid: "CallFunctions",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: names.flatMap((name) =>
        regionsOf(name, spec).map((region) =>
          arns.function(place, region, NAMES.functionRoles[name]),
        ),
      ),
    },
    read(
      vault,
      "ReadCoverageAndReports",
      buckets.flatMap((bucket) => [`${bucket}/${COVERAGE}`, `${bucket}/${REPORTS}`]),
    ),
    {
      Sid: "ListCoverageAndReports",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: buckets,
      Condition: { ...ours(vault), StringLike: { "s3:prefix": [COVERAGE, REPORTS] } },
    },
    useKey(vault, "BackupKey", "backup", ["kms:Decrypt"], bothRegions(vault), "s3"),
  );
}

function vaultOf(spec: VaultSpec, place: Place): Vault {
  const bucket = (region: string) =>
    arns.bucket(place, bucketName("backup", spec.accountId, region, spec.organizationId));
  return {
    spec,
    place,
    primary: bucket(spec.primaryRegion),
    recovery: bucket(spec.recoveryRegion),
    key: (region) => arns.key(place, region),
  };
}

/** What the operator role may do: the whole of its policy. */
export const operatorPolicy = (spec: VaultSpec, place: Place): PolicyDocument =>
  operator(vaultOf(spec, place));

/** What each function of this vault may do, and no more; each is the whole policy of its role. */
export function functionPolicies(
  spec: VaultSpec,
  place: Place,
): Readonly<Record<FunctionName, PolicyDocument>> {
  const vault = vaultOf(spec, place);
  const all = { backup, sweep, restore, drill, rotate };
  return Object.fromEntries(functionNames(spec).map((name) => [name, all[name](vault)])) as Record<
    FunctionName,
    PolicyDocument
  >;
}
