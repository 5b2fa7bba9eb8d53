import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import {
  ACCOUNT,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
} from "../fixtures";
import type { WayRound } from "./ways-round";

/** A place for a policy document; the name says the type, and where in it. */
type Place = readonly [name: string, make: (document: ValueMap | string) => ResourceInput[]];

const text = (document: ValueMap | string): string =>
  typeof document === "string" ? document : policy(document);
const data = (document: ValueMap | string): ValueMap | string =>
  typeof document === "string" ? document : policyData(document);
const aws = (type: string, property: string, rest: ValueMap = {}): Place => [
  type,
  (document) => [resource(type, { ...rest, [property]: text(document) })],
];
const native = (type: string, property: string, rest: ValueMap = {}): Place => [
  type,
  (document) => [resource(type, { ...rest, [property]: data(document) })],
];
const inline = (type: string, list: string, property: string): Place => [
  `${type}, ${list}`,
  (document) => [resource(type, { [list]: [{ [property]: data(document) }] })],
];

/** Every spelling of a document that gives an identity permissions. */
const IDENTITY: readonly Place[] = [
  aws("aws:iam/rolePolicy:RolePolicy", "policy"),
  aws("aws:iam/userPolicy:UserPolicy", "policy"),
  aws("aws:iam/groupPolicy:GroupPolicy", "policy"),
  aws("aws:iam/policy:Policy", "policy"),
  inline("aws:iam/role:Role", "inlinePolicies", "policy"),
  native("aws-native:iam:RolePolicy", "policyDocument"),
  native("aws-native:iam:UserPolicy", "policyDocument"),
  native("aws-native:iam:GroupPolicy", "policyDocument"),
  native("aws-native:iam:ManagedPolicy", "policyDocument"),
  inline("aws-native:iam:Role", "policies", "policyDocument"),
  inline("aws-native:iam:User", "policies", "policyDocument"),
  inline("aws-native:iam:Group", "policies", "policyDocument"),
];
const KEY: readonly Place[] = [
  aws("aws:kms/key:Key", "policy"),
  aws("aws:kms/keyPolicy:KeyPolicy", "policy", { keyId: "k" }),
  aws("aws:kms/replicaKey:ReplicaKey", "policy"),
  aws("aws:kms/externalKey:ExternalKey", "policy"),
  aws("aws:kms/replicaExternalKey:ReplicaExternalKey", "policy"),
  native("aws-native:kms:Key", "keyPolicy"),
  native("aws-native:kms:ReplicaKey", "keyPolicy"),
];
const SECRET: readonly Place[] = [
  aws("aws:secretsmanager/secret:Secret", "policy"),
  aws("aws:secretsmanager/secretPolicy:SecretPolicy", "policy"),
  native("aws-native:secretsmanager:ResourcePolicy", "resourcePolicy"),
];
const BUCKET: readonly Place[] = [
  aws("aws:s3/bucket:Bucket", "policy"),
  aws("aws:s3/bucketV2:BucketV2", "policy"),
  aws("aws:s3/bucketPolicy:BucketPolicy", "policy"),
  native("aws-native:s3:BucketPolicy", "policyDocument"),
];
const MESSAGING: readonly Place[] = [
  aws("aws:sns/topic:Topic", "policy"),
  aws("aws:sns/topicPolicy:TopicPolicy", "policy"),
  native("aws-native:sns:TopicPolicy", "policyDocument"),
  native("aws-native:sns:TopicInlinePolicy", "policyDocument"),
  aws("aws:sqs/queue:Queue", "policy"),
  aws("aws:sqs/queuePolicy:QueuePolicy", "policy"),
  native("aws-native:sqs:QueuePolicy", "policyDocument"),
  native("aws-native:sqs:QueueInlinePolicy", "policyDocument"),
  aws("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy"),
  native("aws-native:events:EventBus", "policy"),
];
const TRUST: readonly Place[] = [
  aws("aws:iam/role:Role", "assumeRolePolicy"),
  native("aws-native:iam:Role", "assumeRolePolicyDocument"),
];

