import { bucketName, NAMES, stampName } from "../../stacks/naming";
import type { AccessSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type Conditions, type PolicyDocument, type Statement } from "./document";
import { functionNames } from "./function-places";
import { functions } from "./stamper-functions";

/** Whether the account is the vault: only there may the stamper make buckets, a bus and the functions' roles. */
export const isVault = (spec: AccessSpec): boolean => spec.accountId === spec.vaultAccountId;

/** Stamps that the account can have besides its own access. */
export function stampsOf(spec: AccessSpec): string[] {
  return [
    ...(isVault(spec) ? [stampName("vault", spec.accountId)] : []),
    stampName("member", spec.accountId),
  ];
}

const inRegions = (spec: AccessSpec) => ({ "aws:RequestedRegion": spec.regions });

const ours = (spec: AccessSpec, of: "ResourceTag" | "RequestTag"): Conditions => ({
  StringEquals: { ...inRegions(spec), [`aws:${of}/${NAMES.stampTag}`]: stampsOf(spec) },
});

/** What the stamper does with a key that carries the stamp's tag. No use, no grant, no disabling, no deletion. */
const KEY_ACTIONS = [
  "kms:CreateAlias",
  "kms:DescribeKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:ReplicateKey",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

/**
 * Keys have random ids, so the stamp's tag tells ours from others. KMS has no condition that tells tagging at creation
 * from tagging later: who holds the stamper could tag a key whose own policy leaves tagging to IAM, and then re-write
 * that policy. Both calls are among the signals that reach the vault's alarm topic.
 */
function keys(spec: AccessSpec, place: Place): PolicyDocument {
  const key = arns.key(place, "*");
  return policy(
    {
      Sid: "MakeTaggedKeys",
      Effect: "Allow",
      Action: "kms:CreateKey",
      Resource: "*",
      Condition: ours(spec, "RequestTag"),
    },
    {
      // Replicating asks for this in the replica's Region.
      Sid: "MakeReplicas",
      Effect: "Allow",
      Action: "kms:CreateKey",
      Resource: "*",
      Condition: {
        StringEquals: { ...inRegions(spec), "kms:MultiRegionKeyType": "REPLICA" },
      },
    },
    {
      Sid: "TagNewKeys",
      Effect: "Allow",
      Action: "kms:TagResource",
      Resource: key,
      Condition: ours(spec, "RequestTag"),
    },
    {
      Sid: "ManageTaggedKeys",
      Effect: "Allow",
      Action: KEY_ACTIONS,
      Resource: key,
      Condition: ours(spec, "ResourceTag"),
    },
    {
      Sid: "NameKeys",
      Effect: "Allow",
      Action: ["kms:CreateAlias", "kms:UpdateAlias"],
      Resource: arns.alias(place, "*", "alias/strongroom-*"),
      Condition: { StringEquals: inRegions(spec) },
    },
    {
      Sid: "ListNames",
      Effect: "Allow",
      Action: "kms:ListAliases",
      Resource: "*",
      Condition: { StringEquals: inRegions(spec) },
    },
    {
      // A key whose creation was interrupted is found again by its tags, which only those of the stamp show.
      Sid: "FindLostKeys",
      Effect: "Allow",
      Action: "kms:ListKeys",
      Resource: "*",
      Condition: { StringEquals: inRegions(spec) },
    },
  );
}

/** The roles that the account's stamps hold, the stamper itself not among them. */
export function stampedRoles(spec: AccessSpec): string[] {
  return [
    NAMES.readerRole,
    NAMES.restorerRole,
    NAMES.forwarderRole,
    ...(spec.rotates === true ? [NAMES.enrollerRole] : []),
    ...(isVault(spec) ? [NAMES.replicationRole, NAMES.operatorRole] : []),
    ...rolesOfFunctions(spec),
  ];
}

/** The roles that the account's functions run as. */
function rolesOfFunctions(spec: AccessSpec): string[] {
  return [
    ...(isVault(spec) ? functionNames(spec).map((name) => NAMES.functionRoles[name]) : []),
    ...(spec.rotates === true ? [NAMES.rotationFunction] : []),
  ];
}

/** Whether the account's stamps hold functions at all. */
export const hasFunctions = (spec: AccessSpec): boolean => rolesOfFunctions(spec).length > 0;

function roles(spec: AccessSpec, place: Place): PolicyDocument {
  const all = stampedRoles(spec).map((name) => arns.role(place, name));
  const pass = (sid: string, roles: readonly string[], service: string): Statement => ({
    Sid: sid,
    Effect: "Allow",
    Action: "iam:PassRole",
    Resource: roles.map((role) => arns.role(place, role)),
    Condition: { StringEquals: { "iam:PassedToService": `${service}.amazonaws.com` } },
  });
  return policy(
    {
      Sid: "WriteRolesWithinTheBoundary",
      Effect: "Allow",
      Action: ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"],
      Resource: all,
      Condition: {
        StringEquals: { "iam:PermissionsBoundary": arns.policy(place, NAMES.boundaryPolicy) },
      },
    },
    {
      Sid: "MaintainRoles",
      Effect: "Allow",
      Action: [
        "iam:DeleteRole",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ],
      Resource: all,
    },
    pass("PassForwarder", [NAMES.forwarderRole], "events"),
    isVault(spec) ? pass("PassReplication", [NAMES.replicationRole], "s3") : undefined,
    hasFunctions(spec) ? pass("PassFunctions", rolesOfFunctions(spec), "lambda") : undefined,
    {
      Sid: "AnalyzerServiceRole",
      Effect: "Allow",
      Action: "iam:CreateServiceLinkedRole",
      Resource: arns.analyzerServiceRole(place),
      Condition: { StringEquals: { "iam:AWSServiceName": "access-analyzer.amazonaws.com" } },
    },
  );
}

/** Rules, queues, topics and alarms, by name. */
function messaging(spec: AccessSpec, place: Place): PolicyDocument {
  const named = (sid: string, actions: readonly string[], resources: readonly string[]) => ({
    Sid: sid,
    Effect: "Allow" as const,
    Action: actions,
    Resource: resources,
    Condition: { StringEquals: inRegions(spec) },
  });
  return policy(
    named(
      "Rules",
      [
        "events:DeleteRule",
        "events:DescribeRule",
        "events:ListTagsForResource",
        "events:ListTargetsByRule",
        "events:PutRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "events:TagResource",
        "events:UntagResource",
      ],
      [
        arns.rule(place, "*", "strongroom-*"),
        ...(isVault(spec) ? [arns.rule(place, "*", "strongroom-*", NAMES.eventBus)] : []),
      ],
    ),
    named(
      "Queues",
      [
        "sqs:CreateQueue",
        "sqs:DeleteQueue",
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:SetQueueAttributes",
        "sqs:TagQueue",
        "sqs:UntagQueue",
      ],
      [arns.queue(place, "*", "strongroom-*")],
    ),
    named(
      "Topics",
      [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "sns:SetTopicAttributes",
        "sns:TagResource",
        "sns:UntagResource",
      ],
      [arns.topic(place, "*", "strongroom-*")],
    ),
    named(
      "Alarms",
      [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:ListTagsForResource",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      [arns.alarm(place, "*", "strongroom-*")],
    ),
    // CloudWatch checks this one against every alarm of the account, whatever names are asked for.
    named("SeeAlarms", ["cloudwatch:DescribeAlarms"], [arns.alarm(place, "*", "*")]),
    isVault(spec)
      ? named(
          "Bus",
          [
            "events:CreateEventBus",
            "events:DeleteEventBus",
            "events:DescribeEventBus",
            "events:ListTagsForResource",
            "events:PutPermission",
            "events:RemovePermission",
            "events:TagResource",
            "events:UntagResource",
            "events:UpdateEventBus",
          ],
          [arns.bus(place, "*", NAMES.eventBus)],
        )
      : undefined,
  );
}

/** Cloud Control's calls; none takes a resource. */
export const CLOUD_CONTROL_ACTIONS = [
  "cloudformation:CreateResource",
  "cloudformation:DeleteResource",
  "cloudformation:GetResource",
  "cloudformation:GetResourceRequestStatus",
  "cloudformation:UpdateResource",
];

/** Access analyzers. Cloud Control makes them with the caller's rights, so both doors must be open. */
function analyzers(spec: AccessSpec, place: Place): PolicyDocument {
  return policy(
    {
      Sid: "Analyzers",
      Effect: "Allow",
      Action: [
        "access-analyzer:CreateAnalyzer",
        "access-analyzer:DeleteAnalyzer",
        "access-analyzer:GetAnalyzer",
        "access-analyzer:ListArchiveRules",
        "access-analyzer:TagResource",
        "access-analyzer:UntagResource",
        "access-analyzer:UpdateAnalyzer",
      ],
      Resource: [
        arns.analyzer(place, "*", NAMES.analyzer),
        `${arns.analyzer(place, "*", NAMES.analyzer)}/*`,
      ],
      Condition: { StringEquals: inRegions(spec) },
    },
    {
      // Cloud Control passes each call on with these same rights: alone they reach nothing.
      Sid: "CloudControl",
      Effect: "Allow",
      Action: CLOUD_CONTROL_ACTIONS,
      Resource: "*",
      Condition: { StringEquals: inRegions(spec) },
    },
  );
}

/** Every bucket that the vault can have: any two of the account's Regions may be primary and recovery. */
export function bucketArns(spec: AccessSpec, place: Place): string[] {
  return spec.regions.flatMap((region) =>
    (["backup", "logs"] as const).map((purpose) =>
      arns.bucket(place, bucketName(purpose, spec.accountId, region, spec.organizationId)),
    ),
  );
}

/**
 * Buckets are made and configured, never deleted, and no object is touched. The lock is set when a bucket is made; the
 * bucket's own policy, which comes last, then forbids the stamper to set it again.
 */
function storage(spec: AccessSpec, place: Place): PolicyDocument {
  return policy({
    Sid: "Buckets",
    Effect: "Allow",
    Action: [
      "s3:CreateBucket",
      "s3:GetAccelerateConfiguration",
      "s3:GetBucketAcl",
      "s3:GetBucketCORS",
      "s3:GetBucketLogging",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketRequestPayment",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
      "s3:PutBucketLogging",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutReplicationConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ],
    Resource: bucketArns(spec, place),
    Condition: { StringEquals: inRegions(spec) },
  });
}

/** The stamper's permissions in parts, each a managed policy of its own below the size that IAM allows. */
export function stamperPolicies(
  spec: AccessSpec,
  place: Place,
): Readonly<Record<string, PolicyDocument>> {
  return {
    keys: keys(spec, place),
    roles: roles(spec, place),
    messaging: messaging(spec, place),
    analyzers: analyzers(spec, place),
    ...(isVault(spec) ? { storage: storage(spec, place) } : {}),
    ...(hasFunctions(spec)
      ? {
          functions: functions(place, inRegions(spec), {
            schedules: isVault(spec),
            rotations: spec.rotates === true,
          }),
        }
      : {}),
  };
}
