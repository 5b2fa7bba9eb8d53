import * as functions from "../../../policies/rules/functions";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  quick,
  resource,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";

const ROLE = `arn:aws:iam::${ACCOUNT}:role/strongroom/backup`;
const layer = (account: string) => `arn:aws:lambda:eu-central-1:${account}:layer:tools:1`;
const props = {
  runtime: "nodejs22.x",
  role: ROLE,
  environment: { variables: { BUCKET: "backups", DB_SECRET_ARN: "arn", TOKEN_URL: "https://x" } },
  kmsKeyArn: KEY_ARN,
  deadLetterConfig: { targetArn: "queue" },
  reservedConcurrentExecutions: 5,
  tracingConfig: { mode: "Active" },
  vpcConfig: { subnetIds: ["a"], securityGroupIds: ["b"] },
  codeSigningConfigArn: "arn",
  layers: [layer(ACCOUNT)],
};
const lambda = resource("aws:lambda/function:Function", { name: "backup", ...props });
const native = resource("aws-native:lambda:Function", { functionName: "backup", ...props });
const variables = (values: Readonly<Record<string, string>>) => ({
  environment: { variables: values },
});
const SECRET = "has what looks like a secret among its environment variables";

const EVENT_RULE = `arn:aws:events:eu-central-1:${ACCOUNT}:rule/sweep`;
const permission = resource("aws:lambda/permission:Permission", {
  principal: "events.amazonaws.com",
  sourceArn: EVENT_RULE,
  sourceAccount: ACCOUNT,
});
const nativePermission = changed(resource("aws-native:lambda:Permission", permission.props), {});
const rotation = { principal: "secretsmanager.amazonaws.com", sourceArn: undefined };
const mapping = resource(
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  { functionName: "backup", scalingConfig: { maximumConcurrency: 20 } },
  { name: "mapping" },
);
const other = (name: string, role: string) =>
  resource("aws:lambda/function:Function", { name, role }, { name: "other" });

