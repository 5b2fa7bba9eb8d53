import { demandsOrganization } from "../iam/conditions";
import { customerKeyProblems, resourcesOf } from "../model/customer-key";
import { openings } from "../model/openings";
import { foreignPrincipals } from "../model/own-account";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { isList, isMap, NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

export const topicEncrypted = defineRule<Subject>({
  id: "topic-encrypted-with-customer-key",
  catalogue: [96],
  objective: "encryption-at-rest",
  severity: "medium",
  scope: "stack",
  checks: "Every SNS topic encrypts its messages with a customer managed key.",
  why: "Without one, nobody can withhold the messages from who may read the topic, nor see who read them.",
  fix: "Set kmsMasterKeyId to a customer managed key.",
  corresponds: ["SNS.1", "CKV_AWS_26", "AWS-0095", "AWS-0136", "W47"],
  subjects: resourcesOf(TYPES.topic),
  check: ({ resource }, _settings, stack) =>
    customerKeyProblems(stack, resource, ["kmsMasterKeyId"], { aliases: true }),
});

export const queueEncrypted = defineRule<Subject>({
  id: "queue-encrypted-with-customer-key",
  catalogue: [96],
  objective: "encryption-at-rest",
  severity: "medium",
  scope: "stack",
  checks: "Every SQS queue encrypts its messages with a customer managed key.",
  why: "Without one, nobody can withhold the messages from who may read the queue, nor see who read them.",
  fix: "Set kmsMasterKeyId to a customer managed key.",
  corresponds: ["SQS.1", "CKV_AWS_27", "AWS-0096", "AWS-0135", "W48"],
  subjects: resourcesOf(TYPES.queue),
  check: ({ resource }, _settings, stack) =>
    customerKeyProblems(stack, resource, ["kmsMasterKeyId"], { aliases: true }),
});

export const messagingPolicyNotOpen = defineRule<PolicySubject>({
  id: "messaging-policy-not-open",
  catalogue: [89, 96],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "No policy of a topic, queue or event bus lets in everybody, allows every action, or allows by exclusion.",
  why: "Anybody could send false alarms, or read and take away the real ones.",
  fix: "Name who may send or receive, or add a condition on aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID.",
  corresponds: [
    "SNS.4",
    "SQS.3",
    "EventBridge.3",
    "CKV_AWS_168",
    "CKV_AWS_169",
    "CKV_AWS_385",
    "CKV_AWS_387",
    "F18",
    "F20",
    "F21",
    "eventbridge_bus_exposed",
    "sns_topics_not_publicly_accessible",
    "sqs_queues_not_publicly_accessible",
  ],
  subjects: (stack) => policiesOfKind(stack, "topic", "queue", "bus"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const place = `${policy.property}, ${statement.label}`;
      yield* openings(statement, place);
      if (statement.notPrincipals !== undefined || statement.notActions !== undefined) {
        yield { wrong: `allows by exclusion (${place})` };
      }
    }),
});

export const messagingPolicyOwnOrganization = defineRule<PolicySubject>({
  id: "messaging-policy-own-organization",
  catalogue: [96],
  objective: "no-outsiders",
  severity: "medium",
  checks: "A topic, queue or event bus lets in another account only within the organization.",
  why: "An account that leaves the organization would keep the way in.",
  fix: "Add a condition on aws:PrincipalOrgID.",
  corresponds: ["eventbridge_bus_cross_account_access"],
  subjects: (stack) => policiesOfKind(stack, "topic", "queue", "bus"),
  check: (policy) =>
    policy.check(function* (statement) {
      const own = policy.resource.accountId;
      if (statement.effect !== "Allow" || own === undefined) return;
      const foreign = foreignPrincipals(statement, own).filter((name) => name !== "*");
      if (foreign.length > 0 && !demandsOrganization(statement)) {
        yield {
          wrong: `lets another account in without the organization (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

export const topicSubscriptionsEncrypted = defineRule<Subject>({
  id: "topic-subscriptions-encrypted",
  catalogue: [96],
  objective: "encryption-in-transit",
  severity: "medium",
  checks: "No subscription of a topic delivers over plain HTTP.",
  why: "What travels in the clear can be read and changed on the way.",
  fix: "Set protocol to https, with an endpoint that starts with https.",
  corresponds: ["sns_subscription_not_using_http_endpoints"],
  subjects: resourcesOf(TYPES.topicSubscription),
  *check({ resource: { view } }) {
    if (view.string("protocol")?.toLowerCase() === "http") yield { wrong: "delivers over HTTP" };
  },
});

const BUS_GRANTS = [
  "aws:cloudwatch/eventPermission:EventPermission",
  "aws-native:events:EventBusPolicy",
];

export const eventBusGrantsNamed = defineRule<Subject>({
  id: "event-bus-grants-named",
  catalogue: [89],
  objective: "no-outsiders",
  severity: "high",
  checks: "No permission of an event bus is for everybody outside the organization.",
  why: "Anybody could send false events.",
  fix: "Name the account as principal, or add a condition on aws:PrincipalOrgID.",
  corresponds: ["EventBridge.3", "eventbridge_bus_exposed"],
  subjects: resourcesOf(BUS_GRANTS),
  *check({ resource: { view } }) {
    const statement = view.object("statement");
    const principal =
      statement === undefined ? view.raw("principal") : statement.raw("Principal", "principal");
    if (principal === UNKNOWN) throw new Undetermined("principal", NOT_KNOWN_YET);
    const aws = isMap(principal) ? principal["AWS"] : principal;
    if (aws !== "*" && !(isList(aws) && aws.includes("*"))) return;
    if (statement === undefined) {
      const condition = view.object("condition");
      if (condition?.string("key")?.toLowerCase() === "aws:principalorgid") return;
    } else {
      const condition = statement.object("Condition", "condition");
      const equals = condition?.object("StringEquals", "stringEquals");
      if (equals?.raw("aws:PrincipalOrgID") !== undefined) return;
    }
    yield { wrong: "lets everybody send events" };
  },
});
