import { NAMES, roleArn } from "../../stacks/naming";

/** The account that a document is about. */
export interface Place {
  readonly accountId: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
}

/** An ARN of the place's account; `region` may be `*`, and is empty for global services. */
function arn(place: Place, service: string, region: string, resource: string): string {
  return `arn:${place.partition}:${service}:${region}:${place.accountId}:${resource}`;
}

/** The ARNs that Strongroom's documents name; the only place where they are put together. */
export const arns = {
  root: (place: Place) => arn(place, "iam", "", "root"),
  role: (place: Place, name: string) => roleArn(place.accountId, name, place.partition),
  /** Made by AWS itself for the access analyzer, outside Strongroom's path. */
  analyzerServiceRole: (place: Place) =>
    arn(place, "iam", "", "role/aws-service-role/access-analyzer.amazonaws.com/*"),
  policy: (place: Place, name: string) => arn(place, "iam", "", `policy${NAMES.iamPath}${name}`),
  key: (place: Place, region: string) => arn(place, "kms", region, "key/*"),
  alias: (place: Place, region: string, alias: string) => arn(place, "kms", region, alias),
  bucket: (place: Place, name: string) => `arn:${place.partition}:s3:::${name}`,
  queue: (place: Place, region: string, name: string) => arn(place, "sqs", region, name),
  topic: (place: Place, region: string, name: string) => arn(place, "sns", region, name),
  bus: (place: Place, region: string, name: string) =>
    arn(place, "events", region, `event-bus/${name}`),
  /** A rule of the default bus, or of a bus of its own. */
  rule: (place: Place, region: string, name: string, bus?: string) =>
    arn(place, "events", region, `rule/${bus === undefined ? "" : `${bus}/`}${name}`),
  alarm: (place: Place, region: string, name: string) =>
    arn(place, "cloudwatch", region, `alarm:${name}`),
  analyzer: (place: Place, region: string, name: string) =>
    arn(place, "access-analyzer", region, `analyzer/${name}`),
  parameter: (place: Place, region: string, name: string) =>
    arn(place, "ssm", region, `parameter${name}`),
  function: (place: Place, region: string, name: string) =>
    arn(place, "lambda", region, `function:${name}`),
  eventSourceMapping: (place: Place, region: string) =>
    arn(place, "lambda", region, "event-source-mapping:*"),
  secret: (place: Place, region: string, name: string) =>
    arn(place, "secretsmanager", region, `secret:${name}`),
  logGroup: (place: Place, region: string, name: string) =>
    arn(place, "logs", region, `log-group:${name}`),
} as const;
