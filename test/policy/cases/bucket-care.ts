import * as care from "../../../policies/rules/bucket-care";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import type { Rule } from "../../../policies/rules";
import { changed, quick, UNKNOWN, type RuleCases } from "../fixtures";
import { B, bucket, COPY, copy, NAME, nativeBucket, part, STRAY, unplaced } from "./buckets";

/** A table about a setting that a part of @pulumi/aws holds and aws-native's bucket has itself. */
function setting(
  rule: Rule,
  kind: string,
  given: {
    readonly good: ValueMap;
    readonly native: ValueMap;
    readonly alsoGood?: Readonly<Record<string, readonly ResourceInput[]>>;
    readonly missing: readonly string[];
    readonly bad: Readonly<Record<string, readonly [part: ValueMap, ...wrong: string[]]>>;
    readonly nativeBad: Readonly<Record<string, readonly [own: ValueMap, ...wrong: string[]]>>;
    readonly unknown: readonly [property: string, part: ValueMap];
  },
): RuleCases {
  const says = (wrong: readonly string[]) => wrong.map((one) => `${B} ${one}. ${rule.fix}`);
  const [property, doubtful] = given.unknown;
  return {
    rule,
    passes: {
      "a part that sets it": [bucket, part(kind, given.good)],
      "a bucket of aws-native that sets it": [nativeBucket(given.native)],
      ...given.alsoGood,
    },
    fails: {
      "nothing set": { given: [bucket], says: says(given.missing) },
      "nothing set in aws-native": {
        given: [nativeBucket({})],
        says: says(given.missing),
      },
      ...Object.fromEntries(
        Object.entries(given.bad).map(([name, [props, ...wrong]]) => [
          name,
          { given: [bucket, part(kind, props)], says: says(wrong) },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(given.nativeBad).map(([name, [props, ...wrong]]) => [
          `${name}, in aws-native`,
          { given: [nativeBucket(props)], says: says(wrong) },
        ]),
      ),
    },
    undetermined: {
      [`an unknown ${property}`]: { given: [bucket, part(kind, doubtful)], property },
      "a part of an unknown bucket": {
        given: [bucket, unplaced(kind, given.good)],
        property: STRAY,
      },
    },
  };
}

/** More that fails, with other resources beside the bucket. */
function withFails(
  cases: RuleCases,
  more: Readonly<Record<string, readonly [given: readonly ResourceInput[], wrong: string]>>,
): RuleCases {
  const fails = Object.entries(more).map(
    ([name, [given, wrong]]) =>
      [name, { given, says: [`${B} ${wrong}. ${cases.rule.fix}`] }] as const,
  );
  return { ...cases, fails: { ...cases.fails, ...Object.fromEntries(fails) } };
}

const rule = {
  status: "Enabled",
  abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  noncurrentVersionExpiration: { noncurrentDays: 30 },
};
const lock = (retention: ValueMap, of?: string) =>
  changed(
    part("BucketObjectLockConfiguration", { rule: { defaultRetention: retention } }, of),
    {},
    {
      name: "lock",
      urn: `urn:lock:${of ?? ""}`,
    },
  );
const logs = changed(copy, {}, { name: "logs" });
const COMPLIANCE = { mode: "COMPLIANCE", days: 7 };

export const BUCKET_CARE_CASES: readonly RuleCases[] = [
  setting(care.bucketCleansUp, "BucketLifecycleConfiguration", {
    good: { rules: [rule] },
    native: { lifecycleConfiguration: { rules: [rule] } },
    alsoGood: {
      "the bucket's own rules": [
        changed(bucket, {
          lifecycleRules: [
            {
              enabled: true,
              abortIncompleteMultipartUploadDays: 7,
              noncurrentVersionExpiration: { days: 30 },
            },
          ],
        }),
      ],
      "two rules": [
        bucket,
        part("BucketLifecycleConfiguration", {
          rules: [
            { ...rule, noncurrentVersionExpiration: undefined, filter: { prefix: "" } },
            { ...rule, abortIncompleteMultipartUpload: undefined },
          ],
        }),
      ],
      "a lock that ends before": [
        bucket,
        part("BucketLifecycleConfiguration", { rules: [rule] }),
        lock({ mode: "COMPLIANCE", days: 29 }),
      ],
    },
    missing: ["keeps uploads that were given up", "keeps old versions for ever"],
    bad: {
      "a rule that is off": [
        { rules: [{ ...rule, status: "Disabled" }] },
        "keeps uploads that were given up",
        "keeps old versions for ever",
      ],
      "no end of old versions": [
        { rules: [{ ...rule, noncurrentVersionExpiration: undefined }] },
        "keeps old versions for ever",
      ],
      "uploads of one folder": [
        { rules: [{ ...rule, filter: { prefix: "a/" } }] },
        "keeps uploads that were given up",
      ],
    },
    nativeBad: {
      "an end of old versions before the lock's": [
        {
          lifecycleConfiguration: { rules: [rule] },
          objectLockConfiguration: { rule: { defaultRetention: { mode: "COMPLIANCE", days: 30 } } },
        },
        "removes old versions before their lock ends",
      ],
      "no end of uploads": [
        {
          lifecycleConfiguration: {
            rules: [{ ...rule, abortIncompleteMultipartUpload: undefined }],
          },
        },
        "keeps uploads that were given up",
      ],
    },
    unknown: ["rules[0].status", { rules: [{ ...rule, status: UNKNOWN }] }],
  }),
  withFails(
    setting(care.bucketAccessLogged, "BucketLogging", {
      good: { targetBucket: "elsewhere" },
      native: { loggingConfiguration: { destinationBucketName: "elsewhere" } },
      alsoGood: {
        // A bucket that only gets access logs needs none of its own.
        "a bucket of this stack": [bucket, part("BucketLogging", { targetBucket: COPY }), logs],
      },
      missing: ["does not log who uses it"],
      bad: { itself: [{ targetBucket: NAME }, "logs who uses it in itself"] },
      nativeBad: {
        "no target": [{ loggingConfiguration: { logFilePrefix: "x" } }, "does not log who uses it"],
      },
      unknown: ["targetBucket", { targetBucket: UNKNOWN }],
    }),
    {
      "a locked target": [
        [bucket, part("BucketLogging", { targetBucket: COPY }), logs, lock(COMPLIANCE, COPY)],
        "logs to a locked bucket, which gets nothing",
      ],
    },
  ),
  setting(care.bucketMfaDeleteOrLock, "BucketObjectLockConfiguration", {
    good: { rule: { defaultRetention: COMPLIANCE } },
    native: { objectLockConfiguration: { rule: { defaultRetention: COMPLIANCE } } },
    alsoGood: {
      "MFA delete": [
        bucket,
        part("BucketVersioning", {
          versioningConfiguration: { status: "Enabled", mfaDelete: "Enabled" },
        }),
      ],
    },
    missing: ["has neither a final lock nor MFA delete"],
    bad: {
      "a lock that can be lifted": [
        { rule: { defaultRetention: { mode: "GOVERNANCE", days: 7 } } },
        "has neither a final lock nor MFA delete",
      ],
    },
    nativeBad: {
      "MFA delete turned off": [
        { versioningConfiguration: { status: "Enabled", mfaDelete: "Disabled" } },
        "has neither a final lock nor MFA delete",
      ],
    },
    unknown: [
      "rule.defaultRetention.mode",
      { rule: { defaultRetention: { mode: UNKNOWN, days: 7 } } },
    ],
  }),
  setting(care.bucketTellsOfChanges, "BucketNotification", {
    good: { eventbridge: true },
    native: { notificationConfiguration: { eventBridgeConfiguration: {} } },
    alsoGood: {
      "a queue": [bucket, part("BucketNotification", { queues: [{ queueArn: UNKNOWN }] })],
    },
    missing: ["tells nobody of changes"],
    bad: {
      "turned off": [{ eventbridge: false }, "tells nobody of changes"],
      "no queues": [{ queues: [] }, "tells nobody of changes"],
    },
    nativeBad: {
      "nothing in it": [{ notificationConfiguration: {} }, "tells nobody of changes"],
    },
    unknown: ['bucket of "part"', { bucket: UNKNOWN }],
  }),
  quick({
    rule: care.bucketNameNotGuessable,
    aws: changed(bucket, { bucket: "strongroom-backup-111122223333-eu-central-1-7f3a9c" }),
    native: nativeBucket({ bucketName: "strongroom-backup-7f3a9c" }),
    alsoGood: {
      "a name that AWS makes": { bucket: undefined },
      "two words of one's own": { bucket: "company-app-data" },
    },
    bad: {
      "a word and the account": [
        { bucket: "backups-111122223333" },
        "has a name that strangers can guess",
      ],
      "a word, the account and the Region": [
        { bucket: "logs-111122223333-eu-central-1" },
        "has a name that strangers can guess",
      ],
      "the name of one of AWS's services": [
        { bucket: "aws-glue-assets-111122223333-eu-central-1" },
        "has a name that strangers can guess",
      ],
    },
    nativeBad: {
      "a word and the account": [
        { bucketName: "backups-111122223333" },
        "has a name that strangers can guess",
      ],
    },
    unknown: { bucket: undefined },
  }),
  quick({
    rule: care.bucketNameDnsSafe,
    aws: bucket,
    native: nativeBucket({}),
    alsoGood: { "a name that AWS makes": { bucket: undefined } },
    bad: {
      "a name with dots": [{ bucket: "backups.company.com" }, "has a name that is no label of DNS"],
      "a name with capitals": [{ bucket: "Backups" }, "has a name that is no label of DNS"],
    },
    nativeBad: {
      "a name with dots": [
        { bucketName: "backups.company.com" },
        "has a name that is no label of DNS",
      ],
    },
    unknown: { bucket: undefined },
  }),
];
