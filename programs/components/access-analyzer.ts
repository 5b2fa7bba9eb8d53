import * as awsNative from "@pulumi/aws-native";
import * as pulumi from "@pulumi/pulumi";

export interface AccessAnalyzerArgs {
  readonly analyzerName: string;
  /** The provider's default tags do not reach every Cloud Control type: they are given here. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Reports what of the account can be reached from outside it, in the Region of its provider. Made through Cloud Control,
 * the door that CloudFormation hooks of an organization watch.
 */
export class AccessAnalyzer extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AccessAnalyzerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:access:AccessAnalyzer", name, {}, opts);
    const analyzer = new awsNative.accessanalyzer.Analyzer(
      `${name}-analyzer`,
      {
        analyzerName: args.analyzerName,
        type: "ACCOUNT",
        tags: Object.entries(args.tags)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => ({ key, value })),
      },
      { parent: this },
    );
    this.arn = analyzer.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
