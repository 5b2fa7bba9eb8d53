import * as grants from "../../../policies/rules/bucket-grants";
import * as policies from "../../../policies/rules/bucket-policies";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import type { Rule } from "../../../policies/rules";
import { BUCKET_POLICY, documents, NATIVE_BUCKET_POLICY } from "../document-cases";
import {
  ACCOUNT,
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
import { B, bucket, NAME, nativeBucket, part, STRAY, unplaced } from "./buckets";

const ITSELF = `arn:aws:s3:::${NAME}`;
const deny = (Action: ValueMap[string], Condition?: ValueMap, rest: ValueMap = {}): ValueMap => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  Resource: [ITSELF, `${ITSELF}/*`],
  ...(Condition === undefined ? {} : { Condition }),
  ...rest,
});
const aws = (...statements: readonly ValueMap[]): ResourceInput[] => [
  bucket,
  part("BucketPolicy", { policy: policy(...statements) }),
];
const native = (...statements: readonly ValueMap[]): ResourceInput[] => [
  nativeBucket({}),
  resource(
    "aws-native:s3:BucketPolicy",
    { bucket: NAME, policyDocument: policyData(...statements) },
    { name: "part" },
  ),
];

/** A table about what a bucket's policy must deny. */
function denials(
  rule: Rule,
  good: readonly ValueMap[],
  alsoGood: Readonly<Record<string, readonly ValueMap[]>>,
  bad: Readonly<Record<string, readonly [statements: readonly ValueMap[], ...wrong: string[]]>>,
): RuleCases {
  const says = (wrong: readonly string[]) => wrong.map((one) => `${B} ${one}. ${rule.fix}`);
  return {
    rule,
    passes: {
      "what is denied": aws(...good),
      "what is denied, in aws-native": native(...good),
      "what is denied, one by one": aws(
        ...good.flatMap((one) => [
          { ...one, Resource: ITSELF },
          { ...one, Resource: `${ITSELF}/*` },
        ]),
      ),
      ...Object.fromEntries(Object.entries(alsoGood).map(([name, all]) => [name, aws(...all)])),
    },
    fails: Object.fromEntries(
      Object.entries(bad).flatMap(([name, [statements, ...wrong]]) => [
        [name, { given: aws(...statements), says: says(wrong) }] as const,
        [`${name}, in aws-native`, { given: native(...statements), says: says(wrong) }] as const,
      ]),
    ),
    undetermined: {
      "an unknown policy": {
        given: [bucket, part("BucketPolicy", { policy: UNKNOWN })],
        property: "policy",
      },
      "a policy of an unknown bucket": {
        given: [bucket, unplaced("BucketPolicy", { policy: policy(...good) })],
        property: STRAY,
      },
    },
  };
}

const oldTls = deny("s3:*", { NumericLessThan: { "s3:TlsVersion": "1.2" } });
const KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const ENCRYPTION = "s3:x-amz-server-side-encryption";
const noOtherKey = deny("s3:PutObject", { StringNotEquals: { [KEY]: KEY_ARN } });
const noKey = deny("s3:PutObject", { Null: { [KEY]: "false" } });
const onlyKms = deny("s3:PutObject", { StringNotEquals: { [ENCRYPTION]: "aws:kms" } });
const OTHER_KEY = "takes objects under another key";
const NO_KMS = "takes objects that are not encrypted with KMS";

const TAMPERING = [
  "s3:DeleteObjectVersion",
  "s3:BypassGovernanceRetention",
  "s3:DeleteBucketPolicy",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutLifecycleConfiguration",
];
const breakGlass = {
  ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/break-glass` },
};
const noTampering = deny(TAMPERING, breakGlass);
const ALL_TAMPERING = `does not deny ${TAMPERING.join(", ")}`;

const allow = (principal: ValueMap[string], Condition?: ValueMap): ValueMap => ({
  Effect: "Allow",
  Principal: principal,
  Action: "s3:GetObject",
  Resource: "*",
  ...(Condition === undefined ? {} : { Condition }),
});
const organized = { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } };
const otherRole = { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:role/reader` };

const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";

