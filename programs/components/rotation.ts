import path from "node:path";

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { NAMES } from "../../stacks/naming";
import { rotationLogGroup } from "../iam/rotation-roles";

import { createAlarm } from "./alarm";
import { VaultFunction } from "./vault-function";

export interface RotationArgs {
  readonly region: string;
  readonly accountId: string;
  readonly roleArn: pulumi.Input<string>;
  /** Key of the log. */
  readonly keyArn: pulumi.Input<string>;
  /** Takes the alarms. */
  readonly topicArn: pulumi.Input<string>;
  /** What the rotator `http` may send a credential to. */
  readonly hosts: readonly string[];
}

/** A step waits for a database, or for a new access key to be known everywhere: seconds. */
const TIMEOUT = 120;

/** The function that rotates the secrets of a Region. Secrets Manager may call it for secrets of this account, nobody else. */
export class Rotation extends pulumi.ComponentResource {
  readonly functionArn: pulumi.Output<string>;

  constructor(name: string, args: RotationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:functions:Rotation", name, {}, opts);
    const { region } = args;
    const rotator = new VaultFunction(
      `${name}-function`,
      {
        functionName: NAMES.rotationFunction,
        region,
        description: "Does the steps of a rotation",
        // Beside this file as it is built: setup/build.mjs puts the bundles there.
        code: path.resolve(__dirname, "../../lambdas/bundles/rotation"),
        roleArn: args.roleArn,
        timeoutSeconds: TIMEOUT,
        memory: 512,
        environment: { STRONGROOM_ROTATION_HOSTS: args.hosts.join(" ") },
        logGroup: rotationLogGroup,
        logKeyArn: args.keyArn,
      },
      { parent: this },
    );
    new aws.lambda.Permission(
      `${name}-permission`,
      {
        region,
        statementId: "secrets-manager",
        action: "lambda:InvokeFunction",
        function: rotator.arn,
        principal: "secretsmanager.amazonaws.com",
        sourceAccount: args.accountId,
      },
      { parent: this },
    );
    this.createAlarms(name, args);
    this.functionArn = rotator.arn;
    this.registerOutputs({ functionArn: this.functionArn });
  }

  private createAlarms(name: string, { region, topicArn }: RotationArgs): void {
    const alarm = (what: string, metricName: string, description: string) =>
      createAlarm(
        `${name}-${what}-alarm`,
        {
          alarmName: `strongroom-rotation-${what}`,
          region,
          topicArn,
          namespace: "AWS/Lambda",
          metricName,
          dimensions: { FunctionName: NAMES.rotationFunction },
          statistic: "Sum",
          above: 0,
          description,
        },
        { parent: this },
      );
    alarm(
      "errors",
      "Errors",
      "A step of a rotation failed; the current value stays. The function's log says which and why.",
    );
    alarm(
      "throttles",
      "Throttles",
      "The rotation function was held back: the account's concurrency is used up.",
    );
  }
}
