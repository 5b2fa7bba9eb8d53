import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";

export interface EventQueueArgs {
  readonly queueName: string;
  readonly region: string;
  /** Key that the sender may use for this queue. */
  readonly keyArn: pulumi.Input<string>;
  readonly policy: PolicyDocument;
  /** How long a message waits before it is lost, seconds. */
  readonly retentionSeconds: number;
  /** How long a receiver has for a message, seconds. */
  readonly visibilitySeconds: number;
  /** Where a message goes that was received `maxReceives` times in vain. */
  readonly deadLetter?: { readonly queueArn: pulumi.Input<string>; readonly maxReceives: number };
}

/** A queue that EventBridge or a function sends to, encrypted with a customer key. */
export class EventQueue extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: EventQueueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:messaging:EventQueue", name, {}, opts);
    const { region, deadLetter } = args;
    const queue = new aws.sqs.Queue(
      `${name}-queue`,
      {
        name: args.queueName,
        region,
        kmsMasterKeyId: args.keyArn,
        messageRetentionSeconds: args.retentionSeconds,
        visibilityTimeoutSeconds: args.visibilitySeconds,
        // Not a resource of its own: for that the provider would wait another 25 s until SQS shows it everywhere, and for so
        // long the queue would take messages from nobody.
        policy: documentText("queue", args.policy),
        ...(deadLetter === undefined
          ? {}
          : {
              redrivePolicy: pulumi.jsonStringify({
                deadLetterTargetArn: deadLetter.queueArn,
                maxReceiveCount: deadLetter.maxReceives,
              }),
            }),
      },
      { parent: this },
    );
    this.arn = queue.arn;
    this.url = queue.url;
    this.registerOutputs({ arn: this.arn, url: this.url });
  }
}
