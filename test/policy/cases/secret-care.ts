import * as care from "../../../policies/rules/secret-care";
import * as separation from "../../../policies/rules/kms-separation";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  policyData,
  quick,
  resource,
  ROLE_ARN,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";
import { NATIVE_SECRET, REPLICA_KEY, SECRET, SECRET_ARN } from "./secrets";

const tags = { owner: "payments", "data-class": "restricted" };
const tagList = Object.entries(tags).map(([key, value]) => ({ key, value }));
const secret = resource(SECRET, { name: "app", arn: SECRET_ARN, tags });
const nativeSecret = resource(NATIVE_SECRET, { name: "app", id: SECRET_ARN, tags: tagList });
const rotation = resource(
  "aws:secretsmanager/secretRotation:SecretRotation",
  { secretId: SECRET_ARN, rotationRules: { automaticallyAfterDays: 30 } },
  { name: "rotation" },
);

const read = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" };
const by = (name: string, organization = false) => ({
  ...read,
  Principal: { AWS: name },
  ...(organization ? { Condition: { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } } } : {}),
});
const OTHER_ROLE = `arn:aws:iam::${OTHER_ACCOUNT}:role/reader`;
const secretPolicy = resource("aws:secretsmanager/secretPolicy:SecretPolicy", {
  secretArn: SECRET_ARN,
  policy: policy(by(ROLE_ARN)),
});
const nativePolicy = resource("aws-native:secretsmanager:ResourcePolicy", {
  secretId: SECRET_ARN,
  resourcePolicy: policyData(by(ROLE_ARN)),
});

const BUCKET = "aws:s3/bucket:Bucket";
const bucket = resource(BUCKET, {
  bucket: "backups",
  serverSideEncryptionConfiguration: {
    rule: {
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY_ARN },
    },
  },
});
const nativeBucket = resource("aws-native:s3:Bucket", {
  bucketName: "backups",
  bucketEncryption: {
    serverSideEncryptionConfiguration: [
      { serverSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY_ARN } },
    ],
  },
});
const secretUnder = (key: string) =>
  resource(SECRET, { name: "app", kmsKeyId: key }, { name: "secret" });
const key = (statement: object) =>
  resource("aws:kms/key:Key", { arn: KEY_ARN, policy: policy(statement) }, { name: "key" });
const closed = {
  Effect: "Deny",
  Principal: "*",
  Action: "kms:Decrypt",
  Resource: "*",
  Condition: { ArnNotEquals: { "aws:PrincipalArn": ROLE_ARN } },
};

