import * as callers from "../../../policies/rules/kms-callers";
import * as sorts from "../../../policies/rules/kms-sorts";
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
  UNKNOWN,
  type RuleCases,
} from "../fixtures";

const KEY = "aws:kms/key:Key";
const NATIVE_KEY = "aws-native:kms:Key";
const key = resource(KEY, { description: "backups", enableKeyRotation: true, arn: KEY_ARN });
const nativeKey = resource(NATIVE_KEY, {
  description: "backups",
  enableKeyRotation: true,
  arn: KEY_ARN,
});
const alias = resource(
  "aws:kms/alias:Alias",
  { name: "alias/backups", targetKeyId: KEY_ARN },
  { name: "alias" },
);
const replica = resource(
  "aws:kms/replicaKey:ReplicaKey",
  { primaryKeyArn: KEY_ARN },
  { name: "copy" },
);

/** Cases of a rule about key policies: what one statement says. */
const statements = (
  rule: RuleCases["rule"],
  good: Readonly<Record<string, object>>,
  bad: Readonly<Record<string, readonly [object, string]>>,
): RuleCases => {
  const [first = {}] = Object.values(good);
  return {
    rule,
    passes: {
      ...Object.fromEntries(
        Object.entries(good).map(([name, one]) => [name, [resource(KEY, { policy: policy(one) })]]),
      ),
      "what is as it should be, in aws-native": [
        resource(NATIVE_KEY, { keyPolicy: policyData(first as never) }),
      ],
    },
    fails: Object.fromEntries(
      Object.entries(bad).flatMap(([name, [one, wrong]]) => [
        [
          name,
          {
            given: [resource(KEY, { policy: policy(one) })],
            says: [`Key "subject" ${wrong} (policy, statement 1). ${rule.fix}`],
          },
        ],
        [
          `${name}, in aws-native`,
          {
            given: [resource(NATIVE_KEY, { keyPolicy: policyData(one as never) })],
            says: [`Key "subject" ${wrong} (keyPolicy, statement 1). ${rule.fix}`],
          },
        ],
      ]),
    ),
    undetermined: {
      "unknown policy": { given: [resource(KEY, { policy: UNKNOWN })], property: "policy" },
    },
  };
};

const use = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" };
const other = (name: string) => ({ ...use, Principal: { AWS: name } });
const service = { ...use, Principal: { Service: "events.amazonaws.com" } };
const when = (statement: object, operator: string, key: string, value: string | string[]) => ({
  ...statement,
  Condition: { [operator]: { [key]: value } },
});
const OTHER_ROLE = `arn:aws:iam::${OTHER_ACCOUNT}:role/strongroom/strongroom-reader`;
const VIA = "secretsmanager.eu-central-1.amazonaws.com";