const cross = (
  rule: string,
  places: readonly Place[],
  documents: Readonly<Record<string, ValueMap | string>>,
): WayRound[] =>
  places.flatMap(([place, make]) =>
    Object.entries(documents).map(([name, document]) => ({
      name: `${name} in ${place}`,
      rule,
      given: make(document),
    })),
  );

const allow = (Action: ValueMap[string], rest: ValueMap = {}): ValueMap => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...rest,
});
const everybody = (Action: string, Condition?: ValueMap): ValueMap =>
  allow(Action, { Principal: { AWS: "*" }, ...(Condition === undefined ? {} : { Condition }) });

/** Conditions that look like a restriction and are none. */
const HOLLOW: Readonly<Record<string, ValueMap>> = {
  "any organization": { StringLike: { "aws:PrincipalOrgID": "*" } },
  "the organization if present": { StringEqualsIfExists: { "aws:PrincipalOrgID": ORGANIZATION } },
  "for all values of the organization": {
    "ForAllValues:StringEquals": { "aws:PrincipalOrgID": ORGANIZATION },
  },
  "every organization but one": { StringNotEquals: { "aws:PrincipalOrgID": "o-zzzzzzzzzz" } },
  "an account of any number": { StringLike: { "aws:PrincipalAccount": "*" } },
  "a key that is there": { Null: { "aws:PrincipalArn": "false" } },
  "encrypted connections": { Bool: { "aws:SecureTransport": "true" } },
  "every address": { IpAddress: { "aws:SourceIp": ["0.0.0.0/0", "::/0"] } },
  "a large number": { NumericLessThan: { "s3:max-keys": "999999999" } },
  "a date long ago": { DateGreaterThan: { "aws:CurrentTime": "2001-01-01T00:00:00Z" } },
};

const hollow = (action: string): Record<string, ValueMap> =>
  Object.fromEntries(
    Object.entries(HOLLOW).map(([name, condition]) => [name, everybody(action, condition)]),
  );

