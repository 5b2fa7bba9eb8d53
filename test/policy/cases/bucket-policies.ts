import * as bucketPolicies from "../../../policies/rules/bucket-policies";
import * as bucketReplication from "../../../policies/rules/bucket-replication";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import {
  ACCOUNT,
  changed,
  OTHER_ACCOUNT,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";
import {
  NAME,
  COPY,
  REPLICA_KEY,
  key,
  bucket,
  copy,
  nativeBucket,
  part,
  unplaced,
  STRAY,
  writer,
  destination,
  rule,
  B,
} from "./buckets";

const noTls = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [`arn:aws:s3:::${NAME}`, `arn:aws:s3:::${NAME}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const bucketPolicy = (...statements: readonly object[]) =>
  part("BucketPolicy", { policy: policy(...statements) });
const nativePolicy = (...statements: readonly ValueMap[]) =>
  resource(
    "aws-native:s3:BucketPolicy",
    { bucket: NAME, policyDocument: policyData(...statements) },
    { name: "part" },
  );

const replicated = (changes: ValueMap = {}): ResourceInput[] => [
  bucket,
  copy,
  part("BucketReplicationConfig", { role: ROLE_ARN, rules: [{ ...rule, ...changes }] }),
];
const nativeReplicated = (changes: ValueMap = {}): ResourceInput[] => [
  nativeBucket({
    region: "eu-central-1",
    replicationConfiguration: { role: ROLE_ARN, rules: [{ ...rule, ...changes }] },
  }),
  copy,
];

const HTTP = `${B} answers plain HTTP. Deny s3:* to Principal * on the bucket and on bucket/* where aws:SecureTransport is false.`;
const OPEN = (fault: string, title = 'BucketPolicy "part"', property = "policy") =>
  `${title} ${fault} (${property}, statement 1). Allow named roles the actions that they need.`;
const COPIED = (fault: string) =>
  `${B} ${fault}. Add a BucketReplicationConfig with an enabled rule for the whole bucket, to a bucket in another Region, with encryptionConfiguration.replicaKmsKeyId.`;
export const BUCKET_POLICY_CASES: readonly RuleCases[] = [
  {
    rule: bucketPolicies.bucketRefusesPlainHttp,
    passes: {
      "a Deny on bucket and objects": [bucket, bucketPolicy(noTls, writer)],
      "a Deny on bucket and objects in aws-native": [nativeBucket({}), nativePolicy(noTls)],
      "a Deny on everything": [bucket, bucketPolicy({ ...noTls, Resource: "*" })],
      "a Deny on the bucket's own property": [changed(bucket, { policy: policy(noTls) })],
      "a Deny in another partition": [
        bucket,
        bucketPolicy({
          ...noTls,
          Resource: [`arn:aws-us-gov:s3:::${NAME}`, `arn:aws-us-gov:s3:::${NAME}/*`],
        }),
      ],
      "a Deny in two statements": [
        bucket,
        bucketPolicy(
          { ...noTls, Resource: `arn:aws:s3:::${NAME}` },
          { ...noTls, Resource: `arn:aws:s3:::${NAME}/*` },
        ),
      ],
    },
    fails: {
      "no policy": { given: [bucket], says: [HTTP] },
      "no Deny": { given: [bucket, bucketPolicy(writer)], says: [HTTP] },
      "a Deny on the bucket only": {
        given: [bucket, bucketPolicy({ ...noTls, Resource: `arn:aws:s3:::${NAME}` })],
        says: [HTTP],
      },
      "a Deny on some objects": {
        given: [
          bucket,
          bucketPolicy({ ...noTls, Resource: [`arn:aws:s3:::${NAME}`, `arn:aws:s3:::${NAME}/a*`] }),
        ],
        says: [HTTP],
      },
      "a Deny of reading only": {
        given: [bucket, bucketPolicy({ ...noTls, Action: "s3:GetObject" })],
        says: [HTTP],
      },
      "a Deny for one role": {
        given: [bucket, bucketPolicy({ ...noTls, Principal: { AWS: ROLE_ARN } })],
        says: [HTTP],
      },
      "a Deny with a second condition": {
        given: [
          bucket,
          bucketPolicy({
            ...noTls,
            Condition: { ...noTls.Condition, StringEquals: { "aws:PrincipalAccount": ACCOUNT } },
          }),
        ],
        says: [HTTP],
      },
      "a Deny of TLS, in aws-native": {
        given: [
          nativeBucket({}),
          nativePolicy({ ...noTls, Condition: { Bool: { "aws:SecureTransport": "true" } } }),
        ],
        says: [HTTP],
      },
      "an Allow over TLS": {
        given: [
          bucket,
          bucketPolicy({ ...writer, Condition: { Bool: { "aws:SecureTransport": "true" } } }),
        ],
        says: [HTTP],
      },
    },
    undetermined: {
      "an unknown policy": {
        given: [bucket, part("BucketPolicy", { policy: UNKNOWN })],
        property: "policy",
      },
      "a policy whose bucket is unknown": {
        given: [bucket, unplaced("BucketPolicy", { policy: policy(noTls) })],
        property: STRAY,
      },
    },
  },
  {
    rule: bucketPolicies.bucketPolicyNotOpen,
    passes: {
      "a named role": [bucketPolicy(noTls, writer)],
      "a named role in aws-native": [nativePolicy(noTls, writer)],
    },
    fails: {
      everybody: {
        given: [bucketPolicy({ ...writer, Principal: "*" })],
        says: [OPEN("lets everybody in")],
      },
      "everybody in aws-native": {
        given: [nativePolicy({ ...writer, Principal: { AWS: "*" } })],
        says: [OPEN("lets everybody in", 'BucketPolicy "part"', "policyDocument")],
      },
      "everybody in the bucket's own policy": {
        given: [changed(bucket, { policy: policy({ ...writer, Principal: "*" }) })],
        says: [OPEN("lets everybody in", B)],
      },
      "every action": {
        given: [bucketPolicy({ ...writer, Action: "s3:*" })],
        says: [OPEN("allows every action")],
      },
      "all but a role": {
        given: [
          bucketPolicy({
            Effect: "Allow",
            NotPrincipal: { AWS: ROLE_ARN },
            Action: "s3:GetObject",
            Resource: "*",
          }),
        ],
        says: [OPEN("lets in by NotPrincipal")],
      },
      "all but an action": {
        given: [
          bucketPolicy({
            Effect: "Allow",
            Principal: { AWS: ROLE_ARN },
            NotAction: "s3:PutObject",
            Resource: "*",
          }),
        ],
        says: [OPEN("allows by NotAction")],
      },
    },
    undetermined: {
      "an unknown policy": {
        given: [part("BucketPolicy", { policy: UNKNOWN })],
        property: "policy",
      },
    },
    notApplicable: [bucket],
  },
  {
    rule: bucketReplication.bucketReplicatedElsewhere,
    passes: {
      "a copy in another Region": replicated(),
      "a copy in another Region, in aws-native": nativeReplicated(),
      "a copy in another account": [
        bucket,
        part("BucketReplicationConfig", {
          rules: [
            {
              ...rule,
              destination: {
                ...destination,
                bucket: "arn:aws:s3:::elsewhere",
                account: OTHER_ACCOUNT,
                accessControlTranslation: { owner: "Destination" },
              },
            },
          ],
        }),
      ],
      "a copy whose names are not known yet": [
        bucket,
        copy,
        key,
        changed(
          part("BucketReplicationConfig", {
            rules: [
              {
                ...rule,
                destination: {
                  bucket: UNKNOWN,
                  encryptionConfiguration: { replicaKmsKeyId: REPLICA_KEY },
                },
              },
            ],
          }),
          {},
          { propertyDependencies: { bucket: [bucket.urn], rules: [copy.urn] } },
        ),
      ],
    },
    fails: {
      "no copy": { given: [bucket], says: [COPIED("is not copied")] },
      "no copy in aws-native": { given: [nativeBucket({})], says: [COPIED("is not copied")] },
      "a rule that is off": {
        given: replicated({ status: "Disabled" }).filter((other) => other !== copy),
        says: [COPIED("is not copied")],
      },
      "a copy of some objects": {
        given: replicated({ filter: { prefix: "a/" } }),
        says: [COPIED("is copied in part only")],
      },
      "a copy in the same Region": {
        given: [changed(bucket, { region: "eu-west-1" }), ...replicated().slice(1)],
        says: [COPIED("is copied within its own Region")],
      },
      "a copy without key": {
        given: replicated({ destination: { bucket: COPY } }),
        says: [COPIED("has a copy that has no customer key (replicaKmsKeyId is not set)")],
      },
      "copied deletions, in aws-native": {
        given: nativeReplicated({ deleteMarkerReplication: { status: "Enabled" } }),
        says: [`${B} copies deletions too. Set deleteMarkerReplication.status to "Disabled".`],
      },
      "a copy in another account whose objects stay ours": {
        given: replicated({ destination: { ...destination, account: OTHER_ACCOUNT } }),
        says: [
          `${B} stays the owner of its copies in another account. Set accessControlTranslation.owner to "Destination".`,
        ],
      },
    },
    undetermined: {
      "unknown rules": {
        given: [bucket, part("BucketReplicationConfig", { rules: UNKNOWN })],
        property: "rules",
      },
      "a copy in a bucket that is not in the stack": {
        given: [bucket, replicated()[2]!],
        property: "rules[0].destination.bucket",
      },
    },
  },
];
