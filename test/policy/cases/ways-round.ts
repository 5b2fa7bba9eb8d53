import type { ResourceInput } from "../../../policies/model/stack";
import {
  ACCOUNT,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  resource,
  ROLE_ARN,
} from "../fixtures";

/** A document that tries to get past a rule, and the rule that must fail or be undetermined for it. */
export interface WayRound {
  readonly name: string;
  readonly rule: string;
  readonly given: readonly ResourceInput[];
}

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const OTHER_ROLE = `arn:aws:iam::${OTHER_ACCOUNT}:role/backup`;

const identity = (document: string): ResourceInput[] => [
  resource("aws:iam/rolePolicy:RolePolicy", { role: "r", policy: document }),
];
const key = (document: string): ResourceInput[] => [
  resource("aws:kms/key:Key", { policy: document }),
];
const trust = (document: string): ResourceInput[] => [
  resource("aws:iam/role:Role", { assumeRolePolicy: document }),
];
const bucketPolicy = (document: string): ResourceInput[] => [
  resource("aws:s3/bucketPolicy:BucketPolicy", { bucket: "b", policy: document }),
];

const table = (
  rule: string,
  place: (document: string) => ResourceInput[],
  documents: Readonly<Record<string, string | object>>,
): WayRound[] =>
  Object.entries(documents).map(([name, document]) => ({
    name,
    rule,
    given: place(typeof document === "string" ? document : policy(document)),
  }));

const all = { Effect: "Allow", Action: "*", Resource: "*" };
const open = { Effect: "Allow", Principal: "*", Action: "kms:Decrypt", Resource: "*" };
const on = (condition: object) => ({ ...open, Condition: condition });
const decrypt = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" };
const pass = {
  Effect: "Allow",
  Action: "iam:PassRole",
  Resource: `arn:aws:iam::${ACCOUNT}:role/strongroom/x`,
  Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
};
const assume = (principal: unknown, condition?: object) => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
  ...(condition === undefined ? {} : { Condition: condition }),
});

