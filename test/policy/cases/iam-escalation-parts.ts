import { iamNoEscalation } from "../../../policies/rules/iam-escalation";
import type { ResourceInput } from "../../../policies/model/stack";
import { ACCOUNT, policy, resource } from "../fixtures";

export const ROLE = "aws:iam/role:Role";
export const INLINE = "aws:iam/rolePolicy:RolePolicy";
export const MANAGED = "aws:iam/policy:Policy";
export const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
export const iamArn = (rest: string, partition = "aws"): string =>
  `arn:${partition}:iam::${ACCOUNT}:${rest}`;

export const allow = (
  action: string | readonly string[],
  on: string | readonly string[] = "*",
) => ({
  Effect: "Allow",
  Action: action,
  Resource: on,
});
export const trust = (principal: unknown, more: object = {}) =>
  policy({ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", ...more });
export const LAMBDA = trust({ Service: "lambda.amazonaws.com" });

export const role = (name: string, props: object = {}): ResourceInput =>
  resource(ROLE, { name, assumeRolePolicy: LAMBDA, ...props }, { name });
export const inline = (name: string, of: string, ...statements: readonly object[]): ResourceInput =>
  resource(INLINE, { role: of, policy: policy(...statements) }, { name });
export const boundaryOf = (...statements: readonly object[]): ResourceInput =>
  resource(
    MANAGED,
    { name: "boundary", arn: iamArn("policy/boundary"), policy: policy(...statements) },
    { name: "boundary" },
  );
export const bounded = { permissionsBoundary: iamArn("policy/boundary") };

export const pass = allow("iam:PassRole");
export const create = allow(["lambda:CreateFunction", "lambda:InvokeFunction"]);
export const FUNCTION = "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction";
export const fails = (subject: string, ways: string, ...given: readonly ResourceInput[]) => ({
  given,
  says: [`${subject} could get more permissions: ${ways}. ${iamNoEscalation.fix}`],
});
export const throughFunction = (where: string): string =>
  `acts through lambda with a role that it passes by ${FUNCTION} (${where})`;
export const PUT = "gives an identity any permission by iam:PutRolePolicy";

/** B may change every identity; A may do nothing but become B. */
export const strong = inline("strong", "b", allow("iam:PutRolePolicy"));
export const assuming = inline("assuming", "a", allow("sts:AssumeRole", iamArn("role/b")));
export const chain = (of: string, ...more: readonly ResourceInput[]): readonly ResourceInput[] => [
  role("a"),
  role("b", { assumeRolePolicy: of }),
  strong,
  ...more,
];
export const STRONG = `Role "b" could get more permissions: ${PUT} (RolePolicy "strong", policy, statement 1). ${iamNoEscalation.fix}`;
export const AS_B = `Role "a" could get more permissions: gives an identity any permission as Role "b" by iam:PutRolePolicy (RolePolicy "strong", policy, statement 1). ${iamNoEscalation.fix}`;
export const overChain = (...given: readonly ResourceInput[]) => ({ given, says: [AS_B, STRONG] });
export const notOverChain = (...given: readonly ResourceInput[]) => ({ given, says: [STRONG] });
export const itself = { AWS: iamArn("role/a") };
export const root = { AWS: iamArn("root") };
