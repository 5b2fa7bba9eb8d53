import { NAMES } from "../../stacks/naming";
import type { MemberSpec } from "../../stacks/spec";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument } from "./document";
import {
  decryptThroughSecretsManager,
  inRegions,
  secretsInScope,
  vaultRoles,
  withTags,
} from "./member-roles";
import { trustRoles } from "./trust";

/** A member's function that rotates, and nobody else's log. */
export const rotationLogGroup = `/aws/lambda/${NAMES.rotationFunction}`;

/** Tag of a secret with an administrator's login that rotations of other secrets may use. */
export const ADMINISTRATOR_TAG = "strongroom:rotation-administrator";

/**
 * Does the steps of a rotation: reads and writes the values of those secrets alone that this function is set up to rotate
 * (Secrets Manager says so itself, in `AllowRotationLambdaArn`), and reads the administrators' logins that are marked.
 */
export function rotationPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  const secrets = secretsInScope(spec, place);
  return policy(
    {
      Sid: "RotateEnrolledSecrets",
      Effect: "Allow",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: secrets,
      Condition: {
        StringEquals: {
          ...inRegions(spec),
          "secretsmanager:resource/AllowRotationLambdaArn": spec.regions.map((region) =>
            arns.function(place, region, NAMES.rotationFunction),
          ),
        },
      },
    },
    {
      Sid: "ReadAdministrators",
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: secrets,
      Condition: {
        StringEquals: { ...inRegions(spec), [`aws:ResourceTag/${ADMINISTRATOR_TAG}`]: "yes" },
      },
    },
    decryptThroughSecretsManager(spec, place, ["kms:Decrypt", "kms:GenerateDataKey"]),
    {
      Sid: "OwnLog",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: spec.regions.map((region) => `${arns.logGroup(place, region, rotationLogGroup)}:*`),
    },
  );
}

export function enrollerTrust(spec: MemberSpec, place: Place): PolicyDocument {
  return trustRoles(
    vaultRoles(spec, place, [NAMES.functionRoles.rotate]),
    spec.organizationId,
    spec.externalId,
  );
}

/**
 * Enrols secrets in scope, starts their rotations and tells what came of them. It reads and writes no value: that is for
 * the function in the account, which it may call.
 */
export function enrollerPolicy(spec: MemberSpec, place: Place): PolicyDocument {
  const secrets = secretsInScope(spec, place);
  const inScope = withTags(spec, "ResourceTag");
  return policy(
    {
      // The call takes no resource; it shows names and dates, no value.
      Sid: "ListNames",
      Effect: "Allow",
      Action: "secretsmanager:ListSecrets",
      Resource: "*",
      Condition: { StringEquals: inRegions(spec) },
    },
    {
      Sid: "SetRotationsUp",
      Effect: "Allow",
      Action: [
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:RotateSecret",
      ],
      Resource: secrets,
      Condition: inScope,
    },
    {
      // Its own marks, and no tag that somebody else goes by.
      Sid: "MarkEnrolledSecrets",
      Effect: "Allow",
      Action: ["secretsmanager:TagResource", "secretsmanager:UntagResource"],
      Resource: secrets,
      Condition: {
        ...inScope,
        "ForAllValues:StringLike": {
          "aws:TagKeys": ["strongroom:rotator", "strongroom:rotator:*", "strongroom:enrolled"],
        },
      },
    },
    {
      // Secrets Manager tries the function with the rights of who sets a rotation up (API reference, RotateSecret).
      Sid: "CallRotationAndChecks",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: spec.regions.flatMap((region) =>
        [NAMES.rotationFunction, NAMES.checkFunctions].map((name) =>
          arns.function(place, region, name),
        ),
      ),
    },
    {
      Sid: "TellTheVersion",
      Effect: "Allow",
      Action: "ssm:PutParameter",
      Resource: spec.regions.map((region) =>
        arns.parameter(place, region, `${NAMES.versionParameters}*`),
      ),
    },
    {
      Sid: "TellTheOutcome",
      Effect: "Allow",
      Action: "events:PutEvents",
      Resource: spec.regions.map((region) => arns.bus(place, region, "default")),
    },
  );
}
