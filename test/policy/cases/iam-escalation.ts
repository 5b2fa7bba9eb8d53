import { iamNoEscalation } from "../../../policies/rules/iam-escalation";
import {
  ACCOUNT,
  changed,
  policy,
  policyData,
  resource,
  UNKNOWN,
  urnOf,
  type RuleCases,
} from "../fixtures";
import {
  ROLE,
  INLINE,
  MANAGED,
  ATTACHMENT,
  iamArn,
  allow,
  trust,
  LAMBDA,
  role,
  inline,
  boundaryOf,
  bounded,
  pass,
  create,
  FUNCTION,
  fails,
  throughFunction,
  PUT,
  strong,
  assuming,
  chain,
  STRONG,
  AS_B,
  overChain,
  notOverChain,
  itself,
  root,
} from "./iam-escalation-parts";
import { TAKEOVERS } from "./iam-takeovers";

export const IAM_ESCALATION_CASES: readonly RuleCases[] = [
  {
    rule: iamNoEscalation,
    passes: {
      ...TAKEOVERS.passes,
      "one step of a way alone": [role("app"), inline("one", "app", pass)],
      "the other steps alone": [role("app"), inline("one", "app", create)],
      "the steps on two roles that cannot become each other": [
        role("a"),
        role("b"),
        inline("one", "a", pass),
        inline("two", "b", create),
      ],
      "a step that a boundary keeps out": [
        role("app", bounded),
        inline("one", "app", pass, create),
        boundaryOf(create),
      ],
      "a step that another policy denies": [
        role("app"),
        inline("one", "app", pass, create),
        inline("two", "app", { ...pass, Effect: "Deny" }),
      ],
      "roles that are passed by name": [
        role("app"),
        inline("one", "app", allow("iam:PassRole", iamArn("role/worker")), create),
      ],
      "roles that are passed to another service": [
        role("app"),
        inline(
          "one",
          "app",
          {
            ...pass,
            Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
          },
          create,
        ),
      ],
      "changes of another role by name": [
        role("app"),
        inline("one", "app", allow("iam:PutRolePolicy", iamArn("role/worker"))),
      ],
      "new roles that must have a boundary": [
        role("app"),
        inline("one", "app", {
          ...allow(["iam:CreateRole", "iam:PutRolePolicy"], iamArn("role/made/*")),
          Condition: { StringEquals: { "iam:PermissionsBoundary": iamArn("policy/boundary") } },
        }),
      ],
      "a role that becomes a harmless one": [
        role("a"),
        role("b", { assumeRolePolicy: trust(itself) }),
        assuming,
        inline("reading", "b", allow("s3:ListAllMyBuckets")),
      ],
      "a role that passes a harmless one to a function": [
        role("a"),
        role("b"),
        inline("one", "a", allow("iam:PassRole", iamArn("role/b")), create),
        inline("reading", "b", allow("s3:ListAllMyBuckets")),
      ],
      "harmless permissions, in aws-native": [
        resource("aws-native:iam:Role", {
          roleName: "app",
          policies: [{ policyName: "p", policyDocument: policyData(allow("kms:Decrypt")) }],
        }),
      ],
    },
    fails: {
      ...TAKEOVERS.fails,
      "one action that is enough": fails(
        'Role "app"',
        `${PUT} (RolePolicy "one", policy, statement 1)`,
        role("app"),
        inline("one", "app", allow("iam:PutRolePolicy")),
      ),
      "steps in two statements": fails(
        'Role "app"',
        throughFunction(
          'RolePolicy "one", policy, statement 1; RolePolicy "one", policy, statement 2',
        ),
        role("app"),
        inline("one", "app", pass, create),
      ),
      "steps in two policies of one role": fails(
        'Role "app"',
        throughFunction(
          'RolePolicy "one", policy, statement 1; RolePolicy "two", policy, statement 1',
        ),
        role("app"),
        inline("one", "app", pass),
        inline("two", "app", create),
      ),
      "steps inline in the role and in a managed policy": fails(
        'Role "app"',
        throughFunction(
          'Role "app", inlinePolicies[0].policy, statement 1; Policy "two", policy, statement 1',
        ),
        role("app", { inlinePolicies: [{ name: "one", policy: policy(pass) }] }),
        resource(MANAGED, { name: "two", policy: policy(create) }, { name: "two" }),
        resource(ATTACHMENT, { role: "app", policyArn: iamArn("policy/two") }, { name: "two" }),
      ),
      "steps joined by the engine's record alone": fails(
        'Role "app"',
        throughFunction('Policy "one", policy, statement 1; RolePolicy "two", policy, statement 1'),
        resource(ROLE, { assumeRolePolicy: LAMBDA }, { name: "app" }),
        resource(MANAGED, { policy: policy(pass) }, { name: "one" }),
        resource(
          ATTACHMENT,
          { role: UNKNOWN, policyArn: UNKNOWN },
          {
            name: "one",
            propertyDependencies: {
              role: [urnOf(ROLE, "app")],
              policyArn: [urnOf(MANAGED, "one")],
            },
          },
        ),
        resource(
          INLINE,
          { role: UNKNOWN, policy: policy(create) },
          { name: "two", propertyDependencies: { role: [urnOf(ROLE, "app")] } },
        ),
      ),
      "steps on a role that is made elsewhere": fails(
        'RolePolicy "one"',
        throughFunction(
          'RolePolicy "one", policy, statement 1; RolePolicy "two", policy, statement 1',
        ),
        inline("one", "elsewhere", pass),
        inline("two", "elsewhere", create),
      ),
      "a policy that nothing attaches": fails(
        'Policy "one"',
        `${PUT} (Policy "one", policy, statement 1)`,
        resource(
          MANAGED,
          { name: "one", policy: policy(allow("iam:PutRolePolicy")) },
          { name: "one" },
        ),
      ),
      "steps that a boundary leaves": fails(
        'Role "app"',
        `${PUT} (RolePolicy "one", policy, statement 1; Policy "boundary", policy, statement 1)`,
        role("app", bounded),
        inline("one", "app", allow("iam:*")),
        boundaryOf(allow("iam:PutRolePolicy")),
      ),
      "a role that may change itself by name": fails(
        'Role "app"',
        `${PUT} (RolePolicy "one", policy, statement 1)`,
        role("app"),
        inline("one", "app", allow("iam:PutRolePolicy", iamArn("role/app"))),
      ),
      "a role that may change itself in another partition": fails(
        'Role "app"',
        `${PUT} (RolePolicy "one", policy, statement 1)`,
        changed(role("app"), {}, { providerRegion: "cn-north-1" }),
        inline("one", "app", allow("iam:PutRolePolicy", iamArn("role/app", "aws-cn"))),
      ),
      "a role whose made-up name a pattern takes": fails(
        'Role "app"',
        `${PUT} (RolePolicy "one", policy, statement 1)`,
        resource(ROLE, { assumeRolePolicy: LAMBDA }, { name: "app" }),
        resource(
          INLINE,
          { role: UNKNOWN, policy: policy(allow("iam:PutRolePolicy", iamArn("role/app-*"))) },
          { name: "one", propertyDependencies: { role: [urnOf(ROLE, "app")] } },
        ),
      ),
      "a role that may write a policy that it has": fails(
        'Role "app"',
        `changes what a managed policy allows by iam:CreatePolicyVersion (Policy "own", policy, statement 1)`,
        role("app"),
        resource(
          MANAGED,
          { name: "own", policy: policy(allow("iam:CreatePolicyVersion", iamArn("policy/own"))) },
          { name: "own" },
        ),
        resource(ATTACHMENT, { role: "app", policyArn: iamArn("policy/own") }, { name: "own" }),
      ),
      "a role that becomes a stronger one": overChain(...chain(trust(itself), assuming)),
      "a role that a stronger one trusts by name, without permission": overChain(
        ...chain(trust(itself), inline("idle", "a", allow("s3:ListAllMyBuckets"))),
      ),
      "a role that a stronger one trusts as one of the account": overChain(
        ...chain(trust(root), assuming),
      ),
      "a session of a role that a stronger one trusts": overChain(
        ...chain(trust({ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/a/build` }), assuming),
      ),
      "a role that is trusted by a condition on its ARN": overChain(
        ...chain(
          trust(root, { Condition: { ArnLike: { "aws:PrincipalArn": iamArn("role/a*") } } }),
          assuming,
        ),
      ),
      "a role that becomes a stronger one over a third": {
        given: [
          role("a"),
          role("middle", { assumeRolePolicy: trust(itself) }),
          role("b", { assumeRolePolicy: trust({ AWS: iamArn("role/middle") }) }),
          inline("assuming", "a", allow("sts:AssumeRole", iamArn("role/middle"))),
          inline("further", "middle", allow("sts:AssumeRole", iamArn("role/b"))),
          strong,
        ],
        says: [AS_B, AS_B.replace('"a"', '"middle"'), STRONG],
      },
      "a role that passes a stronger one to a function": overChain(
        role("a"),
        role("b"),
        strong,
        inline("one", "a", allow("iam:PassRole", iamArn("role/b")), create),
      ),
      "the stronger role alone, where it does not trust the service that it is passed to":
        notOverChain(
          role("a"),
          role("b", { assumeRolePolicy: trust({ Service: "ec2.amazonaws.com" }) }),
          strong,
          inline("one", "a", allow("iam:PassRole", iamArn("role/b")), create),
        ),
      "steps on two roles, one of which becomes the other": {
        given: [
          role("a"),
          role("b", { assumeRolePolicy: trust(itself) }),
          inline("one", "a", pass),
          inline("two", "b", create),
        ],
        says: [
          `Role "a" could get more permissions: acts through lambda with a role that it passes as Role "b" by ${FUNCTION} (RolePolicy "one", policy, statement 1; RolePolicy "two", policy, statement 1). ${iamNoEscalation.fix}`,
        ],
      },
      "a role that may rewrite the trust of one that it can become": {
        given: [
          role("a"),
          role("b", { assumeRolePolicy: trust(itself) }),
          inline("one", "a", allow("iam:PutRolePolicy", iamArn("role/b"))),
          inline("two", "b", allow("s3:ListAllMyBuckets")),
        ],
        says: [
          `Role "a" could get more permissions: gives an identity any permission as Role "b" by iam:PutRolePolicy (RolePolicy "one", policy, statement 1). ${iamNoEscalation.fix}`,
        ],
      },
      "the stronger role alone, where the weaker may not assume it": notOverChain(
        ...chain(trust(root), inline("idle", "a", allow("s3:ListAllMyBuckets"))),
      ),
      "the stronger role alone, where it trusts another by condition": notOverChain(
        ...chain(
          trust(root, { Condition: { ArnEquals: { "aws:PrincipalArn": iamArn("role/other") } } }),
          assuming,
        ),
      ),
      "the stronger role alone, where its trust denies the weaker": notOverChain(
        ...chain(
          policy(
            { Effect: "Allow", Principal: root, Action: "sts:AssumeRole" },
            { Effect: "Deny", Principal: itself, Action: "sts:*" },
          ),
          assuming,
        ),
      ),
      "the stronger role alone, where the weaker is denied it": notOverChain(
        ...chain(
          trust(itself),
          assuming,
          inline("denied", "a", { ...allow("sts:AssumeRole"), Effect: "Deny" }),
        ),
      ),
      "the stronger role alone, where it trusts a service": notOverChain(
        ...chain(LAMBDA, assuming),
      ),
      "one of AWS's own policies with everything": {
        given: [role("app", { managedPolicyArns: ["arn:aws:iam::aws:policy/IAMFullAccess"] })],
        says: [
          `Role "app" could get more permissions: changes what a managed policy allows by iam:CreatePolicyVersion (AWS's policy IAMFullAccess, statement 1); changes what a managed policy allows by iam:SetDefaultPolicyVersion (AWS's policy IAMFullAccess, statement 1); gives an identity any permission by iam:PutUserPolicy (AWS's policy IAMFullAccess, statement 1); and 22 more ways. ${iamNoEscalation.fix}`,
        ],
      },
      "a group's permissions": fails(
        'Group "team"',
        `${PUT} (GroupPolicy "one", policy, statement 1)`,
        resource("aws:iam/group:Group", { name: "team" }, { name: "team" }),
        resource(
          "aws:iam/groupPolicy:GroupPolicy",
          { group: "team", policy: policy(allow("iam:PutRolePolicy")) },
          { name: "one" },
        ),
      ),
      "steps in two policies of one role, in aws-native": fails(
        'Role "app"',
        throughFunction(
          'Role "app", policies[0].policyDocument, statement 1; ManagedPolicy "two", policyDocument, statement 1',
        ),
        resource(
          "aws-native:iam:Role",
          {
            roleName: "app",
            policies: [{ policyName: "one", policyDocument: policyData(pass) }],
          },
          { name: "app" },
        ),
        resource(
          "aws-native:iam:ManagedPolicy",
          { roles: ["app"], policyDocument: policyData(create) },
          { name: "two" },
        ),
      ),
    },
    undetermined: {
      ...TAKEOVERS.undetermined,
      "a policy that is not known yet": {
        given: [role("app"), resource(INLINE, { role: "app", policy: UNKNOWN }, { name: "one" })],
        property: "policy",
      },
      "an attached policy that is not known yet": {
        given: [role("app"), resource(ATTACHMENT, { role: "app", policyArn: UNKNOWN })],
        property: "policyArn",
      },
      "steps of which one may be anybody's": {
        given: [
          role("app"),
          inline("one", "app", pass),
          resource(INLINE, { role: UNKNOWN, policy: policy(create) }, { name: "two" }),
        ],
        property: "its role or a role's trust",
      },
      "steps on two roles, where the trust between them is not known yet": {
        given: [
          role("a"),
          role("b", { assumeRolePolicy: UNKNOWN }),
          inline("one", "a", pass, allow("sts:AssumeRole", iamArn("role/b"))),
          inline("two", "b", create),
        ],
        property: "its role or a role's trust",
      },
    },
  },
];
