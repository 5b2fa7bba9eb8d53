/** What cannot be worked out from the typings and the schema. */
export interface TypeException {
  /** The bridge's names of properties whose SDK name is another word. */
  readonly renamed?: Readonly<Record<string, string>>;
  /**
   * Properties whose nested names are the same on both sides. The bridge's schema cannot tell: it gives two different
   * nested types the same name, where one resource's name is the beginning of another's.
   */
  readonly alike?: readonly string[];
  /** Archives of the SDK that Terraform wants as files. */
  readonly archives?: readonly string[];
  /** The bridge's property that is given a name where the program gives none; lengths in characters. */
  readonly autoName?: { readonly field: string; readonly prefix?: string; readonly max: number };
}

export const EXCEPTIONS: Readonly<Record<string, TypeException>> = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    renamed: { name: "alarmName" },
    autoName: { field: "alarmName", max: 255 },
  },
  "aws:iam/role:Role": { autoName: { field: "name", max: 64 } },
  "aws:kms/alias:Alias": { autoName: { field: "name", prefix: "alias/", max: 256 } },
  "aws:lambda/function:Function": {
    renamed: { name: "functionName", code: "filename" },
    archives: ["code"],
    autoName: { field: "functionName", max: 64 },
  },
  "aws:lambda/permission:Permission": { renamed: { function: "functionName" } },
  "aws:sns/topicSubscription:TopicSubscription": { renamed: { topic: "topicArn" } },
  "aws:s3/bucket:Bucket": {
    alike: [
      "replicationConfiguration",
      "serverSideEncryptionConfiguration",
      "objectLockConfiguration",
    ],
    autoName: { field: "bucket", max: 63 },
  },
};