export const KMS_SORT_CASES: readonly RuleCases[] = [
  quick({
    rule: sorts.kmsKeyRotationPeriod,
    aws: changed(key, { rotationPeriodInDays: 180 }),
    native: changed(nativeKey, { rotationPeriodInDays: 180 }),
    alsoGood: {
      "the default": { rotationPeriodInDays: undefined },
      "a key that KMS cannot rotate": { customerMasterKeySpec: "HMAC_256" },
    },
    set: "Set rotationPeriodInDays to a number from 90 to 365.",
    bad: {
      "a year and a day": [{ rotationPeriodInDays: 366 }, "does not rotate every 90 to 365 days"],
    },
    unknown: { rotationPeriodInDays: undefined },
  }),
  quick({
    rule: sorts.kmsKeyEnabled,
    aws: changed(key, { isEnabled: true }),
    native: changed(nativeKey, { enabled: true }),
    alsoGood: { "nothing said": { isEnabled: undefined } },
    bad: { "a disabled key": [{ isEnabled: false }, "is disabled"] },
    nativeBad: { "a disabled key": [{ enabled: false }, "is disabled"] },
    unknown: { isEnabled: undefined },
  }),
  quick({
    rule: sorts.kmsKeyDescribed,
    aws: key,
    native: nativeKey,
    beside: [alias],
    bad: {
      "no description": [{ description: undefined }, "has no description"],
      "an alias of another key": [{ arn: "other" }, "has no alias"],
    },
    unknown: { description: undefined },
  }),
  quick({
    rule: sorts.kmsRsaKeyLong,
    aws: changed(key, { customerMasterKeySpec: "RSA_4096" }),
    native: changed(nativeKey, { keySpec: "RSA_4096" }),
    alsoGood: {
      "a symmetric key": { customerMasterKeySpec: undefined },
      "a key for signatures": { customerMasterKeySpec: "RSA_2048", keyUsage: "SIGN_VERIFY" },
    },
    bad: {
      "2048 bits": [
        { customerMasterKeySpec: "RSA_2048" },
        "encrypts with an RSA key of 2048 bits or less",
      ],
    },
    nativeBad: {
      "2048 bits": [{ keySpec: "RSA_2048" }, "encrypts with an RSA key of 2048 bits or less"],
    },
    unknown: { customerMasterKeySpec: undefined },
  }),
  quick({
    rule: sorts.kmsMultiRegionWanted,
    aws: changed(key, { multiRegion: true }),
    native: changed(nativeKey, { multiRegion: true }),
    beside: [replica],
    alsoGood: { "a key of one Region": { multiRegion: false, arn: "other" } },
    bad: {
      "no replica": [
        { multiRegion: true, arn: "other" },
        "is a multi-Region key without a replica",
      ],
    },
    unknown: { multiRegion: undefined },
  }),
  statements(
    callers.kmsExternalPrincipalsBounded,
    {
      "a role of another account, within the organization": when(
        other(OTHER_ROLE),
        "StringEquals",
        "aws:PrincipalOrgID",
        ORGANIZATION,
      ),
      "the own account": other(`arn:aws:iam::${ACCOUNT}:root`),
    },
    {
      "another account": [
        other(`arn:aws:iam::${OTHER_ACCOUNT}:root`),
        "lets in another account without the organization",
      ],
      "another account by its id, with a mild condition": [
        when(other(OTHER_ACCOUNT), "StringEqualsIfExists", "aws:PrincipalOrgID", ORGANIZATION),
        "lets in another account without the organization",
      ],
      "accounts by wildcard": [
        when(
          other("arn:aws:iam::*:role/reader"),
          "StringEquals",
          "aws:PrincipalOrgID",
          ORGANIZATION,
        ),
        "lets in another account that it does not name exactly",
      ],
    },
  ),
  statements(
    callers.kmsServicePrincipalsConfined,
    {
      "a service for one account": when(service, "StringEquals", "aws:SourceAccount", ACCOUNT),
      "a service for one log group": when(
        service,
        "ArnEquals",
        "kms:EncryptionContext:aws:logs:arn",
        `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/aws/lambda/x`,
      ),
      "a role": other(`arn:aws:iam::${ACCOUNT}:role/x`),
    },
    {
      "a service": [service, "lets a service in for everybody's resources"],
      "a service through another": [
        when(service, "StringEquals", "kms:ViaService", VIA),
        "lets a service in for everybody's resources",
      ],
      "a service for log groups of all accounts": [
        when(
          service,
          "ArnLike",
          "kms:EncryptionContext:aws:logs:arn",
          "arn:aws:logs:*:*:log-group:*",
        ),
        "lets a service in for everybody's resources",
      ],
    },
  ),
  statements(
    callers.kmsViaServiceNotAlone,
    {
      "the caller's account too": {
        ...use,
        Principal: { AWS: "*" },
        Condition: { StringEquals: { "kms:ViaService": VIA, "kms:CallerAccount": ACCOUNT } },
      },
      "the own account": when(
        other(`arn:aws:iam::${ACCOUNT}:root`),
        "StringEquals",
        "kms:ViaService",
        VIA,
      ),
    },
    {
      "everybody through a service": [
        when(other("*"), "StringEquals", "kms:ViaService", VIA),
        "is restricted by kms:ViaService alone",
      ],
      "another account through a service": [
        when(other(OTHER_ACCOUNT), "StringLike", "kms:ViaService", "s3.*.amazonaws.com"),
        "is restricted by kms:ViaService alone",
      ],
    },
  ),
];
