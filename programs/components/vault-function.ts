import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface VaultFunctionArgs {
  readonly functionName: string;
  readonly region: string;
  readonly description: string;
  /** Folder with the bundle, `index.js`. */
  readonly code: string;
  readonly roleArn: pulumi.Input<string>;
  /** Longest run, seconds; Lambda ends it after 900 at most. */
  readonly timeoutSeconds: number;
  /** MiB; the share of a processor grows with it. */
  readonly memory: number;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly logGroup: string;
  /** Key of the log group. */
  readonly logKeyArn: pulumi.Input<string>;
  /** Queue for orders that failed three times; only for orders that nobody waits for. */
  readonly deadLetterArn?: pulumi.Input<string>;
  /** Queue whose messages it works on, in batches of which it says what failed. */
  readonly source?: {
    readonly queueArn: pulumi.Input<string>;
    readonly batchSize: number;
    /** Batches that are worked on at once, 2 to 1000: what a burst may ask of the members' limits. */
    readonly atOnce: number;
  };
}

/** How long a function's log is kept, days: a year of who was restored when. Values are never in it. */
const LOG_DAYS = 365;

/**
 * A function with its log. It takes no share of the account's concurrency for itself (reserved concurrency): a new account
 * has ten in all and refuses every reservation; the source's bound holds back a burst instead. Its environment holds names
 * and ARNs and is under the key that AWS owns: with a customer's key the stamper would have to make grants on it.
 */
export class VaultFunction extends pulumi.ComponentResource {
  /** Known only when the function is ready for calls. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: VaultFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:functions:VaultFunction", name, {}, opts);
    const { region } = args;
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-log`,
      { name: args.logGroup, region, retentionInDays: LOG_DAYS, kmsKeyId: args.logKeyArn },
      { parent: this },
    );
    const lambda = new aws.lambda.Function(
      `${name}-lambda`,
      {
        name: args.functionName,
        region,
        description: args.description,
        role: args.roleArn,
        code: new pulumi.asset.FileArchive(args.code),
        packageType: "Zip",
        handler: "index.handler",
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        timeout: args.timeoutSeconds,
        memorySize: args.memory,
        environment: { variables: args.environment },
        loggingConfig: { logFormat: "Text", logGroup: logs.name },
        ...(args.deadLetterArn === undefined
          ? {}
          : { deadLetterConfig: { targetArn: args.deadLetterArn } }),
      },
      { parent: this },
    );
    if (args.source !== undefined) {
      new aws.lambda.EventSourceMapping(
        `${name}-source`,
        {
          region,
          eventSourceArn: args.source.queueArn,
          functionName: lambda.arn,
          batchSize: args.source.batchSize,
          functionResponseTypes: ["ReportBatchItemFailures"],
          scalingConfig: { maximumConcurrency: args.source.atOnce },
        },
        { parent: this },
      );
    }
    this.arn = lambda.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
