import { isRestricted } from "../iam/conditions";
import { parseDocument } from "../iam/document";
import { customerKeyProblems, resourcesOf } from "../model/customer-key";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

const logGroupsOf = resourcesOf(TYPES.logGroup);

export const logGroupEncrypted = defineRule<Subject>({
  id: "log-group-encrypted",
  catalogue: [90],
  objective: "encryption-at-rest",
  severity: "medium",
  scope: "stack",
  checks: "Every log group is encrypted with a customer managed key.",
  why: "Logs say who read which secret when; without a key of one's own nobody can be kept from them.",
  fix: "Set kmsKeyId to the ARN of a customer managed key.",
  corresponds: ["CKV_AWS_158", "AWS-0017", "W84", "cloudwatch_log_group_kms_encryption_enabled"],
  subjects: logGroupsOf,
  check: ({ resource }, _settings, stack) => customerKeyProblems(stack, resource, ["kmsKeyId"]),
});

export const logGroupKept = defineRule<Subject>({
  id: "log-group-kept",
  catalogue: [90],
  objective: "audit-trail",
  severity: "medium",
  checks: "Every log group says how long it is kept, and keeps its logs for a year.",
  why: "What happened is looked for months later; and without a word they are kept, and paid, for ever.",
  fix: "Set retentionInDays to 365 or more (0 for ever).",
  corresponds: [
    "CKV_AWS_66",
    "CKV_AWS_338",
    "W86",
    "CloudWatch.16",
    "cloudwatch_log_group_retention_policy_specific_days_enabled",
  ],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Shortest time that logs are kept, days.",
      default: 365,
      minimum: 1,
      maximum: 3653,
    },
  },
  subjects: logGroupsOf,
  *check({ resource: { view } }, settings) {
    const least = Number(settings["minimumDays"]);
    const days = view.number("retentionInDays");
    if (days === undefined) yield { wrong: "does not say how long it is kept" };
    else if (days !== 0 && days < least) {
      yield {
        wrong: `is kept for less than ${least} days`,
        set: `Set retentionInDays to ${least} or more (0 for ever).`,
      };
    }
  },
});

const LOG_POLICIES = [
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
  "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy",
  "aws-native:logs:ResourcePolicy",
];

export const logPolicyNotOpen = defineRule<Subject>({
  id: "log-policy-not-open",
  catalogue: [90],
  objective: "no-outsiders",
  severity: "high",
  checks: "No policy about logs lets everybody in.",
  why: "Anybody could read the logs, or fill them with lines that hide what happened.",
  fix: "Name the service or the account, with a condition on aws:SourceArn or aws:SourceAccount.",
  corresponds: ["cloudwatch_log_group_not_publicly_accessible"],
  subjects: resourcesOf(LOG_POLICIES),
  *check({ resource }) {
    const property =
      resource.view.raw("policyDocument") === undefined ? "accessPolicy" : "policyDocument";
    const source = resource.view.raw(property);
    if (source === UNKNOWN) throw new Undetermined(property, NOT_KNOWN_YET);
    if (source === undefined) return;
    for (const read of parseDocument(source, property, "resource").statements) {
      const statement = read();
      if (statement.effect !== "Allow" || isRestricted(statement)) continue;
      if (statement.principals?.everybody === true || statement.notPrincipals !== undefined) {
        yield { wrong: `lets everybody in (${property}, ${statement.label})` };
      }
    }
  },
});

export const alarmTellsSomebody = defineRule<Subject>({
  id: "alarm-tells-somebody",
  catalogue: [90],
  objective: "alerting",
  severity: "medium",
  checks: "Every alarm tells somebody.",
  why: "An alarm without action turns red where nobody looks.",
  fix: "Set alarmActions, and leave actionsEnabled true.",
  corresponds: ["CKV_AWS_319", "CloudWatch.15", "cloudwatch_alarm_actions_alarm_state_configured"],
  subjects: resourcesOf(TYPES.metricAlarm),
  *check({ resource: { view } }) {
    if (view.boolean("actionsEnabled") === false) yield { wrong: "has its actions switched off" };
    const actions = view.raw("alarmActions");
    if (actions === UNKNOWN) return;
    if (!Array.isArray(actions) || actions.length === 0) yield { wrong: "tells nobody" };
  },
});
