import { NAMES } from "../../stacks/naming";
import type { AccessSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument, type Statement } from "./document";
import { KEY_ENDING_ACTIONS } from "./keys";
import { CLOUD_CONTROL_ACTIONS, hasFunctions, isVault } from "./stamper";

const allow = (
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition?: Statement["Condition"],
): Statement => ({
  Sid: sid,
  Effect: "Allow",
  Action: actions,
  Resource: resources,
  ...(condition === undefined ? {} : { Condition: condition }),
});

const deny = (
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition?: Statement["Condition"],
): Statement => ({ ...allow(sid, actions, resources, condition), Effect: "Deny" });

/** What some role does to secrets, and what comes to it where they are rotated; in few characters, as there is no more room. */
const SECRETS = [
  "secretsmanager:CreateSecret",
  "secretsmanager:DescribeSecret",
  "secretsmanager:Get*",
  "secretsmanager:ListSecretVersionIds",
  "secretsmanager:Put*",
  "secretsmanager:ReplicateSecretToRegions",
  "secretsmanager:R*Secret",
  "secretsmanager:TagResource",
  "secretsmanager:UpdateSecretVersionStage",
];
const SECRETS_WITH_ROTATIONS = [
  "secretsmanager:C*Secret",
  "secretsmanager:DescribeSecret",
  "secretsmanager:Get*",
  "secretsmanager:L*VersionIds",
  "secretsmanager:Put*",
  "secretsmanager:R*Regions",
  "secretsmanager:R*Secret",
  "secretsmanager:*agResource",
  "secretsmanager:U*VersionStage",
  // On the parameters of the versions alone: an action is about the resource of its own kind.
  "ssm:PutParameter",
];

/** The ceiling of all roles together: what their own policies say is what they get below it. */
function ceiling(spec: AccessSpec, place: Place): (Statement | undefined)[] {
  const vault = isVault(spec);
  const rotates = spec.rotates === true;
  const regional = { StringEquals: { "aws:RequestedRegion": spec.regions } };
  const inAccount = (condition: Readonly<Record<string, string | readonly string[]>> = {}) => ({
    StringEquals: { "aws:ResourceAccount": spec.accountId, ...condition },
  });
  const keys = [arns.key(place, "*")];
  return [
    allow(
      "CallsWithoutResource",
      [
        ...CLOUD_CONTROL_ACTIONS,
        "kms:CreateKey",
        "kms:ListAliases",
        "kms:ListKeys",
        "secretsmanager:ListSecrets",
        ...(vault ? ["lambda:CreateEventSourceMapping", "lambda:ListEventSourceMappings"] : []),
        ...(hasFunctions(spec) ? ["logs:DescribeLogGroups"] : []),
      ],
      ["*"],
      regional,
    ),
    allow(
      "Keys",
      [
        "kms:CreateAlias",
        "kms:DescribeKey",
        "kms:EnableKeyRotation",
        "kms:Get*",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:ReplicateKey",
        "kms:*agResource",
        "kms:Update*",
      ],
      [arns.key(place, "*"), arns.alias(place, "*", "alias/strongroom-*")],
    ),
    allow("KeysThroughSecretsManager", ["kms:Decrypt", "kms:GenerateDataKey"], keys, {
      ...inAccount(),
      StringLike: { "kms:ViaService": "secretsmanager.*.amazonaws.com" },
    }),
    allow(
      "Roles",
      [
        "iam:CreateRole",
        "iam:CreateServiceLinkedRole",
        "iam:DeleteRole*",
        "iam:Get*",
        "iam:List*",
        "iam:PutRolePolicy",
        "iam:*agRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole*",
      ],
      [arns.role(place, "*"), arns.analyzerServiceRole(place)],
    ),
    allow("PassRoles", ["iam:PassRole"], [arns.role(place, "*")], {
      StringEquals: {
        "iam:PassedToService": [
          "events",
          ...(hasFunctions(spec) ? ["lambda"] : []),
          ...(vault ? ["s3"] : []),
        ].map((service) => `${service}.amazonaws.com`),
      },
    }),
    allow(
      "Messaging",
      ["events:*", "sqs:*", "sns:*", "cloudwatch:*", "access-analyzer:*"],
      [
        arns.rule(place, "*", "strongroom*"),
        arns.queue(place, "*", "strongroom-*"),
        arns.topic(place, "*", "strongroom-*"),
        arns.alarm(place, "*", "*"),
        arns.analyzer(place, "*", `${NAMES.analyzer}*`),
        // Of a vault that rotates also its own default bus, on which outcomes are told.
        ...(vault ? [arns.bus(place, "*", rotates ? "*" : NAMES.eventBus)] : []),
      ],
    ),
    vault && rotates
      ? undefined
      : allow(
          "SendToTheVault",
          ["events:PutEvents"],
          [
            arns.bus({ ...place, accountId: spec.vaultAccountId }, "*", NAMES.eventBus),
            ...(rotates ? [arns.bus(place, "*", "default")] : []),
          ],
        ),
    allow(
      "Secrets",
      rotates ? SECRETS_WITH_ROTATIONS : SECRETS,
      [
        arns.secret(place, "*", "*"),
        ...(rotates ? [arns.parameter(place, "*", "/strongroom/*")] : []),
      ],
      regional,
    ),
    // The vault's own secrets are rotated by functions of ours alone, which "Functions" below is about.
    vault
      ? undefined
      : allow(
          "RotationFunctions",
          ["lambda:InvokeFunction"],
          [...NAMES.rotationFunctions, ...(rotates ? [NAMES.checkFunctions] : [])].map((name) =>
            arns.function(place, "*", name),
          ),
        ),
    ...(vault
      ? [
          allow(
            "KeysByPurpose",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:*Mac"],
            keys,
            inAccount({ [`aws:ResourceTag/${NAMES.purposeTag}`]: ["backup", "digest", "service"] }),
          ),
          allow(
            "Buckets",
            [
              "s3:CreateBucket",
              "s3:Get*",
              "s3:List*",
              "s3:PutBucket*",
              "s3:Put*Configuration",
              "s3:PutObject",
              "s3:PutObjectRetention",
              "s3:Replicate*",
              "s3:*agResource*",
            ],
            [arns.bucket(place, `strongroom-*-${spec.accountId}-*`)],
            inAccount(),
          ),
          allow(
            "Members",
            ["sts:AssumeRole"],
            [NAMES.readerRole, NAMES.restorerRole, ...(rotates ? [NAMES.enrollerRole] : [])].map(
              (name) => arns.role({ ...place, accountId: "*" }, name),
            ),
            { StringEquals: { "aws:ResourceOrgID": spec.organizationId } },
          ),
          allow(
            "Drills",
            ["secretsmanager:DeleteSecret"],
            [arns.secret(place, "*", `${NAMES.drillPrefix}*`)],
          ),
        ]
      : []),
    ...(hasFunctions(spec)
      ? [
          allow("Logs", ["logs:*"], [arns.logGroup(place, "*", "/aws/lambda/strongroom-*")]),
          allow(
            "Functions",
            ["lambda:*"],
            [
              arns.function(place, "*", vault ? "strongroom-*" : NAMES.rotationFunction),
              ...(vault ? [arns.eventSourceMapping(place, "*")] : []),
            ],
          ),
        ]
      : []),
  ];
}

