import { NAMES } from "../../stacks/naming";
import type { MemberSpec, VaultSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { functionLogGroups, functionNames } from "./function-places";
import { policy, type PolicyDocument, type Statement } from "./document";
import { rotationLogGroup } from "./rotation-roles";

/** What an administrator of a key may do. No use of the key is among it, and no grant: a grant passes by every policy. */
const ADMINISTER = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:DescribeKey",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListAliases",
  "kms:ListGrants",
  "kms:ListKeyPolicies",
  "kms:ListKeyRotations",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:ReplicateKey",
  "kms:RetireGrant",
  "kms:RevokeGrant",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
  "kms:UpdatePrimaryRegion",
];

/** What ends a key's life or makes its data unreadable. */
export const KEY_ENDING_ACTIONS = [
  "kms:DeleteAlias",
  "kms:DeleteImportedKeyMaterial",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:ScheduleKeyDeletion",
];

/**
 * The account's IAM decides who administers. The principal is the account, not a role: KMS refuses a policy that names a
 * role which IAM has not spread yet, and forgets a role that is made again.
 */
function administration(place: Place): Statement {
  return {
    Sid: "AccountAdministersButCannotUse",
    Effect: "Allow",
    Principal: { AWS: arns.root(place) },
    Action: ADMINISTER,
    Resource: "*",
  };
}

/** Whoever holds one of Strongroom's roles cannot end a key: that takes a person of the account, as a second decision. */
function noEnding(place: Place): Statement {
  return {
    Sid: "StrongroomCannotEndTheKey",
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: KEY_ENDING_ACTIONS,
    Resource: "*",
    Condition: { ArnLike: { "aws:PrincipalArn": arns.role(place, "*") } },
  };
}

/** No statement that is added later, and no grant, can open the key to another organization. */
function onlyThisOrganization(organizationId: string): Statement {
  return {
    Sid: "NobodyOutsideTheOrganization",
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: "kms:*",
    Resource: "*",
    Condition: {
      StringNotEquals: { "aws:PrincipalOrgID": organizationId },
      Bool: { "aws:PrincipalIsAWSService": "false" },
    },
  };
}

/** Exactly these roles of the account may use the key. */
function useBy(
  sid: string,
  place: Place,
  roles: readonly string[],
  actions: readonly string[],
): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Principal: { AWS: arns.root(place) },
    Action: actions,
    Resource: "*",
    Condition: { ArnEquals: { "aws:PrincipalArn": roles.map((role) => arns.role(place, role)) } },
  };
}

/**
 * Who may have the key used for it by S3 alone: reading an object of the vault is then possible and opening an envelope,
 * which only a call to KMS itself can, is not.
 */
function onlyThroughS3(spec: VaultSpec, place: Place, roles: readonly string[]): Statement {
  return {
    Sid: "OnlyThroughS3",
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: ["kms:Decrypt", "kms:ReEncryptFrom"],
    Resource: "*",
    Condition: {
      ArnEquals: { "aws:PrincipalArn": roles.map((role) => arns.role(place, role)) },
      StringNotEquals: {
        "kms:ViaService": [spec.primaryRegion, spec.recoveryRegion].map(
          (region) => `s3.${region}.amazonaws.com`,
        ),
      },
    },
  };
}

/** Lets CloudWatch Logs encrypt these log groups, and no other. */
function logsUse(place: Place, groups: Readonly<Record<string, readonly string[]>>): Statement {
  return {
    Sid: "LogsReachTheirGroups",
    Effect: "Allow",
    Principal: { Service: Object.keys(groups).map((region) => `logs.${region}.amazonaws.com`) },
    Action: [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ],
    Resource: "*",
    Condition: {
      ArnEquals: {
        "kms:EncryptionContext:aws:logs:arn": Object.entries(groups).flatMap(([region, names]) =>
          names.map((name) => arns.logGroup(place, region, name)),
        ),
      },
    },
  };
}

/** Lets EventBridge put events into encrypted queues and topics, and only that: the encryption context names them. */
export function servicesUse(
  place: Place,
  service: "events" | "cloudwatch",
  context: { readonly queues?: readonly string[]; readonly topics?: readonly string[] },
): Statement {
  const { queues = [], topics = [] } = context;
  const [key, values] =
    queues.length > 0
      ? ["kms:EncryptionContext:aws:sqs:arn", queues]
      : ["kms:EncryptionContext:aws:sns:topicArn", topics];
  return {
    Sid: `${service === "events" ? "Events" : "Alarms"}Reach${queues.length > 0 ? "Queues" : "Topics"}`,
    Effect: "Allow",
    Principal: { Service: `${service}.amazonaws.com` },
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: "*",
    Condition: {
      StringEquals: { "aws:SourceAccount": place.accountId },
      ArnEquals: { [key]: values },
    },
  };
}