const POLICY_ARNS = ["aws", "aws-cn", "aws-us-gov"].map(
  (partition) => `arn:${partition}:iam::aws:policy/AdministratorAccess`,
);
const ATTACHING: readonly (readonly [type: string, property: string])[] = [
  ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn"],
  ["aws:iam/userPolicyAttachment:UserPolicyAttachment", "policyArn"],
  ["aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "policyArn"],
  ["aws:iam/policyAttachment:PolicyAttachment", "policyArn"],
  ["aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "policyArns"],
  ["aws:iam/role:Role", "managedPolicyArns"],
  ["aws-native:iam:Role", "managedPolicyArns"],
  ["aws-native:iam:Group", "managedPolicyArns"],
];

const ESCAPES = [
  "aws:cloudcontrol/resource:Resource",
  "aws:cloudformation/stack:Stack",
  "aws:cloudformation/stackSet:StackSet",
  "aws:cloudformation/stackSetInstance:StackSetInstance",
  "aws:cloudformation/stackInstances:StackInstances",
  "aws:lambda/invocation:Invocation",
  "aws:ssm/association:Association",
  "aws-native:cloudformation:Stack",
  "aws-native:cloudformation:StackSet",
  "aws-native:index:ExtensionResource",
  "aws-native:index:CustomResourceEmulator",
  "command:local:Command",
  "command:remote:Command",
  "command:remote:CopyToRemote",
  "pulumi-nodejs:dynamic:Resource",
  "pulumi-nodejs:dynamic/custom:Resource",
  "pulumi-python:dynamic:Resource",
  "pulumi:pulumi:StackReference",
];

/** Spellings of a bucket, each with one setting that looks set and is not. */
const BUCKETS: readonly (readonly [rule: string, name: string, given: readonly ResourceInput[]])[] =
  ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws-native:s3:Bucket"].flatMap((type) => {
    const name = type.startsWith("aws-native") ? "bucketName" : "bucket";
    const made = (props: ValueMap = {}, protect = true) =>
      resource(type, { [name]: "backups", ...props }, { protect });
    const part = (kind: string, props: ValueMap) =>
      resource(
        `aws:s3/b${kind.slice(1)}:${kind}`,
        { bucket: "backups", ...props },
        { name: "part" },
      );
    return [
      [
        "bucket-versioned",
        "versions suspended",
        [made(), part("BucketVersioning", { versioningConfiguration: { status: "Suspended" } })],
      ],
      [
        "bucket-versioned",
        "versions of another bucket",
        [
          made(),
          part("BucketVersioning", {
            bucket: "other",
            versioningConfiguration: { status: "Enabled" },
          }),
        ],
      ],
      [
        "bucket-public-access-blocked",
        "three of four flags",
        [
          made(),
          part("BucketPublicAccessBlock", {
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
          }),
        ],
      ],
      [
        "bucket-object-locked",
        "a lock without retention",
        [
          made({ objectLockEnabled: true }),
          part("BucketObjectLockConfiguration", { objectLockEnabled: "Enabled" }),
        ],
      ],
      [
        "bucket-encrypted-with-customer-key",
        "an alias as key",
        [
          made(),
          part("BucketServerSideEncryptionConfiguration", {
            rules: [
              {
                applyServerSideEncryptionByDefault: {
                  sseAlgorithm: "aws:kms",
                  kmsMasterKeyId: "alias/backups",
                },
                bucketKeyEnabled: true,
              },
            ],
          }),
        ],
      ],
      [
        "bucket-acls-disabled",
        "objects of their writers",
        [
          made(),
          part("BucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerPreferred" } }),
        ],
      ],
      [
        "bucket-access-logged",
        "a log to itself",
        [made(), part("BucketLogging", { targetBucket: "backups" })],
      ],
      ["bucket-survives-program", "not protected", [made({}, false)]],
      ["bucket-denies-tampering", "no policy", [made()]],
      [
        "bucket-refuses-plain-http",
        "an unknown policy",
        [made(), part("BucketPolicy", { policy: UNKNOWN })],
      ],
    ] as const;
  });

const VALUES = [
  ["aws:secretsmanager/secretVersion:SecretVersion", "secretString"],
  ["aws:secretsmanager/secretVersion:SecretVersion", "secretBinary"],
  ["aws:secretsmanager/secretVersion:SecretVersion", "secretStringWo"],
  ["aws-native:secretsmanager:Secret", "secretString"],
] as const;

const role = resource(
  "aws:iam/role:Role",
  { name: "r", path: "/x/", arn: `arn:aws:iam::${ACCOUNT}:role/x/r` },
  { name: "role" },
);
const on = (name: string, statement: ValueMap) =>
  resource("aws:iam/rolePolicy:RolePolicy", { role: "r", policy: policy(statement) }, { name });
const passAny = allow("iam:PassRole", { Resource: `arn:aws:iam::${ACCOUNT}:role/*` });

