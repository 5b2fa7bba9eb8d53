import * as buckets from "../../../policies/rules/buckets";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import { changed, KEY_ARN, resource, ROLE_ARN, UNKNOWN, urnOf, type RuleCases } from "../fixtures";

export const NAME = "strongroom-backup";
export const COPY = "strongroom-copy";
export const REPLICA_KEY = KEY_ARN.replace("eu-central-1", "eu-west-1");
const KEY_URN = urnOf("aws:kms/key:Key", "key");
export const key = resource("aws:kms/key:Key", {}, { name: "key" });

export const bucket = resource(
  "aws:s3/bucket:Bucket",
  { bucket: NAME, region: "eu-central-1" },
  { protect: true },
);
export const copy = resource(
  "aws:s3/bucket:Bucket",
  { bucket: COPY, region: "eu-west-1" },
  { name: "copy", protect: true },
);
export const nativeBucket = (props: ValueMap) =>
  resource("aws-native:s3:Bucket", { bucketName: NAME, ...props }, { protect: true });
export const part = (kind: string, props: ValueMap, of = NAME): ResourceInput =>
  resource(
    `aws:s3/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`,
    { bucket: of, ...props },
    { name: "part" },
  );
export const unplaced = (kind: string, props: ValueMap) =>
  changed(part(kind, props), { bucket: UNKNOWN });
export const STRAY = 'bucket of "part"';

const versioning = (status: string) => ({ versioningConfiguration: { status } });
const lock = (retention: ValueMap) => ({ rule: { defaultRetention: retention } });
const WEEK = { mode: "COMPLIANCE", days: 7 };
const flags = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};
const encryption = (key_: ValueMap | string, rest: ValueMap = { bucketKeyEnabled: true }) => ({
  rules: [
    {
      applyServerSideEncryptionByDefault:
        typeof key_ === "string" ? { sseAlgorithm: "aws:kms", kmsMasterKeyId: key_ } : key_,
      ...rest,
    },
  ],
});
const ENCRYPTION = "BucketServerSideEncryptionConfiguration";
const nativeEncryption = (byDefault: ValueMap) => ({
  bucketEncryption: {
    serverSideEncryptionConfiguration: [
      { serverSideEncryptionByDefault: byDefault, bucketKeyEnabled: true },
    ],
  },
});
/** A bucket that only receives the access logs of the copy. */
const logs: readonly ResourceInput[] = [
  bucket,
  copy,
  part("BucketLogging", { targetBucket: NAME, targetPrefix: "copy/" }, COPY),
];

export const writer = {
  Effect: "Allow",
  Principal: { AWS: ROLE_ARN },
  Action: "s3:PutObject",
  Resource: `arn:aws:s3:::${NAME}/*`,
};
export const destination = {
  bucket: `arn:aws:s3:::${COPY}`,
  encryptionConfiguration: { replicaKmsKeyId: REPLICA_KEY },
};
export const rule = {
  status: "Enabled",
  deleteMarkerReplication: { status: "Disabled" },
  destination,
};
export const B = 'Bucket "subject"';
const VERSIONS = `${B} does not keep versions. Add a BucketVersioning with versioningConfiguration.status "Enabled".`;
const LOCK = (fault: string) =>
  `${B} ${fault}. Set objectLockEnabled on the bucket and add a BucketObjectLockConfiguration with rule.defaultRetention.`;
const PUBLIC = (fault: string) =>
  `${B} ${fault}. Add a BucketPublicAccessBlock with blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets true.`;
const ACLS = `${B} has ACLs. Add BucketOwnershipControls with rule.objectOwnership "BucketOwnerEnforced".`;
const KMS = (fault: string) =>
  `${B} ${fault}. Add a BucketServerSideEncryptionConfiguration with sseAlgorithm aws:kms, kmsMasterKeyId and bucketKeyEnabled true.`;
const LOSS = (fault: string) =>
  `${B} ${fault}. Set the resource option protect to true and remove forceDestroy.`;