export const FUNCTION_CASES: readonly RuleCases[] = [
  quick({
    rule: functions.lambdaRuntimeSupported,
    aws: lambda,
    native,
    alsoGood: { "an image": { runtime: undefined }, "a later one": { runtime: "nodejs24.x" } },
    bad: {
      "Node 20": [{ runtime: "nodejs20.x" }, "runs on an old runtime"],
      "Node 8": [{ runtime: "nodejs8.10" }, "runs on an old runtime"],
      "Python 3.9": [{ runtime: "python3.9" }, "runs on an old runtime"],
    },
    unknown: { runtime: undefined },
  }),
  quick({
    rule: functions.lambdaPermissionNotOpen,
    aws: permission,
    native: nativePermission,
    alsoGood: { "the organization": { principal: "*", principalOrgId: ORGANIZATION } },
    bad: { everybody: [{ principal: "*" }, "lets everybody call the function"] },
    unknown: { principal: undefined },
  }),
  quick({
    rule: functions.lambdaPermissionSourceNamed,
    aws: permission,
    native: nativePermission,
    alsoGood: {
      "an account in the ARN": { sourceAccount: undefined },
      "a source that is not made yet": { sourceArn: UNKNOWN },
    },
    bad: {
      "no source": [
        { sourceArn: undefined },
        "lets a service call the function for every resource",
      ],
      "a bucket of any account": [
        { sourceArn: "arn:aws:s3:::b", sourceAccount: undefined },
        "lets a service call the function for every account",
      ],
    },
    unknown: { sourceArn: { sourceArn: UNKNOWN, sourceAccount: undefined } },
  }),
  quick({
    rule: functions.rotationPermissionBounded,
    aws: changed(permission, rotation),
    native: changed(nativePermission, rotation),
    alsoGood: { "another service": { principal: "s3.amazonaws.com", sourceAccount: undefined } },
    bad: {
      "no account": [
        { sourceAccount: undefined },
        "lets Secrets Manager call the function for every account",
      ],
    },
    unknown: { sourceArn: { sourceArn: UNKNOWN, sourceAccount: undefined } },
  }),
  quick({
    rule: functions.lambdaUrlAuthenticated,
    aws: resource("aws:lambda/functionUrl:FunctionUrl", { authorizationType: "AWS_IAM" }),
    native: resource("aws-native:lambda:Url", { authType: "AWS_IAM" }),
    bad: {
      everybody: [{ authorizationType: "NONE" }, "lets anybody call the function's address"],
    },
    nativeBad: { everybody: [{ authType: "NONE" }, "lets anybody call the function's address"] },
    unknown: { authorizationType: undefined },
  }),
  quick({
    rule: functions.lambdaEnvironmentHoldsNoSecret,
    aws: lambda,
    native,
    alsoGood: { "no variables": { environment: undefined } },
    bad: {
      "a password": [variables({ DB_PASSWORD: "x" }), SECRET],
      "an access key under another name": [variables({ SETTING: `AKIA${"A".repeat(16)}` }), SECRET],
      "a private key": [variables({ PEM: "-----BEGIN RSA PRIVATE KEY-----" }), SECRET],
    },
    unknown: { "environment.variables": { environment: { variables: UNKNOWN } } },
  }),
  quick({
    rule: functions.lambdaEnvironmentEncrypted,
    aws: lambda,
    native,
    bad: { "no key": [{ kmsKeyArn: undefined }, "has no customer key (kmsKeyArn is not set)"] },
    unknown: { kmsKeyArn: undefined },
    notApplicable: [changed(lambda, { environment: undefined })],
  }),
  {
    ...quick({
      rule: functions.lambdaFailuresKept,
      aws: lambda,
      native,
      bad: { "no queue": [{ deadLetterConfig: undefined }, "loses what it could not do"] },
      unknown: { deadLetterConfig: undefined },
    }),
    passes: {
      "a dead letter queue": [lambda],
      "a dead letter queue, in aws-native": [native],
      "work from a queue": [changed(lambda, { deadLetterConfig: undefined }), mapping],
      "a destination": [
        changed(lambda, { deadLetterConfig: undefined }),
        resource(
          "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
          {
            functionName: "backup",
            destinationConfig: { onFailure: { destination: "queue" } },
          },
          { name: "destination" },
        ),
      ],
    },
  },
  {
    ...quick({
      rule: functions.lambdaConcurrencyBounded,
      aws: lambda,
      native,
      bad: {
        "no bound": [
          { reservedConcurrentExecutions: undefined },
          "can take all runs of the account",
        ],
        "the default said aloud": [
          { reservedConcurrentExecutions: -1 },
          "can take all runs of the account",
        ],
      },
      unknown: { reservedConcurrentExecutions: undefined },
    }),
    passes: {
      "a bound": [lambda],
      "a bound, in aws-native": [native],
      "the bound of its queue": [
        changed(lambda, { reservedConcurrentExecutions: undefined }),
        mapping,
      ],
    },
  },
  quick({
    rule: functions.lambdaTraced,
    aws: lambda,
    native,
    bad: { "no tracing": [{ tracingConfig: undefined }, "is not traced"] },
    unknown: { "tracingConfig.mode": { tracingConfig: { mode: UNKNOWN } } },
  }),
  quick({
    rule: functions.lambdaInNetwork,
    aws: lambda,
    native,
    bad: { "no network": [{ vpcConfig: undefined }, "runs outside of every network"] },
    unknown: { vpcConfig: undefined },
  }),
  quick({
    rule: functions.lambdaCodeSigned,
    aws: lambda,
    native,
    bad: { "no signature": [{ codeSigningConfigArn: undefined }, "runs code that nobody signed"] },
    unknown: {},
    notApplicable: [changed(lambda, { packageType: "Image" })],
  }),
  quick({
    rule: functions.lambdaLayersOwn,
    aws: lambda,
    native,
    bad: {
      "a foreign layer": [
        { layers: [layer(ACCOUNT), layer(OTHER_ACCOUNT)] },
        "runs a layer of another account",
      ],
    },
    unknown: { layers: undefined },
  }),
  {
    rule: functions.lambdaRoleOwn,
    passes: {
      "roles of their own": [lambda, other("sweep", `${ROLE}-2`)],
      "one function in two Regions": [lambda, other("backup", ROLE)],
      "one function, in aws-native": [native],
    },
    fails: {
      "a shared role": {
        given: [native, other("sweep", ROLE)],
        says: [
          `Function "other" shares its role with another function. ${functions.lambdaRoleOwn.fix}`,
          `Function "subject" shares its role with another function. ${functions.lambdaRoleOwn.fix}`,
        ],
      },
      "a shared role that is not made yet": {
        given: ["one", "two"].map((name) =>
          resource(
            "aws:lambda/function:Function",
            { name, role: UNKNOWN },
            { name, propertyDependencies: { role: ["role"] } },
          ),
        ),
        says: ["one", "two"].map(
          (name) =>
            `Function "${name}" shares its role with another function. ${functions.lambdaRoleOwn.fix}`,
        ),
      },
    },
    undetermined: {
      "unknown role": { given: [changed(lambda, { role: UNKNOWN })], property: "role" },
    },
  },
];
