import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface FunctionScheduleArgs {
  readonly ruleName: string;
  readonly region: string;
  readonly accountId: string;
  readonly description: string;
  /** `rate(…)` or `cron(…)`. */
  readonly expression: string;
  readonly functionArn: pulumi.Input<string>;
  /** What the function is asked each time. */
  readonly order: Readonly<Record<string, unknown>>;
  /** Takes what Lambda refused for a day. */
  readonly deadLetterArn: pulumi.Input<string>;
}

/** Calls a function again and again. Lambda lets this rule of this account in, and no other. */
export class FunctionSchedule extends pulumi.ComponentResource {
  constructor(name: string, args: FunctionScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:functions:FunctionSchedule", name, {}, opts);
    const { region } = args;
    const rule = new aws.cloudwatch.EventRule(
      `${name}-rule`,
      {
        name: args.ruleName,
        region,
        description: args.description,
        scheduleExpression: args.expression,
        state: "ENABLED",
      },
      { parent: this },
    );
    const permission = new aws.lambda.Permission(
      `${name}-permission`,
      {
        region,
        statementId: args.ruleName,
        action: "lambda:InvokeFunction",
        function: args.functionArn,
        principal: "events.amazonaws.com",
        sourceArn: rule.arn,
        sourceAccount: args.accountId,
      },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-target`,
      {
        region,
        rule: rule.name,
        targetId: "strongroom",
        arn: args.functionArn,
        input: JSON.stringify(args.order),
        retryPolicy: { maximumEventAgeInSeconds: 86400, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: args.deadLetterArn },
      },
      { parent: this, dependsOn: [permission] },
    );
    this.registerOutputs({});
  }
}
