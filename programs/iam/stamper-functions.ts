import { NAMES } from "../../stacks/naming";

import { arns, type Place } from "./arns";
import { policy, type Conditions, type PolicyDocument, type Statement } from "./document";

/**
 * Functions are made, configured and given code, and never called: what a function may read is not for the stamper.
 * Whoever controls the stamper controls the functions' code all the same; ARCHITECTURE.md says what stands against that.
 */
export function functions(
  place: Place,
  inRegions: Readonly<Record<string, readonly string[]>>,
  calledBy: {
    /** Of EventBridge, and queues: the vault's functions. */
    readonly schedules: boolean;
    /** Of Secrets Manager: a member's function that rotates. */
    readonly rotations: boolean;
  },
): PolicyDocument {
  const named = (
    sid: string,
    actions: readonly string[],
    resources: readonly string[],
    condition: Conditions = {},
  ): Statement => ({
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: resources,
    Condition: {
      ...condition,
      StringEquals: { ...inRegions, ...condition["StringEquals"] },
    },
  });
  const names = calledBy.schedules ? "strongroom-*" : NAMES.rotationFunction;
  const all = arns.function(place, "*", names);
  const sources = arns.eventSourceMapping(place, "*");
  const forOurs = { ArnLike: { "lambda:FunctionArn": all } };
  const groups = arns.logGroup(place, "*", `/aws/lambda/${names}`);
  return policy(
    named(
      "Functions",
      [
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetPolicy",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ],
      [all],
    ),
    // Only schedules may be let in: a permission for an account would hand the restore function to it.
    calledBy.schedules
      ? named("LetSchedulesIn", ["lambda:AddPermission"], [all], {
          StringEquals: { "lambda:Principal": "events.amazonaws.com" },
        })
      : undefined,
    // A rotation is nobody's but Secrets Manager's; the function itself asks for the secret's own account.
    calledBy.rotations
      ? named(
          "LetRotationsIn",
          ["lambda:AddPermission"],
          [arns.function(place, "*", NAMES.rotationFunction)],
          { StringEquals: { "lambda:Principal": "secretsmanager.amazonaws.com" } },
        )
      : undefined,
    ...(calledBy.schedules
      ? [
          // Lambda knows a mapping by an id of its own, and the function that it is for by this key.
          named("MakeSources", ["lambda:CreateEventSourceMapping"], ["*"], forOurs),
          named(
            "Sources",
            ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"],
            [sources],
            forOurs,
          ),
          // Of one that was just deleted Lambda knows no function any more, and whether it is gone must be seen.
          named("SeeSources", ["lambda:GetEventSourceMapping"], [sources]),
          // One whose creation was interrupted has an id that only Lambda knows.
          named("FindLostSources", ["lambda:ListEventSourceMappings"], ["*"]),
          named(
            "SourceTags",
            ["lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"],
            [sources],
          ),
        ]
      : []),
    named(
      "LogGroups",
      [
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:ListTagsForResource",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
      [groups],
    ),
    // CloudWatch Logs has no narrower resource for a list.
    named("SeeLogGroups", ["logs:DescribeLogGroups"], ["*"]),
  );
}
