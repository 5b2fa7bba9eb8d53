import * as secrets from "../../../policies/rules/secrets";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
  urnOf,
  type RuleCases,
} from "../fixtures";

export const SECRET = "aws:secretsmanager/secret:Secret";
export const NATIVE_SECRET = "aws-native:secretsmanager:Secret";
export const SECRET_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:app-AbCdEf`;
export const REPLICA_KEY = KEY_ARN.replace("eu-central-1", "eu-west-1");
export const KEY_URN = urnOf("aws:kms/key:Key", "key");
export const key = resource("aws:kms/key:Key", { enableKeyRotation: true }, { name: "key" });
export const generator = resource(
  "random:index/randomPassword:RandomPassword",
  {},
  { name: "generator" },
);

export const secret = resource(
  SECRET,
  {
    name: "app",
    kmsKeyId: KEY_ARN,
    recoveryWindowInDays: 30,
    replicas: [{ region: "eu-west-1", kmsKeyId: REPLICA_KEY }],
  },
  { protect: true },
);
export const nativeSecret = resource(
  NATIVE_SECRET,
  {
    name: "app",
    kmsKeyId: KEY_ARN,
    replicaRegions: [{ region: "eu-west-1", kmsKeyId: REPLICA_KEY }],
  },
  { protect: true },
);
const reader = {
  Effect: "Allow",
  Principal: { AWS: ROLE_ARN },
  Action: "secretsmanager:GetSecretValue",
  Resource: "*",
};
const secretPolicy = resource(
  "aws:secretsmanager/secretPolicy:SecretPolicy",
  { secretArn: SECRET_ARN, blockPublicPolicy: true, policy: policy(reader) },
  { name: "policy" },
);
const nativePolicy = resource(
  "aws-native:secretsmanager:ResourcePolicy",
  { secretId: SECRET_ARN, blockPublicPolicy: true, resourcePolicy: policyData(reader) },
  { name: "policy" },
);
const stored = changed(secret, { arn: SECRET_ARN });
const nativeStored = changed(nativeSecret, { id: SECRET_ARN });

const rotation = resource("aws:secretsmanager/secretRotation:SecretRotation", {
  secretId: SECRET_ARN,
  rotationRules: { automaticallyAfterDays: 30 },
});
const nativeRotation = resource("aws-native:secretsmanager:RotationSchedule", {
  secretId: SECRET_ARN,
  rotationRules: { automaticallyAfterDays: 30 },
});
const scheduled = (expression: string) =>
  changed(rotation, { rotationRules: { scheduleExpression: expression } });

const CUSTOMER_KEY = (fault: string) =>
  `Secret "subject" ${fault}. Set kmsKeyId to the ARN of a customer managed key.`;
const ROTATION = (fault: string, title = "SecretRotation") =>
  `${title} "subject" ${fault}. Set rotationRules.automaticallyAfterDays to 90 or less.`;
const BLOCKS = (fault: string) =>
  `Secret "subject" ${fault}. Add a SecretPolicy (aws-native: ResourcePolicy) with blockPublicPolicy set to true.`;
const OPEN = (title: string, property: string) =>
  `${title} lets everybody in (${property}, statement 1). Name the roles that may read the secret, or add a condition on aws:PrincipalOrgID.`;
export const SECRET_CASES: readonly RuleCases[] = [
  {
    rule: secrets.secretUsesCustomerKey,
    passes: {
      "a key by its ARN": [secret],
      "a key by its ARN in aws-native": [nativeSecret],
      "a key in another partition": [
        changed(secret, { kmsKeyId: KEY_ARN.replace("arn:aws:", "arn:aws-cn:") }),
      ],
      "a key of this stack that is not made yet": [
        key,
        changed(secret, { kmsKeyId: UNKNOWN }, { propertyDependencies: { kmsKeyId: [KEY_URN] } }),
      ],
    },
    fails: {
      "no key": {
        given: [changed(secret, { kmsKeyId: undefined })],
        says: [CUSTOMER_KEY("has no customer key (kmsKeyId is not set)")],
      },
      "AWS's own key": {
        given: [changed(secret, { kmsKeyId: "alias/aws/secretsmanager" })],
        says: [CUSTOMER_KEY("uses a key that AWS manages (kmsKeyId)")],
      },
      "AWS's own key by ARN, in aws-native": {
        given: [
          changed(nativeSecret, {
            kmsKeyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:alias/aws/secretsmanager`,
          }),
        ],
        says: [CUSTOMER_KEY("uses a key that AWS manages (kmsKeyId)")],
      },
      "a key id": {
        given: [changed(secret, { kmsKeyId: "1234abcd-12ab-34cd-56ef-1234567890ab" })],
        says: [CUSTOMER_KEY("names its key by something else than the full key ARN (kmsKeyId)")],
      },
      "an alias": {
        given: [changed(secret, { kmsKeyId: "alias/strongroom-secrets" })],
        says: [CUSTOMER_KEY("names its key by something else than the full key ARN (kmsKeyId)")],
      },
    },
    undetermined: {
      "unknown key": { given: [changed(secret, { kmsKeyId: UNKNOWN })], property: "kmsKeyId" },
      "an output of something that is no key": {
        given: [
          generator,
          changed(
            secret,
            { kmsKeyId: UNKNOWN },
            { propertyDependencies: { kmsKeyId: [generator.urn] } },
          ),
        ],
        property: "kmsKeyId",
      },
    },
  },
  {
    rule: secrets.secretRotationFrequent,
    passes: {
      "30 days": [rotation],
      "30 days in aws-native": [nativeRotation],
      "a rate": [scheduled("rate(10 days)")],
      "a rate in hours": [scheduled("rate(4 hours)")],
      "every month": [scheduled("cron(0 8 1 * ? *)")],
      "every second month": [scheduled("cron(0 8 1 1/2 ? *)")],
    },
    fails: {
      "91 days": {
        given: [changed(rotation, { rotationRules: { automaticallyAfterDays: 91 } })],
        says: [ROTATION("lets more than 90 days pass between two rotations")],
      },
      "91 days in aws-native": {
        given: [changed(nativeRotation, { rotationRules: { automaticallyAfterDays: 91 } })],
        says: [ROTATION("lets more than 90 days pass between two rotations", "RotationSchedule")],
      },
      "a slow rate": {
        given: [scheduled("rate(365 days)")],
        says: [ROTATION("lets more than 90 days pass between two rotations")],
      },
      "twice a year": {
        given: [scheduled("cron(0 8 1 1/6 ? *)")],
        says: [ROTATION("lets more than 90 days pass between two rotations")],
      },
      "no schedule": {
        given: [changed(rotation, { rotationRules: undefined })],
        says: [ROTATION("has no rotation schedule")],
      },
    },
    undetermined: {
      "unknown days": {
        given: [changed(rotation, { rotationRules: { automaticallyAfterDays: UNKNOWN } })],
        property: "rotationRules.automaticallyAfterDays",
      },
      "a schedule that names months": {
        given: [scheduled("cron(0 8 1 JAN,JUL ? *)")],
        property: "rotationRules.scheduleExpression",
      },
    },
  },
  {
    rule: secrets.secretRecoveryWindowKept,
    passes: {
      "30 days": [secret],
      "nothing said": [changed(secret, { recoveryWindowInDays: undefined })],
    },
    fails: {
      "no window": {
        given: [changed(secret, { recoveryWindowInDays: 0 })],
        says: [
          'Secret "subject" is lost less than 7 days after its deletion. Set recoveryWindowInDays to 7 or more, or leave it out.',
        ],
      },
    },
    undetermined: {
      "unknown window": {
        given: [changed(secret, { recoveryWindowInDays: UNKNOWN })],
        property: "recoveryWindowInDays",
      },
    },
    notApplicable: [nativeSecret],
  },
  {
    rule: secrets.secretPolicyBlocksPublic,
    passes: {
      "a checked policy": [stored, secretPolicy],
      "a checked policy in aws-native": [nativeStored, nativePolicy],
      "a checked policy, joined by dependency": [
        secret,
        changed(
          secretPolicy,
          { secretArn: UNKNOWN },
          { propertyDependencies: { secretArn: [secret.urn] } },
        ),
      ],
    },
    fails: {
      "no policy": { given: [secret], says: [BLOCKS("has no policy")] },
      "no policy in aws-native": { given: [nativeSecret], says: [BLOCKS("has no policy")] },
      "an inline policy": {
        given: [changed(secret, { policy: policy(reader) })],
        says: [BLOCKS("has a policy that is not checked for being public")],
      },
      "the check left out": {
        given: [stored, changed(secretPolicy, { blockPublicPolicy: undefined })],
        says: [BLOCKS('has a policy that is not checked for being public ("policy")')],
      },
      "the check turned off in aws-native": {
        given: [nativeStored, changed(nativePolicy, { blockPublicPolicy: false })],
        says: [BLOCKS('has a policy that is not checked for being public ("policy")')],
      },
    },
    undetermined: {
      "a policy whose secret is unknown": {
        given: [secret, changed(secretPolicy, { secretArn: UNKNOWN })],
        property: 'secret of "policy"',
      },
      "an unknown check": {
        given: [stored, changed(secretPolicy, { blockPublicPolicy: UNKNOWN })],
        property: "blockPublicPolicy",
      },
    },
  },
  {
    rule: secrets.secretPolicyNoWildcardPrincipal,
    passes: {
      "a named role": [secretPolicy],
      "a named role in aws-native": [nativePolicy],
      "the organization": [
        changed(secretPolicy, {
          policy: policy({
            ...reader,
            Principal: "*",
            Condition: { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } },
          }),
        }),
      ],
    },
    fails: {
      everybody: {
        given: [changed(secretPolicy, { policy: policy({ ...reader, Principal: "*" }) })],
        says: [OPEN('SecretPolicy "policy"', "policy")],
      },
      "everybody in the secret's own policy": {
        given: [changed(secret, { policy: policy({ ...reader, Principal: { AWS: "*" } }) })],
        says: [OPEN('Secret "subject"', "policy")],
      },
      "everybody in aws-native": {
        given: [
          changed(nativePolicy, {
            resourcePolicy: policyData({ ...reader, Principal: { AWS: ["*"] } }),
          }),
        ],
        says: [OPEN('ResourcePolicy "policy"', "resourcePolicy")],
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(secretPolicy, { policy: UNKNOWN })], property: "policy" },
    },
  },
];
