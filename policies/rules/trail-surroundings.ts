import { bucketNamed } from "../model/bucket";
import { resourcesOf } from "../model/customer-key";
import { activeRulesOf, watchedBy } from "../model/event-rule";
import type { Stack } from "../model/stack";
import { each, type Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

const FLAGS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

export const trailBucketClosed = defineRule<Subject>({
  id: "trail-bucket-closed",
  catalogue: [86],
  objective: "audit-trail",
  severity: "high",
  scope: "stack",
  checks:
    "The bucket that a trail of the stack writes to, where the stack makes it, is private and logs who uses it.",
  why: "Whoever reads the trail learns how to get in, and whoever deletes from it leaves no trace.",
  fix: "Add a BucketPublicAccessBlock with all four flags and a BucketLogging for the trail's bucket.",
  corresponds: ["CloudTrail.6", "CloudTrail.7", "AWS-0161", "AWS-0163"],
  frameworks: { "CIS AWS Foundations": ["4.4"] },
  subjects: resourcesOf(TYPES.trail),
  *check({ resource }, _settings, stack) {
    const value = resource.view.raw("s3BucketName");
    const bucket = bucketNamed(stack, resource, "s3BucketName", value);
    if (bucket === undefined) {
      // A bucket of another account is judged with the stack that makes it.
      if (value === UNKNOWN) throw new Undetermined("s3BucketName", NOT_KNOWN_YET);
      return;
    }
    yield* each(["privacy", "logging"] as const, function* (what) {
      if (what === "privacy") {
        const held = bucket.held("publicAccessBlock", "publicAccessBlockConfiguration");
        const closed = held.some(({ view }) => FLAGS.every((flag) => view.boolean(flag) === true));
        if (!closed) yield { wrong: "writes to a bucket that may be public" };
      } else if (
        bucket.held("logging", "logging", "loggings", "loggingConfiguration").length === 0
      ) {
        yield { wrong: "writes to a bucket whose use is not logged" };
      }
    });
  },
});

/** What must be noticed: by a filter of the trail's logs with all these words, or by a rule for one of these calls. */
interface Concern {
  readonly what: string;
  readonly words: readonly RegExp[];
  readonly source?: string;
  readonly call?: string;
}

/** The alarms that the CIS benchmark asks for about keys, permissions, trails, buckets, root and the organization. */
const CONCERNS: readonly Concern[] = [
  { what: "unauthorized calls", words: [/UnauthorizedOperation|AccessDenied/] },
  { what: "use of the root user", words: [/userIdentity\.type/, /Root/] },
  {
    what: "changes of IAM policies",
    words: [/PutRolePolicy|AttachRolePolicy|DeletePolicy/],
    source: "aws.iam",
    call: "PutRolePolicy",
  },
  {
    what: "changes of trails",
    words: [/StopLogging/, /DeleteTrail/],
    source: "aws.cloudtrail",
    call: "StopLogging",
  },
  {
    what: "the end of keys",
    words: [/DisableKey/, /ScheduleKeyDeletion/],
    source: "aws.kms",
    call: "ScheduleKeyDeletion",
  },
  {
    what: "changes of bucket policies",
    words: [/PutBucketPolicy/, /DeleteBucketPolicy/],
    source: "aws.s3",
    call: "PutBucketPolicy",
  },
  {
    what: "changes of the organization",
    words: [/organizations\.amazonaws\.com/],
    source: "aws.organizations",
    call: "LeaveOrganization",
  },
];

export const trailWatched = defineRule<Subject>({
  id: "trail-watched",
  catalogue: [88],
  objective: "alerting",
  severity: "medium",
  scope: "stack",
  checks:
    "A stack that makes a trail also sees to it that somebody hears of unauthorized calls, the root user, and changes of policies, trails, keys, buckets and the organization.",
  why: "A trail that nobody reads tells what happened only after the damage.",
  fix: "Add for each a LogMetricFilter on the trail's log group with a MetricAlarm on its metric, or an event rule for the calls.",
  corresponds: [
    "AWS-0147",
    "AWS-0149",
    "cloudwatch_log_metric_filter_unauthorized_api_calls",
    "cloudwatch_log_metric_filter_root_usage",
  ],
  frameworks: { "CIS AWS Foundations": ["5.1", "5.3", "5.4", "5.5", "5.7", "5.8", "5.15"] },
  subjects: resourcesOf(TYPES.trail),
  *check(_trail, _settings, stack) {
    const patterns = alarmedPatterns(stack);
    const calls = activeRulesOf(stack).flatMap((rule) => watchedBy(rule));
    const missing = CONCERNS.filter(
      ({ words, source, call }) =>
        !patterns.some((pattern) => words.every((word) => word.test(pattern))) &&
        !calls.some((one) => one.source === source && (one.names?.includes(call ?? "") ?? true)),
    );
    for (const { what } of missing) yield { wrong: `is made where nobody hears of ${what}` };
  },
});

/** Patterns of filters whose metric has an alarm. */
function alarmedPatterns(stack: Stack): string[] {
  const alarms = new Set(
    stack.ofTypes(TYPES.metricAlarm).map(({ view }) => view.string("metricName")),
  );
  return stack.ofTypes(TYPES.logMetricFilter).flatMap(({ view }) => {
    const metrics = view.objects("metricTransformation", "metricTransformations");
    const alarmed = metrics.some((metric) => alarms.has(metric.string("name", "metricName")));
    return alarmed ? [view.string("pattern", "filterPattern") ?? ""] : [];
  });
}
