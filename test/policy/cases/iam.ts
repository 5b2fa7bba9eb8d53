import * as powers from "../../../policies/rules/iam-powers";
import * as wildcards from "../../../policies/rules/iam-wildcards";
import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import type { Rule } from "../../../policies/rules";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";

export const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/strongroom/strongroom-boundary`;
export const harmless = {
  Effect: "Allow",
  Action: ["secretsmanager:GetSecretValue", "kms:Decrypt"],
  Resource: [`arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:app-*`, KEY_ARN],
};
const rolePolicy = (...statements: readonly object[]) =>
  resource("aws:iam/rolePolicy:RolePolicy", { role: "r", policy: policy(...statements) });
const managed = (...statements: readonly object[]) =>
  resource("aws:iam/policy:Policy", {
    path: "/strongroom/",
    name: "p",
    policy: policy(...statements),
  });
export const native = (...statements: readonly ValueMap[]) =>
  resource("aws-native:iam:ManagedPolicy", { policyDocument: policyData(...statements) });
const inline = (...statements: readonly object[]) =>
  resource("aws:iam/role:Role", {
    inlinePolicies: [
      { name: "a", policy: policy(harmless) },
      { name: "b", policy: policy(...statements) },
    ],
  });
const nativeInline = (...statements: readonly ValueMap[]) =>
  resource("aws-native:iam:Role", { policies: [{ policyDocument: policyData(...statements) }] });
export const boundary = (...statements: readonly object[]): ResourceInput[] => [
  changed(managed(...statements), { name: "strongroom-boundary" }),
  resource("aws:iam/role:Role", { permissionsBoundary: BOUNDARY }, { name: "role" }),
];

/** The table of a rule about identity policies: the same fault in every place where such a policy can stand. */
function everywhere(
  rule: Rule,
  bad: ValueMap,
  says: (place: string) => string,
  more: {
    readonly passes?: Readonly<Record<string, object>>;
    readonly fails?: Readonly<Record<string, object>>;
  } = {},
): RuleCases {
  const at = (title: string, property: string, statement = 1) =>
    `${title} "subject" ${says(`${property}, statement ${statement}`)}`;
  const each = <T>(table: Readonly<Record<string, object>> | undefined, make: (s: object) => T) =>
    Object.fromEntries(Object.entries(table ?? {}).map(([name, s]) => [name, make(s)]));
  return {
    rule,
    passes: {
      "named actions on named resources": [rolePolicy(harmless)],
      "named actions on named resources in aws-native": [native(harmless)],
      "a Deny": [rolePolicy(harmless, { ...bad, Effect: "Deny" })],
      ...each(more.passes, (statement) => [rolePolicy(statement)]),
    },
    fails: {
      "a RolePolicy": { given: [rolePolicy(bad)], says: [at("RolePolicy", "policy")] },
      "the second statement of a Policy": {
        given: [managed(harmless, bad)],
        says: [at("Policy", "policy", 2)],
      },
      "an inline policy of a Role": {
        given: [inline(bad)],
        says: [at("Role", "inlinePolicies[1].policy")],
      },
      "a ManagedPolicy of aws-native": {
        given: [native(bad)],
        says: [at("ManagedPolicy", "policyDocument")],
      },
      "an inline policy of a Role of aws-native": {
        given: [nativeInline(bad)],
        says: [at("Role", "policies[0].policyDocument")],
      },
      "a policy that is boundary and attached": {
        given: [
          ...boundary(bad),
          resource(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            { role: "x", policyArn: BOUNDARY },
            { name: "attachment" },
          ),
        ],
        says: [at("Policy", "policy")],
      },
      ...each(more.fails, (statement) => ({
        given: [rolePolicy(statement)],
        says: [at("RolePolicy", "policy")],
      })),
    },
    undetermined: {
      "an unknown policy": {
        given: [changed(rolePolicy(), { policy: UNKNOWN })],
        property: "policy",
      },
      "an unknown action": {
        given: [native({ ...bad, NotAction: undefined, Action: [UNKNOWN] })],
        property: "policyDocument.Statement[0].Action",
      },
      "unknown inline policies": {
        given: [resource("aws:iam/role:Role", { inlinePolicies: UNKNOWN })],
        property: "inlinePolicies[0]",
      },
    },
    notApplicable: [resource("aws:iam/role:Role", { name: "r" })],
  };
}

const star = { Effect: "Allow", Action: "*", Resource: "*" };
export const role = resource("aws:iam/role:Role", {
  path: "/strongroom/",
  permissionsBoundary: BOUNDARY,
  maxSessionDuration: 3600,
});
export const trusts = (...statements: readonly object[]) =>
  resource("aws:iam/role:Role", { assumeRolePolicy: policy(...statements) });
export const nativeTrusts = (...statements: readonly ValueMap[]) =>
  resource("aws-native:iam:Role", { assumeRolePolicyDocument: policyData(...statements) });
export const assume = (principal: ValueMap | string, condition?: ValueMap): ValueMap => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
  ...(condition === undefined ? {} : { Condition: condition }),
});
export const P = "assumeRolePolicy, statement 1";
export const NP = "assumeRolePolicyDocument, statement 1";

export const unknownTrust = {
  "an unknown trust policy": {
    given: [resource("aws:iam/role:Role", { assumeRolePolicy: UNKNOWN })],
    property: "assumeRolePolicy",
  },
  "an unknown principal": {
    given: [nativeTrusts(assume({ AWS: UNKNOWN }))],
    property: "assumeRolePolicyDocument.Statement[0].Principal",
  },
};

export const IAM_CASES: readonly RuleCases[] = [
  everywhere(
    wildcards.iamPolicyNoAdministrator,
    star,
    (place) =>
      `allows every action on every resource (${place}). List the actions and the resources that are needed.`,
    { fails: { "an ARN of stars": { ...star, Action: ["*:*"], Resource: "arn:aws:*:*:*:*" } } },
  ),
  everywhere(
    wildcards.iamPolicyNoEveryAction,
    { ...star, Resource: KEY_ARN },
    (place) => `allows every action (${place}). List the actions that are needed.`,
    { fails: { "two stars": { ...star, Action: ["s3:GetObject", "**"] } } },
  ),
  everywhere(
    wildcards.iamPolicyNoServiceWildcard,
    { ...star, Action: "kms:*" },
    (place) =>
      `allows all actions of a service on every resource (${place}). List the actions of the service that are needed, or name the resources.`,
    {
      passes: { "a service on named resources": { ...star, Action: "kms:*", Resource: KEY_ARN } },
      fails: { "a wildcard in the service": { ...star, Action: "K?s:*" } },
    },
  ),
  everywhere(
    wildcards.iamPolicyResourcesNamed,
    { ...star, Action: "s3:GetObject" },
    (place) =>
      `allows actions on every resource that can be narrowed (${place}). Name the resources by ARN; keep * for actions that AWS cannot narrow, in a statement of their own.`,
    {
      passes: {
        "actions that cannot be narrowed": {
          ...star,
          Action: ["kms:CreateKey", "secretsmanager:ListSecrets"],
        },
        "all resources of a kind in one account": {
          ...star,
          Action: "secretsmanager:DescribeSecret",
          Resource: `arn:aws:secretsmanager:*:${ACCOUNT}:secret:*`,
        },
      },
      fails: {
        "all objects of all buckets": {
          ...star,
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::*/*",
        },
        "one of several": { ...star, Action: ["kms:CreateKey", "kms:Decrypt"] },
        "all accounts": { ...star, Action: "kms:Decrypt", Resource: "arn:aws:kms:*:*:key/*" },
      },
    },
  ),
  everywhere(
    wildcards.iamPolicyNoAllowNotAction,
    { Effect: "Allow", NotAction: "iam:*", Resource: KEY_ARN },
    (place) =>
      `allows by NotAction (${place}). Use Action with the list of what is needed; to take actions away, use a Deny statement.`,
  ),
  everywhere(
    wildcards.iamPolicyNoAllowNotResource,
    { Effect: "Allow", Action: "s3:GetObject", NotResource: KEY_ARN },
    (place) =>
      `allows by NotResource (${place}). Use Resource with the list of what is needed; to take resources away, use a Deny statement.`,
  ),
  {
    rule: wildcards.iamPolicyNoAllowNotPrincipal,
    passes: {
      "a Principal": [trusts(assume({ AWS: ROLE_ARN }))],
      "a Principal in aws-native": [nativeTrusts(assume({ AWS: ROLE_ARN }))],
      "a Deny": [
        trusts({ Effect: "Deny", NotPrincipal: { AWS: ROLE_ARN }, Action: "sts:AssumeRole" }),
      ],
    },
    fails: {
      "a trust policy": {
        given: [
          trusts({ Effect: "Allow", NotPrincipal: { AWS: ROLE_ARN }, Action: "sts:AssumeRole" }),
        ],
        says: [
          `Role "subject" lets in by NotPrincipal (${P}). Use Principal with the roles that are meant.`,
        ],
      },
      "a trust policy of aws-native": {
        given: [
          nativeTrusts({
            Effect: "Allow",
            NotPrincipal: { AWS: ROLE_ARN },
            Action: "sts:AssumeRole",
          }),
        ],
        says: [
          `Role "subject" lets in by NotPrincipal (${NP}). Use Principal with the roles that are meant.`,
        ],
      },
      "a key policy": {
        given: [
          resource("aws:kms/key:Key", {
            policy: policy({
              Effect: "Allow",
              NotPrincipal: "*",
              Action: "kms:Decrypt",
              Resource: "*",
            }),
          }),
        ],
        says: [
          'Key "subject" lets in by NotPrincipal (policy, statement 1). Use Principal with the roles that are meant.',
        ],
      },
    },
    undetermined: unknownTrust,
  },
  everywhere(
    powers.iamPassRoleBounded,
    {
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: "*",
      Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
    },
    (place) =>
      `may pass any role (${place}). Name the roles in Resource and demand iam:PassedToService by StringEquals.`,
    {
      passes: {
        "named roles to a named service": {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::${ACCOUNT}:role/strongroom/*`,
          Condition: {
            StringEquals: { "iam:PassedToService": ["lambda.amazonaws.com", "s3.amazonaws.com"] },
          },
        },
      },
    },
  ),
  everywhere(
    powers.iamNoDecryptWithAllKeys,
    { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" },
    (place) =>
      `allows decryption with every key (${place}). Name the keys by ARN, or demand kms:ViaService, kms:EncryptionContext or kms:ResourceAliases for one account's keys.`,
    {
      passes: {
        "one account's keys through one service": {
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
          Condition: {
            StringEquals: { "kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com" },
          },
        },
      },
      fails: {
        "one account's keys": {
          Effect: "Allow",
          Action: "kms:ReEncrypt*",
          Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
        },
        "every key through one service": {
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: "*",
          Condition: {
            StringEquals: { "kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com" },
          },
        },
        "one account's keys through any service": {
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
          Condition: { StringLike: { "kms:ViaService": "*" } },
        },
      },
    },
  ),
  everywhere(
    powers.iamNoAssumeEveryRole,
    { Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" },
    (place) =>
      `may assume every role (${place}). Name the roles by ARN; a fixed role name in many accounts is fine.`,
    {
      passes: {
        "one role name in many accounts": {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Resource: "arn:aws:iam::*:role/strongroom/strongroom-reader",
        },
      },
      fails: {
        "every role of every account": {
          Effect: "Allow",
          Action: "sts:Assume*",
          Resource: "arn:aws:iam::*:role/*",
        },
      },
    },
  ),
];
