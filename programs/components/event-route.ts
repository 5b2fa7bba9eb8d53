import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { EventPattern } from "../events";

export interface EventRouteArgs {
  readonly ruleName: string;
  readonly region: string;
  readonly description: string;
  /** The default bus where it is left out. */
  readonly busName?: pulumi.Input<string>;
  readonly pattern: EventPattern;
  /** Receive read-only management events too, which EventBridge leaves out unless a rule asks for them. */
  readonly includeReads: boolean;
  readonly targetArn: pulumi.Input<string>;
  /** Role that EventBridge assumes for the target; queues and topics are reached by their own policies instead. */
  readonly roleArn?: pulumi.Input<string>;
  /** Takes what the target refused for a day. */
  readonly deadLetterArn?: pulumi.Input<string>;
}

/** A rule with one target, retries for a day, and a place for what could not be delivered. */
export class EventRoute extends pulumi.ComponentResource {
  readonly ruleArn: pulumi.Output<string>;

  constructor(name: string, args: EventRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:messaging:EventRoute", name, {}, opts);
    const at = {
      region: args.region,
      ...(args.busName === undefined ? {} : { eventBusName: args.busName }),
    };
    const rule = new aws.cloudwatch.EventRule(
      `${name}-rule`,
      {
        ...at,
        name: args.ruleName,
        description: args.description,
        eventPattern: JSON.stringify(args.pattern),
        state: args.includeReads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED",
      },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-target`,
      {
        ...at,
        rule: rule.name,
        targetId: "strongroom",
        arn: args.targetArn,
        retryPolicy: { maximumEventAgeInSeconds: 86400, maximumRetryAttempts: 185 },
        ...(args.roleArn === undefined ? {} : { roleArn: args.roleArn }),
        ...(args.deadLetterArn === undefined
          ? {}
          : { deadLetterConfig: { arn: args.deadLetterArn } }),
      },
      { parent: this },
    );
    this.ruleArn = rule.arn;
    this.registerOutputs({ ruleArn: this.ruleArn });
  }
}