export const SECRET_CARE_CASES: readonly RuleCases[] = [
  quick({
    rule: care.secretRotates,
    aws: secret,
    native: nativeSecret,
    beside: [rotation],
    alsoGood: { "a value that cannot be rotated": { arn: "x", tags: { rotation: "none" } } },
    bad: {
      "the rotation of another secret": [{ arn: "x", name: "x", id: "x" }, "does not rotate"],
    },
    unknown: { tags: { arn: "x", name: "x", tags: UNKNOWN } },
  }),
  {
    rule: care.secretPolicyPrincipalsExact,
    passes: {
      "a role": [secretPolicy],
      "a role, in aws-native": [nativePolicy],
      "another account's role, within the organization": [
        changed(secretPolicy, { policy: policy(by(OTHER_ROLE, true)) }),
      ],
      "the own account": [
        changed(secretPolicy, { policy: policy(by(`arn:aws:iam::${ACCOUNT}:root`)) }),
      ],
    },
    fails: {
      "another account": {
        given: [
          changed(secretPolicy, { policy: policy(by(`arn:aws:iam::${OTHER_ACCOUNT}:root`, true)) }),
        ],
        says: [
          `SecretPolicy "subject" lets in more than exact roles (policy, statement 1). ${care.secretPolicyPrincipalsExact.fix}`,
        ],
      },
      "roles by wildcard, in aws-native": {
        given: [
          changed(nativePolicy, {
            resourcePolicy: policyData(by(`arn:aws:iam::${ACCOUNT}:role/app-*`)),
          }),
        ],
        says: [
          `ResourcePolicy "subject" lets in more than exact roles (resourcePolicy, statement 1). ${care.secretPolicyPrincipalsExact.fix}`,
        ],
      },
      "another account's role without the organization": {
        given: [changed(secretPolicy, { policy: policy(by(OTHER_ROLE)) })],
        says: [
          `SecretPolicy "subject" lets another account in without the organization (policy, statement 1). ${care.secretPolicyPrincipalsExact.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(secretPolicy, { policy: UNKNOWN })], property: "policy" },
    },
  },
  quick({
    rule: care.secretHasSecondCopy,
    aws: changed(secret, { replicas: [{ region: "eu-west-1", kmsKeyId: REPLICA_KEY }] }),
    native: changed(nativeSecret, { replicaRegions: [{ region: "eu-west-1" }] }),
    alsoGood: {
      "a backup": { replicas: [], tags: { Backup: "yes" } },
      "a secret that may be lost": { replicas: [], tags: { tier: "3" } },
    },
    bad: {
      "no replica": [{ replicas: undefined, replicaRegions: undefined }, "has one copy only"],
      "a tag that says no": [
        { replicas: [], replicaRegions: [], tags: { backup: "no" } },
        "has one copy only",
      ],
    },
    unknown: { replicas: undefined, tags: { replicas: [], tags: UNKNOWN } },
  }),
  quick({
    rule: care.secretTagged,
    aws: secret,
    native: nativeSecret,
    bad: {
      "no tags": [{ tags: undefined }, "lacks the tag owner", "lacks the tag data-class"],
      "one tag": [{ tags: { Owner: "x" } }, "lacks the tag data-class"],
    },
    unknown: { tags: undefined },
  }),
  quick({
    rule: separation.kmsBackupKeyApart,
    aws: bucket,
    native: nativeBucket,
    beside: [secretUnder(REPLICA_KEY)],
    bad: {
      "one key for both": [
        {
          serverSideEncryptionConfiguration: {
            rule: { applyServerSideEncryptionByDefault: { kmsMasterKeyId: REPLICA_KEY } },
          },
        },
        "is encrypted with the key of a secret",
      ],
    },
    nativeBad: {
      "one key for both": [
        {
          bucketEncryption: {
            serverSideEncryptionConfiguration: [
              { serverSideEncryptionByDefault: { kmsMasterKeyId: REPLICA_KEY } },
            ],
          },
        },
        "is encrypted with the key of a secret",
      ],
    },
    unknown: {
      kmsMasterKeyId: {
        serverSideEncryptionConfiguration: {
          rule: { applyServerSideEncryptionByDefault: { kmsMasterKeyId: UNKNOWN } },
        },
      },
    },
  }),
  {
    rule: separation.kmsBackupKeyClosed,
    passes: {
      "a key that is closed": [bucket, key(closed)],
      "a key that is closed, in aws-native": [nativeBucket, key(closed)],
    },
    fails: {
      "a key that is open to IAM": {
        given: [bucket, key({ ...closed, Effect: "Allow" })],
        says: [
          `Bucket "subject" is encrypted with a key whose policy does not deny decryption. ${separation.kmsBackupKeyClosed.fix}`,
        ],
      },
      "a Deny that another condition limits, in aws-native": {
        given: [
          nativeBucket,
          key({
            ...closed,
            Condition: { ...closed.Condition, Bool: { "aws:ViaAWSService": "true" } },
          }),
        ],
        says: [
          `Bucket "subject" is encrypted with a key whose policy does not deny decryption. ${separation.kmsBackupKeyClosed.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown policy": {
        given: [bucket, changed(key(closed), { policy: UNKNOWN })],
        property: "policy",
      },
    },
  },
];
