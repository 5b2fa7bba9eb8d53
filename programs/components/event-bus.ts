import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { documentText, type PolicyDocument } from "../iam/document";

export interface EventBusArgs {
  readonly busName: string;
  readonly region: string;
  readonly policy: PolicyDocument;
}

/**
 * The bus that members send to. It keeps no archive: the sweep finds every change that an event did not tell of, so there
 * is nothing that only a replay could bring back. Events hold names and times of secrets, no value, so the bus is under
 * the key that AWS owns; one key policy less stands between a change and its backup.
 */
export class EventBus extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly busName: pulumi.Output<string>;

  constructor(name: string, args: EventBusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:messaging:EventBus", name, {}, opts);
    const { region } = args;
    const bus = new aws.cloudwatch.EventBus(
      `${name}-bus`,
      { name: args.busName, region, description: "Changes of secrets, from every member" },
      { parent: this },
    );
    new aws.cloudwatch.EventBusPolicy(
      `${name}-policy`,
      { eventBusName: bus.name, region, policy: documentText("bus", args.policy) },
      { parent: this },
    );
    this.arn = bus.arn;
    this.busName = bus.name;
    this.registerOutputs({ arn: this.arn, busName: this.busName });
  }
}
