import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface AlarmArgs {
  readonly alarmName: string;
  readonly region: string;
  /** What has happened and what to do, for the person who reads the alarm. */
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Maximum" | "Sum";
  /** The alarm goes off above this value. */
  readonly above: number;
  /** … in so many looks, five minutes apart, one after the other; 1 where it is left out. */
  readonly looks?: number;
  readonly topicArn: pulumi.Input<string>;
}

/** How often a metric is looked at, seconds. */
const PERIOD = 300;

/** A metric alarm that tells the topic when it goes off and when it is over. No data means no trouble: queues are idle. */
export function createAlarm(
  name: string,
  args: AlarmArgs,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.MetricAlarm {
  return new aws.cloudwatch.MetricAlarm(
    name,
    {
      name: args.alarmName,
      region: args.region,
      alarmDescription: args.description,
      namespace: args.namespace,
      metricName: args.metricName,
      dimensions: args.dimensions,
      statistic: args.statistic,
      comparisonOperator: "GreaterThanThreshold",
      threshold: args.above,
      period: PERIOD,
      evaluationPeriods: args.looks ?? 1,
      treatMissingData: "notBreaching",
      alarmActions: [args.topicArn],
      okActions: [args.topicArn],
    },
    opts,
  );
}

/** An alarm on a message in a queue where none should be. */
export function queueNotEmpty(
  queueName: string,
  description: string,
): Pick<
  AlarmArgs,
  "description" | "namespace" | "metricName" | "dimensions" | "statistic" | "above"
> {
  return {
    description,
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queueName },
    statistic: "Maximum",
    above: 0,
  };
}

/** An alarm on an event that a rule could not deliver; `busName` for a rule of a bus of its own. */
export function deliveryFailed(
  ruleName: string,
  description: string,
  busName?: string,
): Pick<
  AlarmArgs,
  "description" | "namespace" | "metricName" | "dimensions" | "statistic" | "above"
> {
  return {
    description,
    namespace: "AWS/Events",
    metricName: "FailedInvocations",
    dimensions: {
      RuleName: ruleName,
      ...(busName === undefined ? {} : { EventBusName: busName }),
    },
    statistic: "Sum",
    above: 0,
  };
}