export const BUCKET_CASES: readonly RuleCases[] = [
  {
    rule: buckets.bucketVersioned,
    passes: {
      "a BucketVersioning": [bucket, part("BucketVersioning", versioning("Enabled"))],
      "a BucketVersioningV2 of a BucketV2": [
        changed(bucket, {}, { type: "aws:s3/bucketV2:BucketV2" }),
        part("BucketVersioningV2", versioning("Enabled")),
      ],
      "versioning on the bucket": [changed(bucket, { versioning: { enabled: true } })],
      "versioning on a BucketV2": [
        changed(bucket, { versionings: [{ enabled: true }] }, { type: "aws:s3/bucketV2:BucketV2" }),
      ],
      "versioning in aws-native": [nativeBucket(versioning("Enabled"))],
      "a BucketVersioning, joined by dependency": [
        bucket,
        changed(
          unplaced("BucketVersioning", versioning("Enabled")),
          {},
          {
            propertyDependencies: { bucket: [bucket.urn] },
          },
        ),
      ],
    },
    fails: {
      "no versioning": { given: [bucket], says: [VERSIONS] },
      "suspended versioning": {
        given: [bucket, part("BucketVersioning", versioning("Suspended"))],
        says: [VERSIONS],
      },
      "the versioning of another bucket": {
        given: [bucket, part("BucketVersioning", versioning("Enabled"), "another")],
        says: [VERSIONS],
      },
      "versioning off on the bucket": {
        given: [changed(bucket, { versioning: { enabled: false } })],
        says: [VERSIONS],
      },
      "suspended versioning in aws-native": {
        given: [nativeBucket(versioning("Suspended"))],
        says: [VERSIONS],
      },
    },
    undetermined: {
      "an unknown status": {
        given: [bucket, part("BucketVersioning", { versioningConfiguration: { status: UNKNOWN } })],
        property: "versioningConfiguration.status",
      },
      "a versioning whose bucket is unknown": {
        given: [bucket, unplaced("BucketVersioning", versioning("Enabled"))],
        property: STRAY,
      },
    },
  },
  {
    rule: buckets.bucketObjectLocked,
    passes: {
      "a default retention": [bucket, part("BucketObjectLockConfiguration", lock(WEEK))],
      "a default retention in years": [
        bucket,
        part("BucketObjectLockConfiguration", lock({ mode: "GOVERNANCE", years: 1 })),
      ],
      "a default retention in aws-native": [nativeBucket({ objectLockConfiguration: lock(WEEK) })],
      "a default retention on the bucket": [
        changed(bucket, {
          objectLockConfiguration: { objectLockEnabled: "Enabled", ...lock(WEEK) },
        }),
      ],
    },
    fails: {
      "no lock": { given: [bucket], says: [LOCK("has no Object Lock")] },
      "no lock in aws-native": { given: [nativeBucket({})], says: [LOCK("has no Object Lock")] },
      "a lock without retention": {
        given: [
          changed(bucket, { objectLockEnabled: true }),
          part("BucketObjectLockConfiguration", {}),
        ],
        says: [LOCK("has an Object Lock without default retention")],
      },
      "a retention of no days": {
        given: [
          bucket,
          part("BucketObjectLockConfiguration", lock({ mode: "COMPLIANCE", days: 0 })),
        ],
        says: [LOCK("locks its objects for less than 1 days")],
      },
      "a retention without mode": {
        given: [bucket, part("BucketObjectLockConfiguration", lock({ days: 7 }))],
        says: [LOCK("has an Object Lock without mode")],
      },
      "a lock on a bucket that forbids it": {
        given: [
          changed(bucket, { objectLockEnabled: false }),
          part("BucketObjectLockConfiguration", lock(WEEK)),
        ],
        says: [LOCK("has objectLockEnabled set to false")],
      },
      "a bucket that logs into itself": {
        given: [bucket, part("BucketLogging", { targetBucket: NAME })],
        says: [LOCK("has no Object Lock")],
      },
    },
    undetermined: {
      "unknown days": {
        given: [bucket, part("BucketObjectLockConfiguration", lock({ ...WEEK, days: UNKNOWN }))],
        property: "rule.defaultRetention.days",
      },
      "a lock whose bucket is unknown": {
        given: [bucket, unplaced("BucketObjectLockConfiguration", lock(WEEK))],
        property: STRAY,
      },
    },
  },
  {
    rule: buckets.bucketPublicAccessBlocked,
    passes: {
      "four flags": [bucket, part("BucketPublicAccessBlock", flags)],
      "four flags in aws-native": [nativeBucket({ publicAccessBlockConfiguration: flags })],
    },
    fails: {
      "no block": { given: [bucket], says: [PUBLIC("does not block public access")] },
      ...Object.fromEntries(
        Object.keys(flags).map((flag) => [
          `without ${flag}`,
          {
            given: [bucket, part("BucketPublicAccessBlock", { ...flags, [flag]: false })],
            says: [PUBLIC(`does not block public access fully (${flag})`)],
          },
        ]),
      ),
      "a flag left out in aws-native": {
        given: [
          nativeBucket({
            publicAccessBlockConfiguration: { ...flags, blockPublicPolicy: undefined },
          }),
        ],
        says: [PUBLIC("does not block public access fully (blockPublicPolicy)")],
      },
    },
    undetermined: {
      "an unknown flag": {
        given: [bucket, part("BucketPublicAccessBlock", { ...flags, blockPublicAcls: UNKNOWN })],
        property: "blockPublicAcls",
      },
    },
  },
  {
    rule: buckets.bucketAclsDisabled,
    passes: {
      "ownership enforced": [
        bucket,
        part("BucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerEnforced" } }),
      ],
      "ownership enforced in aws-native": [
        nativeBucket({
          ownershipControls: { rules: [{ objectOwnership: "BucketOwnerEnforced" }] },
        }),
      ],
    },
    fails: {
      "nothing said": { given: [bucket], says: [ACLS] },
      "ownership preferred": {
        given: [
          bucket,
          part("BucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerPreferred" } }),
        ],
        says: [ACLS],
      },
      "the writer's ownership in aws-native": {
        given: [
          nativeBucket({ ownershipControls: { rules: [{ objectOwnership: "ObjectWriter" }] } }),
        ],
        says: [ACLS],
      },
    },
    undetermined: {
      "unknown ownership": {
        given: [bucket, part("BucketOwnershipControls", { rule: { objectOwnership: UNKNOWN } })],
        property: "rule.objectOwnership",
      },
    },
  },
  {
    rule: buckets.bucketEncryptedWithCustomerKey,
    passes: {
      "a key by its ARN": [bucket, part(ENCRYPTION, encryption(KEY_ARN))],
      "a key by its ARN in aws-native": [
        nativeBucket(nativeEncryption({ sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY_ARN })),
      ],
      "a key on the bucket": [
        changed(bucket, {
          serverSideEncryptionConfiguration: { rule: encryption(KEY_ARN).rules[0] },
        }),
      ],
      "a key of this stack that is not made yet": [
        key,
        bucket,
        changed(
          part(ENCRYPTION, encryption({ sseAlgorithm: "aws:kms", kmsMasterKeyId: UNKNOWN })),
          {},
          { propertyDependencies: { rules: [KEY_URN] } },
        ),
      ],
      "SSE-S3 for access logs": [
        ...logs,
        part(ENCRYPTION, encryption({ sseAlgorithm: "AES256" }, {})),
        changed(
          part(ENCRYPTION, encryption(KEY_ARN), COPY),
          {},
          { name: "other", urn: urnOf(ENCRYPTION, "other") },
        ),
      ],
    },
    fails: {
      "no encryption": { given: [bucket], says: [KMS("has no encryption of its own")] },
      "SSE-S3": {
        given: [bucket, part(ENCRYPTION, encryption({ sseAlgorithm: "AES256" }))],
        says: [KMS("does not encrypt with KMS")],
      },
      "no key": {
        given: [bucket, part(ENCRYPTION, encryption({ sseAlgorithm: "aws:kms" }))],
        says: [
          KMS(
            "has no customer key (rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId is not set)",
          ),
        ],
      },
      "an alias in aws-native": {
        given: [
          nativeBucket(nativeEncryption({ sseAlgorithm: "aws:kms", kmsMasterKeyId: "alias/x" })),
        ],
        says: [
          KMS(
            "names its key by something else than the full key ARN (bucketEncryption.serverSideEncryptionConfiguration[0].serverSideEncryptionByDefault.kmsMasterKeyId)",
          ),
        ],
      },
      "no bucket key": {
        given: [bucket, part(ENCRYPTION, encryption(KEY_ARN, {}))],
        says: [KMS("has no bucket key, so each object costs a call to KMS")],
      },
    },
    undetermined: {
      "an unknown key": {
        given: [
          bucket,
          part(ENCRYPTION, encryption({ sseAlgorithm: "aws:kms", kmsMasterKeyId: UNKNOWN })),
        ],
        property: "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
      },
    },
  },
  {
    rule: buckets.bucketSurvivesProgram,
    passes: {
      "a protected bucket": [bucket],
      "a protected bucket in aws-native": [nativeBucket({})],
    },
    fails: {
      "no protection": {
        given: [changed(bucket, {}, { protect: false })],
        says: [LOSS("is not protected")],
      },
      "no protection in aws-native": {
        given: [changed(nativeBucket({}), {}, { protect: false })],
        says: [LOSS("is not protected")],
      },
      forceDestroy: {
        given: [changed(bucket, { forceDestroy: true })],
        says: [LOSS("has forceDestroy set")],
      },
    },
    undetermined: {
      "an unknown forceDestroy": {
        given: [changed(bucket, { forceDestroy: UNKNOWN })],
        property: "forceDestroy",
      },
    },
  },
];
