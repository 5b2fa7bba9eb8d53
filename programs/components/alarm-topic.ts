import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";

export interface AlarmTopicArgs {
  readonly topicName: string;
  readonly region: string;
  readonly keyArn: pulumi.Input<string>;
  readonly policy: PolicyDocument;
}

/** The topic that people subscribe to. Alarms need one in their own Region: CloudWatch publishes to no other. */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AlarmTopicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:messaging:AlarmTopic", name, {}, opts);
    const topic = new aws.sns.Topic(
      `${name}-topic`,
      { name: args.topicName, region: args.region, kmsMasterKeyId: args.keyArn },
      { parent: this },
    );
    new aws.sns.TopicPolicy(
      `${name}-policy`,
      { arn: topic.arn, region: args.region, policy: documentText("topic", args.policy) },
      { parent: this },
    );
    this.arn = topic.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