export const WAYS_ROUND: readonly WayRound[] = [
  ...table("iam-policy-no-administrator", identity, {
    "a statement that is no list": JSON.stringify({ Statement: all }),
    "an action in a list": { ...all, Action: ["s3:GetObject", "*"] },
    "an effect in another case": { ...all, Effect: "allow" },
    "element names in another case": { effect: "Allow", action: "*", resource: "*" },
    "two stars": { ...all, Action: "**" },
    "a star and a question mark": { ...all, Action: "?*" },
    "a star on both sides": { ...all, Action: "*:*" },
    "stars and question marks on both sides": { ...all, Action: "?*:?*" },
    "an ARN of stars": { ...all, Resource: "arn:*:*:*:*:*" },
    "a short ARN of stars": { ...all, Resource: "arn:*" },
    "an escaped star": '{"Statement":[{"Effect":"Allow","Action":"\\u002a","Resource":"\\u002A"}]}',
    "escaped element names": '{"Statement":[{"Effect":"Allow","\\u0041ction":"*","Resource":"*"}]}',
    "the same key twice":
      '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Action":"s3:GetObject"}]}',
    "the same key twice, in different case":
      '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","action":"s3:GetObject"}]}',
    "two lists of statements":
      '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}],"Statement":[]}',
    "white space and line breaks": JSON.stringify({ Statement: [all] }, null, 8),
    "a statement of no known shape": JSON.stringify({ Statement: ["*"] }),
    "a document in a list": JSON.stringify([{ Statement: [all] }]),
    "a condition that is always true": {
      ...all,
      Condition: { StringLike: { "aws:PrincipalArn": "*" } },
    },
    "a harmless statement before it": policy({ ...decrypt, Resource: KEY_ARN }, all),
  }),
  ...table("iam-policy-no-service-wildcard", identity, {
    "another case": { ...all, Action: "KMS:*" },
    "a wildcard in the service": { ...all, Action: "k?s:*" },
    "two stars as name": { ...all, Action: "kms:**" },
    "the family of services": { ...all, Action: "secrets*:*" },
  }),
  ...table("iam-policy-resources-named", identity, {
    "a wildcard in the middle": { ...all, Action: "iam:*Role*" },
    "an action in capitals": { ...all, Action: "S3:GETOBJECT" },
    "a wildcard service with one name": { ...all, Action: "*:GetSecretValue" },
    "every bucket": { ...all, Action: "s3:PutObject", Resource: "arn:aws:s3:::*" },
    "every bucket of another partition": {
      ...all,
      Action: "s3:PutObject",
      Resource: "arn:aws-us-gov:s3:::*",
    },
    "every key of every account": { ...all, Action: "kms:Encrypt", Resource: "arn:aws:kms:*:*:*" },
    "an action of an unknown service": { ...all, Action: "newservice:DoEverything" },
    NotResource: { Effect: "Allow", Action: "s3:GetObject", NotResource: "arn:aws:s3:::x/*" },
  }),
  ...table("iam-policy-no-allow-not-action", identity, {
    "NotAction of one action": { Effect: "Allow", NotAction: "iam:CreateUser", Resource: KEY_ARN },
    "NotAction in another case": { Effect: "Allow", NOTACTION: ["iam:*"], Resource: "*" },
  }),
  ...table("iam-no-decrypt-with-all-keys", identity, {
    "another case": { ...decrypt, Action: "KMS:decrypt" },
    "a prefix": { ...decrypt, Action: "kms:D*" },
    "a question mark": { ...decrypt, Action: "kms:Decryp?" },
    "a wildcard service": { ...decrypt, Action: "k*:Decrypt" },
    "re-encryption": { ...decrypt, Action: "kms:ReEncrypt*" },
    "every key of the account": {
      ...decrypt,
      Resource: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/*`,
    },
    "every resource of the account's KMS": { ...decrypt, Resource: `arn:aws:kms:*:${ACCOUNT}:*` },
    "everything but": { Effect: "Allow", NotAction: "iam:*", Resource: "*" },
    "an open condition": {
      ...decrypt,
      Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
      Condition: { StringLike: { "kms:ViaService": "*.amazonaws.com" } },
    },
    "a condition if present": {
      ...decrypt,
      Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
      Condition: { StringEqualsIfExists: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } },
    },
    "a negated condition": {
      ...decrypt,
      Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
      Condition: { StringNotEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } },
    },
  }),
  ...table("iam-pass-role-bounded", identity, {
    "a wildcard action": { ...pass, Action: "iam:Pass*", Resource: "*" },
    "all roles of the account": { ...pass, Resource: `arn:aws:iam::${ACCOUNT}:role/*` },
    "any service": { ...pass, Condition: { StringLike: { "iam:PassedToService": "*" } } },
    "no service": { ...pass, Condition: undefined },
    "a service if present": {
      ...pass,
      Condition: { StringEqualsIfExists: { "iam:PassedToService": "lambda.amazonaws.com" } },
    },
    "any service but one": {
      ...pass,
      Condition: { StringNotEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    },
    "for all values of nothing": {
      ...pass,
      Condition: { "ForAllValues:StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } },
    },
  }),
  ...table("iam-no-assume-every-role", identity, {
    "a prefix": { Effect: "Allow", Action: "sts:A*", Resource: "*" },
    "every role of one account": {
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Resource: `arn:aws:iam::${OTHER_ACCOUNT}:role/*`,
    },
  }),
  ...table("kms-key-policy-no-wildcard-principal", key, {
    "everybody in AWS": { ...open, Principal: { AWS: "*" } },
    "everybody in a list": { ...open, Principal: { AWS: [ROLE_ARN, "*"] } },
    "everybody in a bare list": { ...open, Principal: ["*"] },
    "everybody of every kind": { ...open, Principal: { "*": "*" } },
    "everybody in another case": { ...open, Principal: { aws: "*" } },
    "two stars": { ...open, Principal: { AWS: "**" } },
    "any organization": on({ StringLike: { "aws:PrincipalOrgID": "o-*" } }),
    "any principal": on({ StringLike: { "aws:PrincipalArn": "*" } }),
    "a role of any account": on({ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/admin" } }),
    "any account": on({ StringLike: { "aws:PrincipalAccount": "????????????" } }),
    "one organization or any": on({ StringLike: { "aws:PrincipalOrgID": [ORGANIZATION, "*"] } }),
    "the organization if present": on({
      StringEqualsIfExists: { "aws:PrincipalOrgID": ORGANIZATION },
    }),
    "the organization for all values": on({
      "ForAllValues:StringEquals": { "aws:PrincipalOrgID": ORGANIZATION },
    }),
    "not another organization": on({ StringNotEquals: { "aws:PrincipalOrgID": "o-zzzzzzzzzz" } }),
    "an organization that is there": on({ Null: { "aws:PrincipalOrgID": "false" } }),
    "the caller's own organization": on({
      StringEquals: { "aws:PrincipalOrgID": "${aws:PrincipalOrgID}" },
    }),
    "a service only": on({ StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } }),
    "a date only": on({ DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }),
    "a huge number": on({ NumericLessThan: { "aws:MultiFactorAuthAge": "999999999" } }),
    "every address": on({ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }),
    TLS: on({ Bool: { "aws:SecureTransport": "true" } }),
    "no values": on({ StringEquals: { "aws:PrincipalOrgID": [] } }),
  }),
  ...table("kms-key-duties-separated", key, {
    "a prefix for each": { ...open, Principal: { AWS: ROLE_ARN }, Action: ["kms:D*", "kms:Put*"] },
    "all but one": {
      Effect: "Allow",
      Principal: { AWS: ROLE_ARN },
      NotAction: "kms:Sign",
      Resource: "*",
    },
    "over two statements": policy(
      { ...open, Principal: { AWS: ROLE_ARN } },
      { ...open, Principal: { AWS: [ROOT, ROLE_ARN] }, Action: "kms:ScheduleKeyDeletion" },
    ),
  }),
  ...table("kms-grants-for-services-only", key, {
    "a prefix": { ...open, Principal: { AWS: ROLE_ARN }, Action: "kms:Create*" },
    "not for services": {
      ...open,
      Principal: { AWS: ROLE_ARN },
      Action: "kms:CreateGrant",
      Condition: { Bool: { "kms:GrantIsForAWSResource": "false" } },
    },
    either: {
      ...open,
      Principal: { AWS: ROLE_ARN },
      Action: "kms:CreateGrant",
      Condition: { Bool: { "kms:GrantIsForAWSResource": ["true", "false"] } },
    },
  }),
  ...table("iam-policy-no-allow-not-principal", trust, {
    NotPrincipal: { Effect: "Allow", NotPrincipal: { AWS: ROLE_ARN }, Action: "sts:AssumeRole" },
  }),
  ...table("iam-trust-not-open", trust, {
    everybody: assume({ AWS: "*" }),
    "every federation": assume({ Federated: "*" }),
    "every service": assume({ Service: "*" }),
    "another account in another partition": assume({
      AWS: `arn:aws-us-gov:iam::${OTHER_ACCOUNT}:root`,
    }),
    "another account by its id": assume({ AWS: OTHER_ACCOUNT }),
    "another account in any organization": assume(
      { AWS: OTHER_ACCOUNT },
      { StringLike: { "aws:PrincipalOrgID": "*" } },
    ),
  }),
  ...table("iam-cross-account-trust-exact", trust, {
    "an external id if present": assume(
      { AWS: OTHER_ROLE },
      { StringEqualsIfExists: { "sts:ExternalId": "f3b1c0d2a4e5968778695a4b" } },
    ),
    "any external id": assume(
      { AWS: OTHER_ROLE },
      { StringLike: { "sts:ExternalId": "????????????????*" } },
    ),
    "no MFA": assume({ AWS: OTHER_ROLE }, { Bool: { "aws:MultiFactorAuthPresent": "false" } }),
    "MFA if present": assume(
      { AWS: OTHER_ROLE },
      { BoolIfExists: { "aws:MultiFactorAuthPresent": "true" } },
    ),
    "a user": assume(
      { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:user/somebody` },
      { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } },
    ),
  }),
  ...table("bucket-policy-not-open", bucketPolicy, {
    "everybody in a list": {
      Effect: "Allow",
      Principal: { AWS: [ROLE_ARN, "*"] },
      Action: "s3:GetObject",
      Resource: "*",
    },
    "every action by two stars": {
      Effect: "Allow",
      Principal: { AWS: ROLE_ARN },
      Action: "S3:**",
      Resource: "*",
    },
  }),
];

const allow = (Action: unknown, Resource: unknown, Condition?: object) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});
const SECRETS = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:app/*`;
const harmless = (
  place: (document: string) => ResourceInput[],
  documents: Readonly<Record<string, string | object>>,
) => table("", place, documents).map(({ name, given }) => ({ name, given }));
const goodKey = (document: string): ResourceInput[] => [
  resource(
    "aws:kms/key:Key",
    { policy: document, enableKeyRotation: true, description: "backups", arn: KEY_ARN },
    { protect: true },
  ),
  resource("aws:kms/alias:Alias", { name: "alias/backups", targetKeyId: KEY_ARN }),
];
const goodRole = (document: string): ResourceInput[] => [
  resource("aws:iam/role:Role", {
    assumeRolePolicy: document,
    path: "/strongroom/",
    permissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/strongroom/boundary`,
  }),
];
const forKey = (rest: object) => ({ ...open, Principal: { AWS: ROLE_ARN }, ...rest });

/** What looks like a way round and is none: no rule may say anything. */
export const LOOK_ALIKES: readonly { name: string; given: readonly ResourceInput[] }[] = [
  ...harmless(identity, {
    "a star within a secret's name": allow("secretsmanager:GetSecretValue", SECRETS),
    "a family of reading actions on named secrets": allow("secretsmanager:Describe*", SECRETS),
    "actions that AWS cannot narrow": allow(["secretsmanager:ListSecrets", "kms:ListAliases"], "*"),
    "the caller's identity": allow("sts:GetCallerIdentity", "*"),
    "objects of one bucket": allow("s3:GetObject*", "arn:aws:s3:::strongroom-backup/*"),
    "a bucket by prefix": allow("s3:ListBucket", "arn:aws:s3:::strongroom-*"),
    "one key in every Region": allow(
      "kms:Decrypt",
      `arn:aws:kms:*:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`,
    ),
    "one account's keys by alias": allow("kms:Decrypt", `arn:aws:kms:*:${ACCOUNT}:key/*`, {
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/strongroom-secrets" },
    }),
    "encryption with one account's keys": allow(
      "kms:GenerateDataKey",
      `arn:aws:kms:*:${ACCOUNT}:key/*`,
    ),
    "one role in every account": allow("sts:AssumeRole", "arn:aws:iam::*:role/strongroom/reader"),
    "one role passed to one service": allow(pass.Action, pass.Resource, pass.Condition),
    "a Deny of everything": { Effect: "Deny", Action: "*", Resource: "*" },
    "a Deny by NotAction": { Effect: "Deny", NotAction: "sts:*", Resource: "*" },
    "a Deny by NotResource": { Effect: "Deny", Action: "s3:*", NotResource: "arn:aws:s3:::b/*" },
    metrics: allow("cloudwatch:PutMetricData", "*"),
    "the caller's own folder": allow("s3:GetObject", "arn:aws:s3:::b/${aws:userid}/*"),
    "another partition": allow("s3:GetObject", "arn:aws-cn:s3:::b/x"),
  }),
  ...harmless(goodKey, {
    "the root of the account": forKey({ Principal: { AWS: ROOT }, Action: "kms:*" }),
    "the account's id in place of its root": forKey({
      Principal: { AWS: ACCOUNT },
      Action: "kms:*",
    }),
    "everybody of the organization": on({ StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } }),
    "everybody of the organization, the key in another case": on({
      StringEquals: { "AWS:principalorgid": [ORGANIZATION] },
    }),
    "everybody below an organizational unit": on({
      "ForAnyValue:StringLike": {
        "aws:PrincipalOrgPaths": `${ORGANIZATION}/r-ab12/ou-ab12-11111111/*`,
      },
    }),
    "everybody of one account": on({ StringEquals: { "aws:PrincipalAccount": ACCOUNT } }),
    "roles of one account": on({
      ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/x*` },
    }),
    "a Deny for everybody": { ...open, Effect: "Deny" },
    "a Deny for all but the root": {
      Effect: "Deny",
      NotPrincipal: { AWS: ROOT },
      Action: "kms:ScheduleKeyDeletion",
      Resource: "*",
    },
  }),
  ...harmless(goodRole, {
    "a service": assume({ Service: "lambda.amazonaws.com" }),
    "two services": assume({ Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] }),
    "another account's role with organization and external id": assume(
      { AWS: OTHER_ROLE },
      {
        StringEquals: {
          "aws:PrincipalOrgID": ORGANIZATION,
          "sts:ExternalId": "f3b1c0d2a4e5968778695a4b",
        },
      },
    ),
    "the same account": assume({ AWS: ROLE_ARN }),
  }),
];
