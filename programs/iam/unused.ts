import { NAMES } from "../../stacks/naming";

/** Permissions of one statement of a role that nothing uses in the emulator, and why the role has them all the same. */
export interface Unused {
  readonly role: string;
  /** Sid of the statement. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly because: string;
}

const { backup, sweep, restore, drill, rotate } = NAMES.functionRoles;

/** What the emulator does by itself where AWS acts with the rights of a function's role. */
const OF_FUNCTIONS: readonly Unused[] = [
  ...[backup, sweep, restore, drill, rotate, NAMES.rotationFunction].map((role) => ({
    role,
    sid: "OwnLog",
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    because: "Lambda writes a function's log as its role; the emulator writes it itself",
  })),
  {
    role: backup,
    sid: "QueueKey",
    actions: ["kms:Decrypt"],
    because: "SQS opens a message with the rights of who takes it; the emulator encrypts no queue",
  },
  ...[sweep, drill, rotate].map((role) => ({
    role,
    sid: "QueueKey",
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    because: "SQS closes a message with the rights of who sends it; the emulator encrypts no queue",
  })),
  ...[sweep, drill, rotate].map((role) => ({
    role,
    sid: "Failures",
    actions: ["sqs:SendMessage"],
    because:
      "Lambda puts a scheduled order that failed into the queue as the role; the emulator puts it there itself",
  })),
  {
    role: NAMES.rotationFunction,
    sid: "ReadAdministrators",
    actions: ["secretsmanager:GetSecretValue"],
    because:
      "an administrator gives the other one of two alternating users its password; no account of the emulator has a database",
  },
  {
    role: NAMES.replicationRole,
    sid: "CopyKey",
    actions: ["kms:GenerateDataKey"],
    because: "S3 makes the key of a bucket that has one with it; the emulator makes none",
  },
];

const ofStamper = (sid: string, actions: readonly string[], because: string): Unused => ({
  role: NAMES.stamperRole,
  sid,
  actions,
  because,
});

/**
 * What the stamper does to what is there already, in two cases that are not among the tests: a later version of Strongroom
 * brings other settings, or somebody changed them by hand and an `up --refresh` puts them back.
 */
const OF_CHANGES: readonly Unused[] = [
  ofStamper(
    "Functions",
    ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"],
    "a later version brings new code and settings; the tests stamp one version",
  ),
  ofStamper(
    "Functions",
    ["lambda:DeleteFunctionConcurrency"],
    "takes away a reservation made by hand, which can stop a function; the tests make none",
  ),
  ofStamper(
    "Sources",
    ["lambda:UpdateEventSourceMapping"],
    "other batches or bounds, or a mapping that was switched off by hand; the tests have neither",
  ),
  ofStamper(
    "LogGroups",
    ["logs:AssociateKmsKey"],
    "a log that lost its key or has another; the tests' logs are made with theirs",
  ),
  ofStamper(
    "Bus",
    ["events:UpdateEventBus"],
    "another description, or settings made by hand; the tests change the bus's tags alone",
  ),
  ofStamper(
    "Queues",
    ["sqs:SetQueueAttributes"],
    "another policy, key or time; the tests' queues are made with theirs",
  ),
  ofStamper(
    "MaintainRoles",
    ["iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"],
    "another trust, length of sessions or description; the tests' roles are made with theirs",
  ),
  ofStamper(
    "ManageTaggedKeys",
    ["kms:PutKeyPolicy", "kms:UpdateKeyDescription"],
    "another policy or description; the tests' keys are made with theirs",
  ),
  // KMS asks for it on the alias and on the key.
  ...["ManageTaggedKeys", "NameKeys"].map((sid) =>
    ofStamper(
      sid,
      ["kms:UpdateAlias"],
      "leads a name back to the stamp's key when it points to another; the tests' names do not",
    ),
  ),
];

/** What the stamper needs to finish what an interrupted update began; `finishInterrupted` in the engine says how. */
const OF_RECOVERY: readonly Unused[] = [
  ofStamper(
    "FindLostKeys",
    ["kms:ListKeys"],
    "finds a key whose creation nobody saw the end of; the stamps of the tests are not interrupted",
  ),
  ofStamper(
    "FindLostSources",
    ["lambda:ListEventSourceMappings"],
    "finds an event source whose creation nobody saw the end of; the stamps of the tests are not interrupted",
  ),
];

/** What the stamper is asked for by AWS and not by the emulator. */
const OF_AWS: readonly Unused[] = [
  ofStamper(
    "AnalyzerServiceRole",
    ["iam:CreateServiceLinkedRole"],
    "an account's first analyzer makes the service's role (handlers of AWS::AccessAnalyzer::Analyzer: create); the emulator makes none",
  ),
  ofStamper(
    "Analyzers",
    ["access-analyzer:ListArchiveRules"],
    "the type reads them with the analyzer (its handlers: read); the emulator has no handlers",
  ),
  ofStamper(
    "Analyzers",
    ["access-analyzer:UntagResource", "access-analyzer:UpdateAnalyzer"],
    "the type changes an analyzer and its tags with them (its handlers: update); the emulator has no handlers",
  ),
  ofStamper(
    "CloudControl",
    ["cloudformation:GetResourceRequestStatus"],
    "the provider asks until a request is done; in the emulator it is done at once",
  ),
  ofStamper(
    "Buckets",
    ["s3:ListTagsForResource", "s3:TagResource", "s3:UntagResource"],
    "S3 asks for them when a bucket is made with tags and when S3 Control reads or writes them, as the provider does; the emulator does not",
  ),
  ofStamper(
    "Functions",
    ["lambda:ListTags"],
    "Lambda shows tags in GetFunction only to who may list them (API reference, GetFunction); the emulator shows them to all",
  ),
  ofStamper(
    "MakeReplicas",
    ["kms:CreateKey"],
    "ReplicateKey asks for it in the replica's Region (API reference, ReplicateKey); the emulator does not",
  ),
  ofStamper(
    "TagNewKeys",
    ["kms:TagResource"],
    "KMS asks for it where a key is made with tags (API reference, CreateKey and ReplicateKey); the emulator does not",
  ),
];

/**
 * The reviewed list of what is allowed without having been seen in use. test/integration/programs/functions.test.ts does
 * all of the roles' work with IAM enforced and fails for a permission that neither was used nor stands here, and for one
 * that stands here and was used, or is not allowed at all.
 */
export const UNUSED: readonly Unused[] = [
  ...OF_FUNCTIONS,
  ...OF_CHANGES,
  ...OF_RECOVERY,
  ...OF_AWS,
];
