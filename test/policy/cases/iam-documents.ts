import * as conditions from "../../../policies/rules/iam-conditions";
import * as documents from "../../../policies/rules/iam-documents";
import {
  ACCOUNT,
  changed,
  ORGANIZATION,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";

const ROLE = "aws:iam/role:Role";
const NATIVE_ROLE = "aws-native:iam:Role";
const INLINE = "aws:iam/rolePolicy:RolePolicy";
const NATIVE_INLINE = "aws-native:iam:RolePolicy";

/** Where a document stands, for @pulumi/aws and for aws-native. */
const PLACES = {
  trust: {
    types: [ROLE, NATIVE_ROLE],
    properties: ["assumeRolePolicy", "assumeRolePolicyDocument"],
  },
  identity: { types: [INLINE, NATIVE_INLINE], properties: ["policy", "policyDocument"] },
} as const;

/** Cases of a rule about documents: what one statement says. */
function statements(
  rule: RuleCases["rule"],
  place: keyof typeof PLACES,
  good: Readonly<Record<string, object>>,
  bad: Readonly<Record<string, readonly [statement: object, wrong: string, set?: string]>>,
): RuleCases {
  const {
    types: [type, nativeType],
    properties: [property, nativeProperty],
  } = PLACES[place];
  const kind = place === "trust" ? "Role" : "RolePolicy";
  const [first = {}] = Object.values(good);
  return {
    rule,
    passes: {
      ...Object.fromEntries(
        Object.entries(good).map(([name, one]) => [
          name,
          [resource(type, { [property]: policy(one) })],
        ]),
      ),
      "what is as it should be, in aws-native": [
        resource(nativeType, { [nativeProperty]: policyData(first as never) }),
      ],
    },
    fails: Object.fromEntries(
      Object.entries(bad).flatMap(([name, [one, wrong, set]]) => [
        [
          name,
          {
            given: [resource(type, { [property]: policy(one) })],
            says: [`${kind} "subject" ${wrong} (${property}, statement 1). ${set ?? rule.fix}`],
          },
        ],
        [
          `${name}, in aws-native`,
          {
            given: [resource(nativeType, { [nativeProperty]: policyData(one as never) })],
            says: [
              `${kind} "subject" ${wrong} (${nativeProperty}, statement 1). ${set ?? rule.fix}`,
            ],
          },
        ],
      ]),
    ),
    undetermined: {
      "unknown document": { given: [resource(type, { [property]: UNKNOWN })], property },
    },
  };
}

const assume = (principal: object, condition?: object) => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
  ...(condition === undefined ? {} : { Condition: condition }),
});
const role = { AWS: ROLE_ARN };
const GITHUB = "token.actions.githubusercontent.com";
const web = (condition: object, provider = GITHUB) =>
  assume({ Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${provider}` }, condition);
const github = (sub: string | string[], operator = "StringEquals") =>
  web({
    StringEquals: { [`${GITHUB}:aud`]: "sts.amazonaws.com" },
    [`${operator === "StringEquals" ? "ForAnyValue:" : ""}${operator}`]: { [`${GITHUB}:sub`]: sub },
  });
const allow = (action: string | string[], resources: string, condition?: object) => ({
  Effect: "Allow",
  Action: action,
  Resource: resources,
  ...(condition === undefined ? {} : { Condition: condition }),
});
const AS_IAM_WANTS =
  "Write it by the grammar of IAM's JSON policies: each statement has Effect, Action and, outside of trust policies, Resource.";
const wellFormed = resource(INLINE, {
  policy: policy({ Sid: "A", ...allow("s3:GetObject", "arn:aws:s3:::b/x") }),
});
const OPEN = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x" };
const long = (size: number) => policy(allow("s3:GetObject", `arn:aws:s3:::${"b".repeat(size)}`));

export const IAM_DOCUMENT_CASES: readonly RuleCases[] = [
  statements(
    conditions.iamForAllValuesSound,
    "trust",
    {
      "one value": assume(role, { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } }),
      "several values": assume(role, {
        "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] },
      }),
      "IfExists beside the condition itself": assume(role, {
        StringEquals: { "aws:PrincipalOrgID": ORGANIZATION },
        StringEqualsIfExists: { "aws:PrincipalOrgID": ORGANIZATION },
      }),
    },
    {
      "ForAllValues with one value": [
        assume(role, { "ForAllValues:StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } }),
        "has ForAllValues before a key with one value",
      ],
      IfExists: [
        assume(role, { StringEqualsIfExists: { "aws:PrincipalOrgID": ORGANIZATION } }),
        "has IfExists behind a key that says who is calling",
      ],
      "a missing key": [
        assume(role, { Null: { "aws:PrincipalOrgID": "true" } }),
        "demands that a key that says who is calling is missing",
        "Demand the key's value.",
      ],
    },
  ),
  statements(
    conditions.iamMfaDemandedRightly,
    "identity",
    {
      "MFA demanded": allow("s3:GetObject", "arn:aws:s3:::b/x", {
        Bool: { "aws:MultiFactorAuthPresent": "true" },
      }),
      "denied without": {
        ...allow("s3:GetObject", "*", { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } }),
        Effect: "Deny",
      },
    },
    {
      "the wrong way round": [
        { ...OPEN, Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": false } } },
        "lets in callers without MFA",
      ],
      "a missing factor": [
        { ...OPEN, Condition: { Null: { "aws:MultiFactorAuthPresent": "true" } } },
        "lets in callers without MFA",
      ],
    },
  ),
  statements(
    conditions.iamServiceTrustConfined,
    "trust",
    {
      "S3 for one account": assume(
        { Service: "s3.amazonaws.com" },
        { StringEquals: { "aws:SourceAccount": ACCOUNT } },
      ),
      "Lambda, which does not say for whom": assume({ Service: "lambda.amazonaws.com" }),
    },
    {
      S3: [assume({ Service: "s3.amazonaws.com" }), "trusts a service for everybody's resources"],
      "S3 for every bucket": [
        assume(
          { Service: ["lambda.amazonaws.com", "s3.amazonaws.com"] },
          { ArnLike: { "aws:SourceArn": "arn:aws:s3:::*" } },
        ),
        "trusts a service for everybody's resources",
      ],
    },
  ),
  statements(
    conditions.iamOidcTrustExact,
    "trust",
    {
      "one repository": github("repo:company/app:*", "StringLike"),
      "one branch": github("repo:company/app:ref:refs/heads/main"),
      "a provider of SAML": assume({
        Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/company`,
      }),
      "signed-in identities of Cognito": web(
        {
          StringEquals: { "cognito-identity.amazonaws.com:aud": "eu-central-1:pool" },
          "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
        },
        "cognito-identity.amazonaws.com",
      ),
    },
    {
      "every repository of a company": [
        github("repo:company/*", "StringLike"),
        "trusts an OpenID Connect provider for every subject",
      ],
      "every repository": [
        github("*", "StringLike"),
        "trusts an OpenID Connect provider for every subject",
      ],
      "no audience": [
        web({ StringEquals: { [`${GITHUB}:sub`]: "repo:company/app:ref:refs/heads/main" } }),
        "trusts an OpenID Connect provider for every audience",
      ],
    },
  ),
  {
    rule: documents.iamPolicyWellFormed,
    passes: {
      "a version and names": [wellFormed],
      "a version and names, in aws-native": [
        resource(NATIVE_INLINE, { policyDocument: policyData(OPEN) }),
      ],
    },
    fails: {
      "no version": {
        given: [changed(wellFormed, { policy: JSON.stringify({ Statement: OPEN }) })],
        says: [
          `RolePolicy "subject" has a policy without version (policy). ${documents.iamPolicyWellFormed.fix}`,
        ],
      },
      "the old version, in aws-native": {
        given: [
          resource(NATIVE_INLINE, { policyDocument: { Version: "2008-10-17", Statement: OPEN } }),
        ],
        says: [
          `RolePolicy "subject" has a policy of an old version (policyDocument). ${documents.iamPolicyWellFormed.fix}`,
        ],
      },
      "what AWS refuses, each statement": {
        given: [changed(wellFormed, { policy: policy({ Effect: "Allow" }, OPEN, {}) })],
        says: [
          `RolePolicy "subject" has a policy that AWS refuses: policy.Statement[0] has no Action, has no Resource. ${AS_IAM_WANTS}`,
          `RolePolicy "subject" has a policy that AWS refuses: policy.Statement[2] has no Effect, has no Action, has no Resource. ${AS_IAM_WANTS}`,
        ],
      },
      "no statements": {
        given: [changed(wellFormed, { policy: policy() })],
        says: [`RolePolicy "subject" has a policy without statements (policy). ${AS_IAM_WANTS}`],
      },
      "a name twice": {
        given: [
          changed(wellFormed, { policy: policy({ Sid: "A", ...OPEN }, { Sid: "A", ...OPEN }) }),
        ],
        says: [
          `RolePolicy "subject" has two statements with the same Sid (policy, statement 2). ${documents.iamPolicyWellFormed.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown document": { given: [changed(wellFormed, { policy: UNKNOWN })], property: "policy" },
      "what is no JSON": { given: [changed(wellFormed, { policy: "{" })], property: "policy" },
    },
  },
  {
    rule: documents.iamPolicySizeFits,
    passes: {
      "a short document": [wellFormed],
      "a short document, in aws-native": [
        resource(NATIVE_INLINE, { policyDocument: policyData(OPEN) }),
      ],
      "a long inline policy": [changed(wellFormed, { policy: long(9000) })],
      "white space, which does not count": [
        resource("aws:iam/policy:Policy", {
          policy: JSON.stringify(JSON.parse(long(5000)), undefined, 500),
        }),
      ],
    },
    fails: {
      "a managed policy": {
        given: [resource("aws:iam/policy:Policy", { policy: long(6200) })],
        says: [
          `Policy "subject" has a policy of more than 6144 characters (policy). ${documents.iamPolicySizeFits.fix}`,
        ],
      },
      "a trust policy, in aws-native": {
        given: [
          resource(NATIVE_ROLE, { assumeRolePolicyDocument: JSON.parse(long(2100)) as never }),
        ],
        says: [
          `Role "subject" has a policy of more than 2048 characters (assumeRolePolicyDocument). ${documents.iamPolicySizeFits.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown document": { given: [changed(wellFormed, { policy: UNKNOWN })], property: "policy" },
      "unknown part": {
        given: [resource(NATIVE_INLINE, { policyDocument: { Statement: UNKNOWN } })],
        property: "policyDocument",
      },
    },
  },
  statements(
    documents.iamServiceLinkedRolesNamed,
    "identity",
    {
      "one service": allow("iam:CreateServiceLinkedRole", "*", {
        StringEquals: { "iam:AWSServiceName": "access-analyzer.amazonaws.com" },
      }),
      "one service's path": allow(
        "iam:CreateServiceLinkedRole",
        `arn:aws:iam::${ACCOUNT}:role/aws-service-role/access-analyzer.amazonaws.com/*`,
      ),
    },
    {
      "every service": [
        allow("iam:CreateServiceLinkedRole", "*"),
        "may bring any service into the account",
      ],
      "every service by pattern": [
        allow("iam:*LinkedRole", `arn:aws:iam::${ACCOUNT}:role/aws-service-role/*`),
        "may bring any service into the account",
      ],
    },
  ),
  statements(
    documents.iamNoIamWildcard,
    "identity",
    {
      "actions by name": allow("iam:GetRole", ROLE_ARN),
      "a Deny": { ...allow("iam:*", "*"), Effect: "Deny" },
    },
    {
      "iam:*": [allow("iam:*", ROLE_ARN), "allows iam:*"],
      "iam by pattern": [allow(["s3:GetObject", "I?M:**"], ROLE_ARN), "allows iam:*"],
      everything: [allow("*", ROLE_ARN), "allows iam:*"],
    },
  ),
];
