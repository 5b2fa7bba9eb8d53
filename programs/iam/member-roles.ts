import { NAMES, roleArn } from "../../stacks/naming";
import type { MemberSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import {
  literal,
  literalValue,
  policy,
  type Conditions,
  type PolicyDocument,
  type Statement,
} from "./document";
import { trustRoles, trustService } from "./trust";

/** The vault's functions that may assume a role of the member: fixed names, so no round trip is needed to know them. */
export function vaultRoles(spec: MemberSpec, place: Place, functions: readonly string[]): string[] {
  return functions.map((name) => roleArn(spec.vaultAccountId, name, place.partition));
}

export function readerTrust(spec: MemberSpec, place: Place): PolicyDocument {
  const { backup, sweep } = NAMES.functionRoles;
  return trustRoles(vaultRoles(spec, place, [backup, sweep]), spec.organizationId, spec.externalId);
}

export function restorerTrust(spec: MemberSpec, place: Place): PolicyDocument {
  return trustRoles(
    vaultRoles(spec, place, [NAMES.functionRoles.restore]),
    spec.organizationId,
    spec.externalId,
  );
}

/** The secrets in scope, in any Region: with one ARN for each prefix the document does not grow with the Regions. */
export function secretsInScope(spec: MemberSpec, place: Place): string[] {
  const prefixes = spec.secrets.namePrefixes.length === 0 ? [""] : spec.secrets.namePrefixes;
  return prefixes.map((prefix) => arns.secret(place, "*", `${literal(prefix)}*`));
}

export const inRegions = (spec: MemberSpec) => ({ "aws:RequestedRegion": spec.regions });

/** All the tags of the scope, on the secret that is there (`Resource`) or on the one that is being made (`Request`). */
export function withTags(spec: MemberSpec, of: "ResourceTag" | "RequestTag"): Conditions {
  const tags = Object.entries(spec.secrets.tags).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    StringEquals: {
      ...inRegions(spec),
      ...Object.fromEntries(
        tags.map(([name, value]) => [`aws:${of}/${name}`, literalValue(value)]),
      ),
    },
  };
}

/** Secrets may be under any key of the account; only Secrets Manager may ask, and only for a secret in scope. */
export function decryptThroughSecretsManager(
  spec: MemberSpec,
  place: Place,
  actions: readonly string[],
): Statement {
  return {
    Sid: "KeysThroughSecretsManager",
    Effect: "Allow",
    Action: actions,
    Resource: spec.regions.map((region) => arns.key(place, region)),
    Condition: {
      StringEquals: {
        "aws:ResourceAccount": place.accountId,
        "kms:ViaService": spec.regions.map((region) => `secretsmanager.${region}.amazonaws.com`),
      },
      ArnLike: { "kms:EncryptionContext:SecretARN": secretsInScope(spec, place) },
    },
  };
}

/** Reads and lists the secrets in scope, nothing else. */
export function readerPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  return policy(
    {
      Sid: "ReadSecretsInScope",
      Effect: "Allow",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
      ],
      Resource: secretsInScope(spec, place),
      Condition: withTags(spec, "ResourceTag"),
    },
    {
      // The call takes no resource; it shows names and dates, no value.
      Sid: "ListNames",
      Effect: "Allow",
      Action: "secretsmanager:ListSecrets",
      Resource: "*",
      Condition: { StringEquals: inRegions(spec) },
    },
    decryptThroughSecretsManager(spec, place, ["kms:Decrypt"]),
  );
}

/**
 * Writes secrets back and never reads a value. Secrets Manager itself asks KMS to decrypt when it writes, so the role has
 * the key's permission; without `GetSecretValue` there is no call that would hand the result over.
 */
export function restorerPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  const secrets = secretsInScope(spec, place);
  return policy(
    {
      Sid: "MakeMissingSecrets",
      Effect: "Allow",
      // A secret that is made with tags asks for the second one too.
      Action: ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
      Resource: secrets,
      Condition: withTags(spec, "RequestTag"),
    },
    {
      Sid: "WriteBack",
      Effect: "Allow",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:PutSecretValue",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:RestoreSecret",
        // Turns the schedule on again for a secret that was made anew; it is told not to rotate at once.
        "secretsmanager:RotateSecret",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: secrets,
      Condition: withTags(spec, "ResourceTag"),
    },
    {
      // Secrets Manager tries the function with the rights of who sets a rotation up (API reference, RotateSecret).
      Sid: "TryRotationFunctions",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: spec.regions.flatMap((region) =>
        NAMES.rotationFunctions.map((name) => arns.function(place, region, name)),
      ),
    },
    decryptThroughSecretsManager(spec, place, ["kms:Decrypt", "kms:GenerateDataKey"]),
  );
}

/** EventBridge assumes the forwarder, for rules of this account. */
export function forwarderTrust(spec: MemberSpec, place: Place): PolicyDocument {
  return trustService("events", {
    StringEquals: { "aws:SourceAccount": spec.accountId },
    ArnLike: {
      "aws:SourceArn": spec.regions.map((region) => arns.rule(place, region, "strongroom-*")),
    },
  });
}

/** Puts events on the vault's bus. */
export function forwarderPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  const vault = { ...place, accountId: spec.vaultAccountId };
  return policy({
    Sid: "SendToTheVault",
    Effect: "Allow",
    Action: "events:PutEvents",
    Resource: arns.bus(vault, spec.vaultPrimaryRegion, NAMES.eventBus),
  });
}
