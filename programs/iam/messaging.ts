import { NAMES } from "../../stacks/naming";

import { arns, type Place } from "./arns";
import { policy, type PolicyDocument, type Statement } from "./document";

function tlsOnly(action: string, resource: string): Statement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: action,
    Resource: resource,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

/** EventBridge may send to the queue, for these rules only; roles of the account need no more than their own policies. */
export function queuePolicy(
  place: Place,
  region: string,
  name: string,
  ruleArns: readonly string[],
): PolicyDocument {
  const queue = arns.queue(place, region, name);
  return policy(
    ruleArns.length === 0
      ? undefined
      : {
          Sid: "Events",
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queue,
          Condition: {
            StringEquals: { "aws:SourceAccount": place.accountId },
            ArnEquals: { "aws:SourceArn": ruleArns },
          },
        },
    tlsOnly("sqs:*", queue),
  );
}

/** Alarms of this account, and these rules, may publish to the topic. */
export function topicPolicy(
  place: Place,
  region: string,
  name: string,
  ruleArns: readonly string[],
): PolicyDocument {
  const topic = arns.topic(place, region, name);
  const from = (sid: string, service: string, sources: readonly string[]): Statement => ({
    Sid: sid,
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sns:Publish",
    Resource: topic,
    Condition: {
      StringEquals: { "aws:SourceAccount": place.accountId },
      ArnLike: { "aws:SourceArn": sources },
    },
  });
  return policy(
    from("Alarms", "cloudwatch.amazonaws.com", [arns.alarm(place, region, "strongroom-*")]),
    ruleArns.length === 0 ? undefined : from("Events", "events.amazonaws.com", ruleArns),
    tlsOnly("sns:Publish", topic),
  );
}

/** Members' forwarder roles, of any account of this organization and no other role, may put events on the bus. */
export function busPolicy(place: Place, region: string, organizationId: string): PolicyDocument {
  return policy({
    Sid: "Forwarders",
    Effect: "Allow",
    Principal: { AWS: "*" },
    Action: "events:PutEvents",
    Resource: arns.bus(place, region, NAMES.eventBus),
    Condition: {
      StringEquals: { "aws:PrincipalOrgID": organizationId },
      ArnLike: {
        "aws:PrincipalArn": arns.role({ ...place, accountId: "*" }, NAMES.forwarderRole),
      },
    },
  });
}