/** What no role of Strongroom may do, whatever its policies, and whatever a resource's policy grants it. */
function limits(spec: AccessSpec, place: Place): (Statement | undefined)[] {
  const boundary = arns.policy(place, NAMES.boundaryPolicy);
  const stamper = { ArnEquals: { "aws:PrincipalArn": arns.role(place, NAMES.stamperRole) } };
  return [
    deny(
      "StamperSeesNoValue",
      [
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
        "lambda:Invoke*",
        "s3:GetObject*",
        "s3:PutObject*",
        "secretsmanager:*",
        "sqs:ReceiveMessage",
        "sts:AssumeRole*",
      ],
      ["*"],
      stamper,
    ),
    deny(
      "NoRoleWithoutBoundary",
      ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"],
      ["*"],
      { StringNotEquals: { "iam:PermissionsBoundary": boundary } },
    ),
    deny(
      "BoundaryStays",
      [
        "iam:*RolePermissionsBoundary",
        "iam:AttachRolePolicy",
        "iam:CreatePolicy*",
        "iam:DeletePolicy*",
        "iam:DetachRolePolicy",
        "iam:SetDefaultPolicyVersion",
      ],
      ["*"],
    ),
    deny(
      "OwnRightsStay",
      ["iam:A*", "iam:C*", "iam:D*", "iam:P*", "iam:R*", "iam:S*", "iam:T*", "iam:U*"],
      [arns.role(place, NAMES.stamperRole), arns.policy(place, "*")],
    ),
    deny(
      "NothingIsLost",
      [
        ...KEY_ENDING_ACTIONS,
        "kms:CreateGrant",
        "s3:BypassGovernanceRetention",
        "s3:DeleteBucket*",
        "s3:DeleteObject*",
      ],
      ["*"],
    ),
    deny("NoLockout", ["kms:CreateKey", "kms:PutKeyPolicy", "kms:ReplicateKey"], ["*"], {
      Bool: { "kms:BypassPolicyLockoutSafetyCheck": "true" },
    }),
    deny("KeysKeepTheirTags", ["kms:UntagResource"], ["*"], {
      "ForAnyValue:StringEquals": { "aws:TagKeys": [NAMES.stampTag, NAMES.purposeTag] },
    }),
  ];
}

/**
 * The permissions boundary of every role that Strongroom makes, the stamper included. It is the last word: a role gets
 * nothing that the boundary does not allow, and its denials hold even against a resource policy that names the role.
 */
export function boundaryPolicy(spec: AccessSpec, place: Place): PolicyDocument {
  return policy(...ceiling(spec, place), ...limits(spec, place));
}