/** The same fault in every spelling and place that can hold it. */
export const FAMILIES: readonly WayRound[] = [
  ...cross("iam-policy-no-administrator", IDENTITY, { everything: allow("*") }),
  ...cross("iam-policy-no-allow-not-action", IDENTITY, {
    "everything but one action": { Effect: "Allow", NotAction: "iam:CreateUser", Resource: "*" },
  }),
  ...cross("iam-no-decrypt-with-all-keys", IDENTITY, {
    "decryption with an escape":
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:\\u0044ecrypt","Resource":"*"}}',
  }),
  ...cross("iam-pass-role-bounded", IDENTITY, {
    "any role for any service": allow("iam:P?ssRole"),
  }),
  ...cross("iam-no-read-of-all-data", IDENTITY, { "all secrets": allow("secretsmanager:Get*") }),
  ...cross("kms-key-policy-no-wildcard-principal", KEY, {
    everybody: everybody("kms:Decrypt"),
    "everybody in a list": allow("kms:Decrypt", { Principal: { AWS: [ROLE_ARN, "*"] } }),
    "everybody through a service": everybody("kms:Decrypt", {
      StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" },
    }),
  }),
  ...cross("kms-key-policy-no-wildcard-principal", KEY.slice(0, 1), hollow("kms:Decrypt")),
  ...cross("secret-policy-no-wildcard-principal", SECRET, hollow("secretsmanager:GetSecretValue")),
  ...cross("bucket-policy-not-open", BUCKET, hollow("s3:GetObject")),
  ...cross("messaging-policy-not-open", MESSAGING, {
    everybody: everybody("sns:Publish"),
    "everybody if of the organization, if present": everybody(
      "sqs:SendMessage",
      HOLLOW["the organization if present"],
    ),
  }),
  ...cross("iam-trust-not-open", TRUST, {
    everybody: { Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" },
    "another account": {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
      Action: "sts:AssumeRole",
    },
    "another account in China": {
      Effect: "Allow",
      Principal: { AWS: `arn:aws-cn:iam::${OTHER_ACCOUNT}:root` },
      Action: "sts:AssumeRole",
    },
  }),
  ...ATTACHING.flatMap(([type, property]) =>
    POLICY_ARNS.map((arn) => ({
      name: `${arn.split(":")[1] ?? ""} in ${type}`,
      rule: "iam-no-strong-managed-policies",
      given: [resource(type, { [property]: property.endsWith("s") ? [arn] : arn })],
    })),
  ),
  ...ESCAPES.map((type) => ({
    name: type,
    rule: "program-no-escape-hatches",
    given: [resource(type, {})],
  })),
  ...BUCKETS.map(([rule, name, given]) => ({
    name: `${name} of ${given[0]?.type ?? ""}`,
    rule,
    given,
  })),
  ...VALUES.map(([type, property]) => ({
    name: `${property} of ${type}`,
    rule: "secret-value-not-in-program",
    given: [resource(type, { [property]: "(hidden)" }, { propertyDependencies: {} })],
  })),
  {
    name: "a role passed by one policy, a function made by another",
    rule: "iam-no-escalation",
    given: [
      role,
      on("one", passAny),
      on("two", allow(["lambda:CreateFunction", "lambda:InvokeFunction"])),
    ],
  },
  {
    name: "a policy version set by a role on its own policy",
    rule: "iam-no-escalation",
    given: [
      role,
      on("one", allow("iam:PutRolePolicy", { Resource: `arn:aws:iam::${ACCOUNT}:role/x/r` })),
    ],
  },
];

const SECRETS = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:app/*`;
/** What an application's role commonly may do. */
const COMMON: Readonly<Record<string, ValueMap>> = {
  "secrets by prefix": allow("secretsmanager:GetSecretValue", { Resource: SECRETS }),
  "one key": allow(["kms:Decrypt", "kms:GenerateDataKey"], { Resource: KEY_ARN }),
  "a Deny of everything": { Effect: "Deny", Action: "*", Resource: "*" },
  "writes within the account": allow("s3:PutObject", {
    Resource: "arn:aws:s3:::app-data/*",
    Condition: { StringEquals: { "aws:ResourceAccount": ACCOUNT } },
  }),
};
const QUIET_PLACES = IDENTITY.filter(([name]) =>
  /RolePolicy|ManagedPolicy|policy:Policy|GroupPolicy/.test(name),
);

/** Harmless, in the places of the ways round. */
export const HARMLESS: readonly {
  readonly name: string;
  readonly given: readonly ResourceInput[];
}[] = cross("", QUIET_PLACES, COMMON).map(({ name, given }) => ({ name, given }));
