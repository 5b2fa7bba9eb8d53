import * as actions from "../../../policies/rules/iam-actions";
import * as unconstrained from "../../../policies/rules/iam-unconstrained";
import type { ValueMap } from "../../../policies/model/values";
import type { Rule } from "../../../policies/rules";
import { documents, IDENTITY, NATIVE_IDENTITY } from "../document-cases";
import { ACCOUNT, ORGANIZATION, type RuleCases } from "../fixtures";

const allow = (Action: ValueMap[string], Resource: string, Condition?: ValueMap): ValueMap => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});
const SECRETS = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:app/*`;
const OBJECTS = "arn:aws:s3:::backups/*";
const tagged = { StringEquals: { "aws:ResourceTag/backup": "yes" } };

const table = (
  rule: Rule,
  good: Readonly<Record<string, ValueMap>>,
  wrong: string,
  bad: Readonly<Record<string, ValueMap>>,
): RuleCases =>
  documents({
    rule,
    at: IDENTITY,
    native: NATIVE_IDENTITY,
    good,
    bad: Object.fromEntries(
      Object.entries(bad).map(([name, statement]) => [name, [statement, wrong] as const]),
    ),
  });

export const IAM_UNCONSTRAINED_CASES: readonly RuleCases[] = [
  table(
    unconstrained.iamNoReadOfAllData,
    {
      "the secrets of one application": allow("secretsmanager:GetSecretValue", SECRETS),
      "secrets with a tag": allow("secretsmanager:GetSecretValue", "*", tagged),
      "objects of one bucket": allow("s3:GetObject", OBJECTS),
      "a list of all secrets": allow("secretsmanager:ListSecrets", "*"),
    },
    "may read all data",
    {
      "every secret": allow("secretsmanager:GetSecretValue", "*"),
      "every parameter, by a family of calls": allow("ssm:GetP*", "*"),
      "every object of every bucket": allow("s3:GetObject", "arn:aws:s3:::*"),
      "everything but one action": {
        Effect: "Allow",
        NotAction: "iam:CreateUser",
        Resource: "*",
      },
      "secrets with any tag": allow("secretsmanager:GetSecretValue", "*", {
        StringLike: { "aws:ResourceTag/backup": "*" },
      }),
      "every secret, if the caller is of the account": allow("secretsmanager:GetSecretValue", "*", {
        StringEquals: { "aws:PrincipalAccount": ACCOUNT },
      }),
    },
  ),
  table(
    unconstrained.iamNoCredentialsOfAll,
    {
      "one role": allow("sts:AssumeRole", `arn:aws:iam::${ACCOUNT}:role/strongroom/reader`),
      "the caller's own keys": allow(
        "iam:CreateAccessKey",
        `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`,
      ),
    },
    "may get anybody's credentials",
    {
      "keys of every user": allow("iam:CreateAccessKey", "*"),
      "keys of every user of the account": allow(
        "iam:CreateAccessKey",
        `arn:aws:iam::${ACCOUNT}:user/*`,
      ),
      "a family of calls": allow("iam:Create*", "*"),
      "every database": allow("rds-db:connect", "*"),
    },
  ),
  table(
    unconstrained.iamNoExposureOfAll,
    {
      "the policy of one bucket": allow("s3:PutBucketPolicy", "arn:aws:s3:::backups"),
      "writing to everything, which is no permission": allow("s3:PutObject", "*"),
    },
    "may change the permissions of everything",
    {
      "the policy of every bucket": allow("s3:PutBucketPolicy", "*"),
      "the policy of every key": allow("kms:Put*", "*"),
      "a policy of every role": allow("iam:AttachRolePolicy", "*"),
    },
  ),
  table(
    unconstrained.iamNoWriteToAll,
    {
      "objects of one bucket": allow("s3:PutObject", OBJECTS),
      "metrics, which AWS cannot narrow": allow("cloudwatch:PutMetricData", "*"),
      "reading everything": allow("s3:GetObject", "*"),
    },
    "may change everything",
    {
      "objects of every bucket": allow("s3:PutObject", "*"),
      "tags of every secret": allow("secretsmanager:TagResource", "*"),
      "everything but": { Effect: "Allow", NotAction: "iam:*", Resource: "*" },
    },
  ),
  table(
    unconstrained.iamWritesStayInOrganization,
    {
      "buckets of the account": allow("s3:PutObject", OBJECTS, {
        StringEquals: { "aws:ResourceAccount": ACCOUNT },
      }),
      "buckets of the organization": allow("s3:PutObject", OBJECTS, {
        StringEquals: { "aws:ResourceOrgID": [ORGANIZATION] },
      }),
      "buckets of the caller's organization": allow("s3:PutObject", OBJECTS, {
        StringEquals: { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" },
      }),
      reading: allow("s3:GetObject", OBJECTS),
    },
    "may write objects to buckets of strangers",
    {
      "a bucket by its name alone": allow("s3:PutObject", OBJECTS),
      "any organization": allow("s3:PutObject", OBJECTS, {
        StringLike: { "aws:ResourceOrgID": "o-*" },
      }),
      "the organization if present": allow("s3:PutObject", OBJECTS, {
        StringEqualsIfExists: { "aws:ResourceOrgID": ORGANIZATION },
      }),
      replication: allow("s3:Replicate*", OBJECTS),
    },
  ),
  table(
    unconstrained.iamNoLogsWildcard,
    {
      "lines of one group": allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/aws/lambda/x:*`,
      ),
    },
    "allows logs:*",
    {
      "all of it": allow(
        "logs:*",
        `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/aws/lambda/x:*`,
      ),
      "all of it in another spelling": allow("LOGS:?*", "*"),
      "everything but": { Effect: "Allow", NotAction: "s3:*", Resource: "*" },
    },
  ),
  table(
    actions.iamActionsExist,
    {
      "an action": allow("kms:Decrypt", "*"),
      "an action in another case": allow("KMS:decrypt", "*"),
      "a family of actions": allow("kms:De*", "*"),
      "every action": allow("*", "*"),
    },
    "names an action that AWS does not have",
    {
      "a misspelt action": allow("kms:Decript", "*"),
      "a service that is none": allow("keys:Decrypt", "*"),
      "a family without members": allow("kms:Decript*", "*"),
      "a misspelt action in a Deny": { Effect: "Deny", Action: "s3:DeleteObjects", Resource: "*" },
      "a misspelt exception": { Effect: "Deny", NotAction: ["s3:GetObjekt"], Resource: "*" },
    },
  ),
  table(
    actions.iamResourcesMatchActions,
    {
      "an object": allow("s3:GetObject", OBJECTS),
      "a bucket": allow("s3:ListBucket", "arn:aws:s3:::backups"),
      "an action that AWS cannot narrow, on everything": allow("s3:ListAllMyBuckets", "*"),
      "a function": allow("lambda:InvokeFunction", `arn:aws:lambda:*:${ACCOUNT}:function:x`),
      "another partition": allow("s3:GetObject", "arn:aws-us-gov:s3:::backups/*"),
    },
    "allows an action on resources that it does not work on",
    {
      "a list of a bucket on its objects": allow("s3:ListBucket", OBJECTS),
      "decryption with a secret": allow("kms:Decrypt", SECRETS),
      "an action that AWS cannot narrow, on a bucket": allow(
        "s3:ListAllMyBuckets",
        "arn:aws:s3:::backups",
      ),
      "one of two actions": allow(["s3:GetObject", "kms:Decrypt"], OBJECTS),
    },
  ),
  table(
    actions.iamTagConditionsSupported,
    {
      "tags of secrets": allow("secretsmanager:GetSecretValue", SECRETS, tagged),
      "tags of keys": allow("kms:Decrypt", "*", tagged),
      "another condition": allow("sts:GetCallerIdentity", "*", {
        StringEquals: { "aws:PrincipalAccount": ACCOUNT },
      }),
    },
    "has a condition on tags that a service does not send",
    {
      "tags where a service has none": allow("tag:GetResources", "*", tagged),
      "tags where one of two services has none": allow(
        ["kms:Decrypt", "tag:GetResources"],
        "*",
        tagged,
      ),
    },
  ),
];
