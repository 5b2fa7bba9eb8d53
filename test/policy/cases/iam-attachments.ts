import * as attachments from "../../../policies/rules/iam-attachments";
import {
  ACCOUNT,
  changed,
  OTHER_ACCOUNT,
  policy,
  quick,
  resource,
  UNKNOWN,
  urnOf,
  type RuleCases,
} from "../fixtures";

const ROLE = "aws:iam/role:Role";
const NATIVE_ROLE = "aws-native:iam:Role";
const assume = (principal: object) => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
});
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const attached = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
  role: "app",
  policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
});
const nativeRole = resource(NATIVE_ROLE, {
  managedPolicyArns: [`arn:aws:iam::${ACCOUNT}:policy/app`],
});
const STRONG = attachments.iamNoStrongManagedPolicies;
const trusting = (account: string) =>
  resource(
    ROLE,
    { name: "app", assumeRolePolicy: policy(assume({ AWS: `arn:aws:iam::${account}:role/x` })) },
    { name: "app" },
  );

export const IAM_ATTACHMENT_CASES: readonly RuleCases[] = [
  {
    rule: STRONG,
    passes: {
      "one of AWS's narrow policies": [attached],
      "a policy of one's own, in aws-native": [nativeRole],
      "reading, for the own account": [
        changed(attached, { policyArn: READ_ONLY }),
        trusting(ACCOUNT),
      ],
      "a policy of this stack that is not made yet": [
        resource("aws:iam/policy:Policy", {}, { name: "own" }),
        changed(
          attached,
          { policyArn: UNKNOWN },
          {
            propertyDependencies: {
              policyArn: [urnOf("aws:iam/policy:Policy", "own")],
            },
          },
        ),
      ],
    },
    fails: {
      "administration, attached": {
        given: [changed(attached, { policyArn: ADMINISTRATOR })],
        says: [
          `RolePolicyAttachment "subject" has one of AWS's strongest policies (policyArn). ${STRONG.fix}`,
        ],
      },
      "administration in a list, in aws-native": {
        given: [changed(nativeRole, { managedPolicyArns: [READ_ONLY, ADMINISTRATOR] })],
        says: [
          `Role "subject" has one of AWS's strongest policies (managedPolicyArns). ${STRONG.fix}`,
        ],
      },
      "administration in another partition": {
        given: [changed(attached, { policyArn: ADMINISTRATOR.replace("arn:aws:", "arn:aws-cn:") })],
        says: [
          `RolePolicyAttachment "subject" has one of AWS's strongest policies (policyArn). ${STRONG.fix}`,
        ],
      },
      "reading, for another account": {
        given: [changed(attached, { policyArn: READ_ONLY }), trusting(OTHER_ACCOUNT)],
        says: [
          `RolePolicyAttachment "subject" lets another account read everything (policyArn). ${STRONG.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown policy": {
        given: [changed(attached, { policyArn: UNKNOWN })],
        property: "policyArn",
      },
    },
  },
  quick({
    rule: attachments.accessAnalyzerFindsOutsiders,
    aws: resource("aws:accessanalyzer/analyzer:Analyzer", { analyzerName: "a", type: "ACCOUNT" }),
    native: resource("aws-native:accessanalyzer:Analyzer", { analyzerName: "a", type: "ACCOUNT" }),
    alsoGood: { "an organization": { type: "ORGANIZATION" }, "nothing said": { type: undefined } },
    bad: {
      "unused access alone": [
        { type: "ACCOUNT_UNUSED_ACCESS" },
        "does not look for access from outside",
      ],
    },
    unknown: { type: undefined },
  }),
];