export const BUCKET_GUARD_CASES: readonly RuleCases[] = [
  denials(
    policies.bucketRefusesOldTls,
    [oldTls],
    { "a later version": [deny("*", { NumericLessThan: { "s3:TlsVersion": ["1.3"] } })] },
    {
      "nothing denied": [[], "answers by old TLS"],
      "an older version only": [
        [deny("s3:*", { NumericLessThan: { "s3:TlsVersion": "1.1" } })],
        "answers by old TLS",
      ],
      "reading only": [[{ ...oldTls, Action: "s3:GetObject" }], "answers by old TLS"],
      "objects only": [[{ ...oldTls, Resource: `${ITSELF}/*` }], "answers by old TLS"],
    },
  ),
  denials(
    policies.bucketRefusesOtherKeys,
    [noOtherKey, onlyKms],
    {
      "every key that is named": [noKey, onlyKms],
      "every other key that is named, if any": [
        deny("s3:Put*", { StringNotEqualsIfExists: { [KEY]: KEY_ARN } }),
        onlyKms,
      ],
    },
    {
      "nothing denied": [[], OTHER_KEY, NO_KMS],
      "another encryption only": [[onlyKms], OTHER_KEY],
      "another key only": [[noKey], NO_KMS],
      "any key": [[deny("s3:PutObject", { StringNotLike: { [KEY]: "*" } }), onlyKms], OTHER_KEY],
      "another encryption, but SSE-S3 is fine": [
        [noKey, deny("s3:PutObject", { StringNotEquals: { [ENCRYPTION]: ["aws:kms", "AES256"] } })],
        NO_KMS,
      ],
      "for one role only": [[{ ...noKey, Principal: { AWS: ROLE_ARN } }, onlyKms], OTHER_KEY],
    },
  ),
  denials(
    policies.bucketDeniesTampering,
    [noTampering],
    {
      "to everybody": [deny("s3:*")],
      "by families of calls": [deny(["s3:Del*", "s3:Put*", "s3:B*"])],
    },
    {
      "nothing denied": [[], ALL_TAMPERING],
      "one call left out": [
        [deny(TAMPERING.slice(1), breakGlass)],
        "does not deny s3:DeleteObjectVersion",
      ],
      "the objects left out": [
        [{ ...noTampering, Resource: ITSELF }],
        "does not deny s3:DeleteObjectVersion, s3:BypassGovernanceRetention",
      ],
      "all roles left out": [
        [deny(TAMPERING, { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/*" } })],
        ALL_TAMPERING,
      ],
      "for one role only": [[{ ...noTampering, Principal: { AWS: ROLE_ARN } }], ALL_TAMPERING],
      "from one network only": [
        [deny(TAMPERING, { StringEquals: { "aws:SourceVpc": "vpc-0123" } })],
        ALL_TAMPERING,
      ],
    },
  ),
  documents({
    rule: grants.bucketPolicyPrincipalsExact,
    at: BUCKET_POLICY,
    native: NATIVE_BUCKET_POLICY,
    good: {
      "a role of the account": allow({ AWS: ROLE_ARN }),
      "a role of another account within the organization": allow(otherRole, organized),
      "a service": allow({ Service: "logging.s3.amazonaws.com" }),
      "a Deny for everybody": deny("s3:GetObject"),
    },
    bad: {
      "another account": [
        allow({ AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }, organized),
        "lets in more than exact identities",
      ],
      "another account by its id": [
        allow({ AWS: OTHER_ACCOUNT }, organized),
        "lets in more than exact identities",
      ],
      "a role of another account": [
        allow(otherRole),
        "lets another account in without the organization",
      ],
      "a role of any organization": [
        allow(otherRole, { StringLike: { "aws:PrincipalOrgID": "*" } }),
        "lets another account in without the organization",
      ],
    },
  }),
  documents({
    rule: grants.bucketPolicyNoLockout,
    at: BUCKET_POLICY,
    native: NATIVE_BUCKET_POLICY,
    good: {
      "a Deny with a way back": deny("s3:*", breakGlass),
      "a Deny of deletions": deny("s3:DeleteObjectVersion"),
      "a Deny for one role": { ...deny("s3:*"), Principal: { AWS: ROLE_ARN } },
    },
    bad: {
      "a Deny of everything": [deny("s3:*"), "locks everybody out but root"],
      "a Deny of the policy's change": [deny("s3:PutBucket*"), "locks everybody out but root"],
      "a Deny for all but root": [
        {
          Effect: "Deny",
          NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          Action: "s3:*",
          Resource: "*",
        },
        "locks everybody out but root",
      ],
    },
  }),
  quick({
    rule: grants.bucketAclNotPublic,
    aws: resource("aws:s3/bucket:Bucket", { acl: "private" }),
    native: resource("aws-native:s3:Bucket", { accessControl: "Private" }),
    alsoGood: {
      "no ACL": { acl: undefined },
      "log delivery": {
        acl: undefined,
        grants: [{ uri: "http://acs.amazonaws.com/groups/s3/LogDelivery", permissions: ["WRITE"] }],
      },
    },
    bad: {
      "readable by everybody": [{ acl: "public-read" }, "is open to everybody by its ACL"],
      "writable by everybody": [{ acl: "public-read-write" }, "is open to everybody by its ACL"],
      "readable by all of AWS": [{ acl: "authenticated-read" }, "is open to everybody by its ACL"],
      "a grant": [
        { grants: [{ uri: ALL_USERS, permissions: ["READ"] }] },
        "is open to everybody by a grant of its ACL",
      ],
      "a grant of a BucketAcl": [
        { accessControlPolicy: { grants: [{ grantee: { uri: ALL_USERS }, permission: "READ" }] } },
        "is open to everybody by a grant of its ACL",
      ],
    },
    nativeBad: {
      "readable by everybody": [{ accessControl: "PublicRead" }, "is open to everybody by its ACL"],
      "readable by all of AWS": [
        { accessControl: "AuthenticatedRead" },
        "is open to everybody by its ACL",
      ],
    },
    unknown: { acl: undefined, grants: undefined },
  }),
];
