import { namesAction } from "../iam/statements";
import { resourcesOf } from "../model/customer-key";
import { KeyIdentity } from "../model/key-use";
import { policiesOn } from "../model/policies";
import type { Resource, Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { isList, type Value } from "../model/values";
import { defineRule } from "./rule";

/** Services that send to topics and queues, and the properties by which they name them. */
const SENDERS = [
  { service: "cloudwatch", types: TYPES.metricAlarm, properties: ["alarmActions", "okActions"] },
  { service: "events", types: TYPES.eventTarget, properties: ["arn"] },
] as const;
const NEEDED = ["kms:decrypt", "kms:generatedatakey"];

export const messagingKeyLetsServicesIn = defineRule<Subject>({
  id: "messaging-key-lets-services-in",
  catalogue: [96],
  objective: "alerting",
  severity: "medium",
  scope: "stack",
  checks:
    "The key of a topic or queue that alarms or event rules send to lets these services use it.",
  why: "Without it the service cannot encrypt the message: the alarm goes off and nobody hears of it.",
  fix: "Allow the service's principal kms:Decrypt and kms:GenerateDataKey* in the key's policy.",
  corresponds: [],
  subjects: resourcesOf(TYPES.topic, TYPES.queue),
  *check({ resource }, _settings, stack) {
    const identity = stack.family(KeyIdentity.of);
    const property = "kmsMasterKeyId";
    const value = resource.view.raw(property);
    const key = identity.resource({ holder: resource, property, value });
    if (key === undefined) return;
    const senders = SENDERS.filter(({ types, properties }) =>
      stack
        .ofTypes(types)
        .some((sender) => properties.some((name) => sendsTo(sender, name, resource))),
    );
    if (senders.length === 0) return;
    const statements = identity
      .holdersOfPolicies(key)
      .flatMap((holder) => policiesOn(stack, holder))
      .flatMap((policy) => policy.statements());
    for (const { service } of senders) {
      const open = NEEDED.every((action) =>
        statements.some(
          (statement) =>
            statement.effect === "Allow" &&
            statement.principals?.services.includes(`${service}.amazonaws.com`) === true &&
            namesAction(statement, action),
        ),
      );
      if (!open) yield { wrong: `has a key that ${service}.amazonaws.com may not use` };
    }
  },
});

function sendsTo(sender: Resource, property: string, { urn, view }: Resource): boolean {
  const value: Value | undefined = sender.view.raw(property);
  const arn = view.raw("arn", "topicArn");
  const texts = isList(value) ? value : [value];
  if (typeof arn === "string" && texts.includes(arn)) return true;
  return sender.dependenciesOf(property)?.includes(urn) === true;
}

/** Functions that Secrets Manager may call: by a permission, or named by a rotation. */
function rotatorsOf(stack: Stack): Subject[] {
  const callers = stack
    .ofTypes(TYPES.functionPermission)
    .filter(({ view }) => /^secretsmanager\./.test(textOf(view.raw("principal"))));
  const named = [
    ...callers.map((one) => ({ one, property: one.isNative ? "functionName" : "function" })),
    ...stack.ofTypes(TYPES.secretRotation).map((one) => ({ one, property: "rotationLambdaArn" })),
  ];
  return stack
    .ofTypes(TYPES.function)
    .filter(({ urn, view }) =>
      named.some(({ one, property }) => {
        const value = one.view.raw(property);
        const own = [view.raw("name"), view.raw("functionName"), view.raw("arn"), view.raw("id")];
        return (
          (typeof value === "string" && own.includes(value)) ||
          one.dependenciesOf(property)?.includes(urn) === true
        );
      }),
    )
    .map((resource) => ({ resource }));
}

export const lambdaRotationEndsInTime = defineRule<Subject>({
  id: "lambda-rotation-ends-in-time",
  catalogue: [95],
  objective: "credentials",
  severity: "medium",
  scope: "stack",
  checks:
    "A function that rotates secrets ends long before the time in which Secrets Manager tries again.",
  why: "A step that still runs when it is tried again sets two values, and the second one is not the one that was stored.",
  fix: "Set timeout to 300 seconds or less.",
  corresponds: [],
  parameters: {
    maximumSeconds: {
      type: "integer",
      description: "Longest time that a step of a rotation may take, seconds.",
      default: 300,
      minimum: 1,
      maximum: 900,
    },
  },
  subjects: rotatorsOf,
  *check({ resource: { view } }, settings) {
    const most = Number(settings["maximumSeconds"]);
    if ((view.number("timeout") ?? 3) > most) {
      yield {
        wrong: `may run longer than ${most} seconds`,
        set: `Set timeout to ${most} seconds or less.`,
      };
    }
  },
});

const textOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");
