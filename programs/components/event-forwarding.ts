import * as pulumi from "@pulumi/pulumi";

import { NAMES } from "../../stacks/naming";
import { MEMBER_SIGNALS, SECRET_CHANGES, SECRET_READS, type EventPattern } from "../events";
import { arns, type Place } from "../iam/arns";
import { queuePolicy, topicPolicy } from "../iam/messaging";

import { createAlarm, deliveryFailed, queueNotEmpty } from "./alarm";
import { AlarmTopic } from "./alarm-topic";
import { EventQueue } from "./event-queue";
import { EventRoute } from "./event-route";

export interface EventForwardingArgs {
  readonly place: Place;
  readonly region: string;
  /** The member's key in this Region; EventBridge and CloudWatch may use it for the queue and the topic. */
  readonly keyArn: pulumi.Input<string>;
  /** The vault's bus. */
  readonly busArn: string;
  /** Role that EventBridge assumes to send there. */
  readonly roleArn: pulumi.Input<string>;
  /** Forward who reads which secret, too. */
  readonly watchReads: boolean;
}

/** SQS keeps a message at most this long, seconds. */
const FOURTEEN_DAYS = 14 * 86400;

/** Sends a Region's events about secrets to the vault, keeps what could not be sent, and tells people of it. */
export class EventForwarding extends pulumi.ComponentResource {
  readonly changeRuleArn: pulumi.Output<string>;
  readonly undeliveredQueueUrl: pulumi.Output<string>;
  readonly alarmTopicArn: pulumi.Output<string>;

  constructor(name: string, args: EventForwardingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:messaging:EventForwarding", name, {}, opts);
    const rules = rulesOf(args);
    const queue = this.createQueue(name, args, Object.keys(rules));
    const topic = this.createTopic(name, args);
    const routes = Object.entries(rules).map(([ruleName, rule]) =>
      this.createRoute(name, args, queue, ruleName, rule),
    );
    this.createAlarms(name, args, topic);
    this.changeRuleArn = pulumi.output(routes[0]?.ruleArn ?? "");
    this.undeliveredQueueUrl = queue.url;
    this.alarmTopicArn = topic.arn;
    this.registerOutputs({
      changeRuleArn: this.changeRuleArn,
      undeliveredQueueUrl: this.undeliveredQueueUrl,
      alarmTopicArn: this.alarmTopicArn,
    });
  }

  private createQueue(
    name: string,
    { place, region, keyArn }: EventForwardingArgs,
    ruleNames: readonly string[],
  ): EventQueue {
    const from = ruleNames.map((rule) => arns.rule(place, region, rule));
    return new EventQueue(
      `${name}-undelivered`,
      {
        queueName: NAMES.undeliveredQueue,
        region,
        keyArn,
        policy: queuePolicy(place, region, NAMES.undeliveredQueue, from),
        retentionSeconds: FOURTEEN_DAYS,
        visibilitySeconds: 30,
      },
      { parent: this },
    );
  }

  private createTopic(name: string, { place, region, keyArn }: EventForwardingArgs): AlarmTopic {
    return new AlarmTopic(
      `${name}-alarms`,
      {
        topicName: NAMES.memberAlarmTopic,
        region,
        keyArn,
        policy: topicPolicy(place, region, NAMES.memberAlarmTopic, []),
      },
      { parent: this },
    );
  }

  private createRoute(
    name: string,
    { region, busArn, roleArn }: EventForwardingArgs,
    queue: EventQueue,
    ruleName: string,
    rule: ForwardingRule,
  ): EventRoute {
    return new EventRoute(
      `${name}-${rule.what}`,
      {
        ruleName,
        region,
        description: rule.description,
        pattern: rule.pattern,
        includeReads: rule.includeReads,
        targetArn: busArn,
        roleArn,
        deadLetterArn: queue.arn,
      },
      { parent: this },
    );
  }

  /** They tell a topic of this Region, not the vault: what they report is that the way to the vault is broken. */
  private createAlarms(name: string, { region }: EventForwardingArgs, topic: AlarmTopic): void {
    const at = { region, topicArn: topic.arn };
    createAlarm(
      `${name}-undelivered-alarm`,
      {
        ...at,
        alarmName: "strongroom-undelivered",
        ...queueNotEmpty(
          NAMES.undeliveredQueue,
          "Events about secrets did not reach the vault within a day. The sweep finds the changes; find out why.",
        ),
      },
      { parent: this },
    );
    createAlarm(
      `${name}-changes-alarm`,
      {
        ...at,
        alarmName: "strongroom-changes-failed",
        ...deliveryFailed(
          NAMES.eventRule,
          "The vault's bus refuses events about changed secrets. Compare its policy with the forwarder role.",
        ),
      },
      { parent: this },
    );
  }
}

interface ForwardingRule {
  readonly what: string;
  readonly description: string;
  readonly pattern: EventPattern;
  readonly includeReads: boolean;
}

/** The rules by physical name; changes first. */
function rulesOf({ watchReads }: EventForwardingArgs): Record<string, ForwardingRule> {
  return {
    [NAMES.eventRule]: {
      what: "changes",
      description: "Changes of secrets go to the vault",
      pattern: SECRET_CHANGES,
      includeReads: false,
    },
    [NAMES.memberSignalRule]: {
      what: "signals",
      description: "Tampering with keys, and alarms, go to the vault",
      pattern: MEMBER_SIGNALS,
      includeReads: false,
    },
    ...(watchReads
      ? {
          [NAMES.accessRule]: {
            what: "reads",
            description: "Who reads which secret goes to the vault",
            pattern: SECRET_READS,
            includeReads: true,
          },
        }
      : {}),
  };
}