const functions = NAMES.functionRoles;

/**
 * The key of the backups. Who writes them may encrypt, and decrypt only through S3, where no backup is in its reach: so
 * who holds the backup function cannot read what was backed up before. Everybody else is denied by name: an Allow that slips in later changes nothing.
 */
export function backupKeyPolicy(spec: VaultSpec, place: Place): PolicyDocument {
  const rotate = spec.rotates === true ? [functions.rotate] : [];
  const throughS3 = [functions.backup, functions.sweep, NAMES.operatorRole, ...rotate];
  const readers = [functions.restore, functions.drill, ...throughS3, NAMES.replicationRole];
  const writers = [
    functions.backup,
    functions.sweep,
    functions.drill,
    NAMES.replicationRole,
    ...rotate,
  ];
  return policy(
    administration(place),
    useBy("WritersEncrypt", place, writers, [
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
    ]),
    useBy("ReadersDecrypt", place, readers, ["kms:Decrypt", "kms:DescribeKey"]),
    {
      Sid: "NobodyElseDecrypts",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: ["kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"],
      Resource: "*",
      Condition: {
        ArnNotEquals: { "aws:PrincipalArn": readers.map((role) => arns.role(place, role)) },
      },
    },
    onlyThroughS3(spec, place, throughS3),
    noEnding(place),
    onlyThisOrganization(spec.organizationId),
  );
}

/**
 * The key of digests: says whether two values are equal and whether a manifest or report is as it was written, to these
 * functions and to nobody else, for whom a digest is no help in guessing a value.
 */
export function digestKeyPolicy(spec: VaultSpec, place: Place): PolicyDocument {
  const users = [functions.backup, functions.restore, functions.drill];
  const only = (sid: string, action: string, roles: readonly string[]): Statement => ({
    Sid: sid,
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: action,
    Resource: "*",
    Condition: {
      ArnNotEquals: { "aws:PrincipalArn": roles.map((role) => arns.role(place, role)) },
    },
  });
  const checkers = [functions.restore, functions.drill];
  return policy(
    administration(place),
    useBy("FunctionsMakeDigests", place, users, ["kms:DescribeKey", "kms:GenerateMac"]),
    useBy("FunctionsCheckDigests", place, checkers, ["kms:VerifyMac"]),
    only("NobodyElseMakes", "kms:GenerateMac", users),
    only("NobodyElseChecks", "kms:VerifyMac", checkers),
    noEnding(place),
    onlyThisOrganization(spec.organizationId),
  );
}

/** The key of queues, topics and logs: they hold names and times, never a secret's value. */
export function serviceKeyPolicy(spec: VaultSpec, place: Place): PolicyDocument {
  const regions = [spec.primaryRegion, spec.recoveryRegion];
  const topics = regions.map((region) => arns.topic(place, region, NAMES.alarmTopic));
  const queues = [
    ...[
      NAMES.workQueue,
      NAMES.sweepQueue,
      ...(spec.rotates === true ? [NAMES.rotationQueue] : []),
    ].map((name) => arns.queue(place, spec.primaryRegion, name)),
    ...regions.map((region) => arns.queue(place, region, NAMES.failureQueue)),
  ];
  return policy(
    administration(place),
    useBy(
      "FunctionsUseQueuesAndTopics",
      place,
      functionNames(spec).map((name) => functions[name]),
      ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
    ),
    servicesUse(place, "events", { queues }),
    servicesUse(place, "events", { topics }),
    servicesUse(place, "cloudwatch", { topics }),
    logsUse(place, functionLogGroups(spec)),
    noEnding(place),
    onlyThisOrganization(spec.organizationId),
  );
}

/** The key of a member's secrets; the account's principals use it through Secrets Manager and in no other way. */
export function memberKeyPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  const at = (name: string, of: "queue" | "topic") =>
    spec.regions.map((region) => arns[of](place, region, name));
  return policy(
    administration(place),
    {
      Sid: "AccountUsesThroughSecretsManager",
      Effect: "Allow",
      Principal: { AWS: arns.root(place) },
      Action: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
      Resource: "*",
      Condition: {
        StringEquals: {
          "kms:CallerAccount": place.accountId,
          "kms:ViaService": spec.regions.map((region) => `secretsmanager.${region}.amazonaws.com`),
        },
      },
    },
    servicesUse(place, "events", { queues: at(NAMES.undeliveredQueue, "queue") }),
    servicesUse(place, "cloudwatch", { topics: at(NAMES.memberAlarmTopic, "topic") }),
    spec.rotation === undefined
      ? undefined
      : logsUse(
          place,
          Object.fromEntries(spec.regions.map((region) => [region, [rotationLogGroup]])),
        ),
    noEnding(place),
    onlyThisOrganization(spec.organizationId),
  );
}
