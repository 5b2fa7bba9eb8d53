import { activeRulesOf, watchedBy } from "../model/event-rule";
import type { Resource, Stack } from "../model/stack";
import { each, type Problem, type Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { Undetermined, type View } from "../model/values";
import { defineRule } from "./rule";

/** Calls that hide or prepare damage, by the source of their events. Who watches a source watches all of these. */
const TAMPERING: Readonly<Record<string, readonly string[]>> = {
  "aws.kms": ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"],
  "aws.s3": ["DeleteBucketPolicy", "PutBucketPolicy", "PutBucketLifecycle", "PutBucketVersioning"],
  "aws.secretsmanager": [
    "DeleteSecret",
    "PutResourcePolicy",
    "RestoreSecret",
    "StopReplicationToReplica",
  ],
  "aws.cloudtrail": ["DeleteTrail", "StopLogging", "UpdateTrail"],
  "aws.iam": [
    "AttachRolePolicy",
    "CreatePolicyVersion",
    "DeleteRolePolicy",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
  ],
  "aws.backup": ["DeleteBackupVaultLockConfiguration", "DeleteRecoveryPoint"],
  "aws.organizations": ["LeaveOrganization", "RemoveAccountFromOrganization"],
  "aws.events": ["DeleteRule", "DisableRule", "RemoveTargets"],
};

/** Calls that only read; their rules need another state, and they are no tampering. */
const READS = /^(Get|List|Describe|BatchGet|Head)/;

export const tamperingWatched = defineRule<Subject>({
  id: "tampering-watched",
  catalogue: [88],
  objective: "alerting",
  severity: "high",
  scope: "stack",
  checks: "Who watches a service for tampering watches every call that hides or prepares damage.",
  why: "The one call that is left out is the one that is made.",
  fix: "Add the missing calls to detail.eventName.",
  corresponds: [
    "AWS-0150",
    "AWS-0151",
    "AWS-0153",
    "AWS-0154",
    "AWS-0174",
    "cloudwatch_log_metric_filter_disable_or_scheduled_deletion_of_kms_cmk",
    "cloudwatch_log_metric_filter_for_s3_bucket_policy_changes",
    "cloudwatch_log_metric_filter_policy_changes",
  ],
  frameworks: { "CIS AWS Foundations": ["5.4", "5.5", "5.7", "5.8", "5.15"] },
  // The first rule of a Region that watches a source stands for all of them.
  subjects: (stack) =>
    activeRulesOf(stack)
      .filter((rule) => rule.view.raw("eventPattern") !== undefined)
      .map((resource) => ({ resource })),
  check({ resource }, _settings, stack) {
    const own = sourcesOf(resource);
    return each(own.keys(), function* (source) {
      const required = TAMPERING[source];
      if (required === undefined) return;
      const peers = peersOf(stack, resource).filter((rule) => quietSources(rule).has(source));
      if (peers[0] !== undefined && peers[0] !== resource && quietSources(peers[0]).has(source)) {
        return;
      }
      const watched = new Set(peers.flatMap((rule) => [...(quietSources(rule).get(source) ?? [])]));
      const missing = watched.has("*") ? [] : required.filter((name) => !watched.has(name));
      if (missing.length > 0) yield { wrong: `does not watch ${missing.join(", ")} of ${source}` };
    });
  },
});

/** Names of watched calls by source, `*` for all; sources of which only reads are watched are left out. */
function sourcesOf(rule: Resource): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { source, names } of watchedBy(rule)) {
    if (names !== undefined && names.every((name) => READS.test(name))) continue;
    const known = found.get(source) ?? new Set<string>();
    for (const name of names ?? ["*"]) known.add(name);
    found.set(source, known);
  }
  return found;
}

function quietSources(rule: Resource): ReadonlyMap<string, ReadonlySet<string>> {
  try {
    return sourcesOf(rule);
  } catch (thrown) {
    if (thrown instanceof Undetermined) return new Map();
    throw thrown;
  }
}

/** Rules of the same Region and bus, the resource itself among them. */
function peersOf(stack: Stack, { view, region }: Resource): readonly Resource[] {
  const bus = view.raw("eventBusName") ?? "default";
  return activeRulesOf(stack).filter(
    (rule) => rule.region === region && (rule.view.raw("eventBusName") ?? "default") === bus,
  );
}

export const eventRuleSeesReads = defineRule<Subject>({
  id: "event-rule-sees-reads",
  catalogue: [89],
  objective: "alerting",
  severity: "medium",
  checks: "A rule that waits for reading calls is in the state that receives them.",
  why: "EventBridge leaves reading calls out of rules that are only ENABLED: the rule never fires.",
  fix: "Set state to ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.",
  corresponds: [],
  subjects: (stack) => stack.ofTypes(TYPES.eventRule).map((resource) => ({ resource })),
  *check({ resource }) {
    const reads = watchedBy(resource).some(
      ({ source, names }) =>
        source.startsWith("aws.") && source !== "aws.s3" && names?.some((name) => READS.test(name)),
    );
    if (!reads) return;
    const bus = resource.view.raw("eventBusName");
    // On a bus of one's own the events come from others, whatever the state.
    if (bus !== undefined && bus !== "default") return;
    const state = resource.view.string("state") ?? "ENABLED";
    if (state !== "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") {
      yield { wrong: "waits for calls that it does not receive" };
    }
  },
});

export const eventTargetKeepsFailures = defineRule<Subject>({
  id: "event-target-keeps-failures",
  catalogue: [89],
  objective: "alerting",
  severity: "medium",
  checks: "Every target of a rule has a dead letter queue and says how often it tries.",
  why: "An event that could not be delivered is gone, and nobody knows.",
  fix: "Set deadLetterConfig.arn, and retryPolicy.",
  corresponds: [],
  subjects: (stack) => [
    ...stack.ofTypes(TYPES.eventTarget).map((resource) => ({ resource })),
    ...stack
      .ofTypes(TYPES.eventRule)
      .filter(({ view }) => view.raw("targets") !== undefined)
      .map((resource) => ({ resource })),
  ],
  check({ resource }) {
    const targets = TYPES.eventTarget.includes(resource.type)
      ? [resource.view]
      : resource.view.objects("targets");
    return each(targets, targetProblems);
  },
});

function* targetProblems(target: View): Generator<Problem> {
  if (target.object("deadLetterConfig")?.raw("arn") === undefined) {
    yield { wrong: "loses events that it cannot deliver" };
  }
  if (target.object("retryPolicy") === undefined)
    yield { wrong: "does not say how often it tries" };
}
