import { arns, type Place } from "./arns";
import { policy, type Conditions, type PolicyDocument, type Statement } from "./document";

/**
 * Functions are made, configured and given code, and never called: what a function may read is not for the stamper.
 * Whoever controls the stamper controls the functions' code all the same; ARCHITECTURE.md says what stands against that.
 */
export function functions(
  place: Place,
  inRegions: Readonly<Record<string, readonly string[]>>,
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
  const all = arns.function(place, "*", "strongroom-*");
  const sources = arns.eventSourceMapping(place, "*");
  const forOurs = { ArnLike: { "lambda:FunctionArn": all } };
  const groups = arns.logGroup(place, "*", "/aws/lambda/strongroom-*");
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
    named("LetSchedulesIn", ["lambda:AddPermission"], [all], {
      StringEquals: { "lambda:Principal": "events.amazonaws.com" },
    }),
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
