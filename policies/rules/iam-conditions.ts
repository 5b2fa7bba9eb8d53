import { restrictsCaller, saysWhoCalls } from "../iam/conditions";
import type { Condition, Statement } from "../iam/document";
import { policiesOfKind, policiesOf, type PolicySubject } from "../model/policies";
import type { Problem } from "../model/subject";
import { defineRule } from "./rule";

const onAllow = (
  check: (statement: Statement, place: string) => Iterable<Problem>,
): ((policy: PolicySubject) => Iterable<Problem>) => {
  return (policy) =>
    policy.check((statement) =>
      statement.effect === "Allow"
        ? check(statement, `${policy.property}, ${statement.label}`)
        : [],
    );
};

/** Keys that have several values in one request; for these a quantifier is needed. */
const MULTI_VALUED =
  /^(aws:(tagkeys|calledvia|principalorgpaths|sourceorgpaths|principalservicenameslist|principalvpceorgpaths)|kms:(resourcealiases|requestalias|grantoperations|encryptioncontextkeys)|dynamodb:attributes|dynamodb:leadingkeys|cognito-identity\.amazonaws\.com:amr|glue:.*|sts:transitivetagkeys|.*:amr)$/;

export const iamForAllValuesSound = defineRule<PolicySubject>({
  id: "iam-for-all-values-sound",
  catalogue: [52],
  objective: "least-privilege",
  severity: "high",
  checks:
    "No Allow statement puts ForAllValues before a key that has one value, or IfExists behind one that says who is calling.",
  why: "Both are true when the key is missing from the request, so the condition lets in whom it should keep out.",
  fix: "Use the operator without ForAllValues and IfExists.",
  corresponds: ["FORALLVALUES_WITH_SINGLE_VALUED_KEY"],
  subjects: policiesOf,
  check: onAllow(function* (statement, place) {
    for (const condition of statement.conditions) {
      if (condition.quantifier === "forallvalues" && !MULTI_VALUED.test(condition.key)) {
        yield { wrong: `has ForAllValues before a key with one value (${place})` };
      }
      if (
        saysWhoCalls(condition.key) &&
        condition.ifExists &&
        !isDemandedToo(statement, condition)
      ) {
        yield { wrong: `has IfExists behind a key that says who is calling (${place})` };
      }
      if (saysWhoCalls(condition.key) && demandsAbsence(condition)) {
        yield {
          wrong: `demands that a key that says who is calling is missing (${place})`,
          set: "Demand the key's value.",
        };
      }
    }
  }),
});

function isDemandedToo(statement: Statement, { key }: Condition): boolean {
  return statement.conditions.some((other) => other.key === key && restrictsCaller(other));
}

function demandsAbsence({ operator, values }: Condition): boolean {
  return operator === "null" && values.some((value) => value.toLowerCase() === "true");
}

export const iamMfaDemandedRightly = defineRule<PolicySubject>({
  id: "iam-mfa-demanded-rightly",
  catalogue: [53],
  objective: "credentials",
  severity: "high",
  checks: "No Allow statement is for callers without MFA.",
  why: "The condition is the wrong way round: it lets in those who have no second factor.",
  fix: 'Demand {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, or deny with BoolIfExists "false".',
  corresponds: ["BAD_PATTERN_FOR_MFA"],
  subjects: policiesOf,
  check: onAllow(function* (statement, place) {
    const wrong = statement.conditions.some(
      ({ key, operator, values }) =>
        key === "aws:multifactorauthpresent" &&
        values.some((value) => value.toLowerCase() === (operator === "null" ? "true" : "false")),
    );
    if (wrong) yield { wrong: `lets in callers without MFA (${place})` };
  }),
});

/**
 * Services that send aws:SourceAccount or aws:SourceArn when they assume a role. Lambda and EC2 do not (the role is
 * passed by somebody of the account), so they are not here.
 */
const SENDS_SOURCE: ReadonlySet<string> = new Set(
  [
    "access-analyzer",
    "backup-gateway",
    "bedrock",
    "cloudtrail",
    "codebuild",
    "config",
    "delivery.logs",
    "dms",
    "ecs-tasks",
    "firehose",
    "kinesisanalytics",
    "pipes",
    "s3",
    "sagemaker",
    "scheduler",
    "ses",
    "sns",
    "ssm",
    "states",
    "transfer",
    "vpc-flow-logs",
  ].map((name) => `${name}.amazonaws.com`),
);

export const iamServiceTrustConfined = defineRule<PolicySubject>({
  id: "iam-service-trust-confined",
  catalogue: [47],
  objective: "no-outsiders",
  severity: "medium",
  checks:
    "A role for a service that says for whom it works demands the account or resource it works for.",
  why: "Another customer could have the service use the role for them.",
  fix: "Add a condition on aws:SourceAccount or aws:SourceArn.",
  corresponds: ["iam_role_cross_service_confused_deputy_prevention"],
  subjects: (stack) => policiesOfKind(stack, "trust"),
  check: onAllow(function* (statement, place) {
    const services = statement.principals?.services ?? [];
    if (!services.some((name) => SENDS_SOURCE.has(name.toLowerCase()))) return;
    const demanded = statement.conditions.some(
      (condition) =>
        /^aws:source(account|arn|orgid)$/.test(condition.key) && restrictsCaller(condition),
    );
    if (!demanded) yield { wrong: `trusts a service for everybody's resources (${place})` };
  }),
});

export const iamOidcTrustExact = defineRule<PolicySubject>({
  id: "iam-oidc-trust-exact",
  catalogue: [48],
  objective: "no-outsiders",
  severity: "critical",
  checks:
    "A role that an OpenID Connect provider may assume demands the audience and an exact subject.",
  why: "Everybody with an account at the provider, such as every repository on GitHub, becomes the role.",
  fix: "Demand the provider's aud by StringEquals, and its sub by StringEquals, or by StringLike with organization and repository written out.",
  corresponds: ["CKV_AWS_358"],
  subjects: (stack) => policiesOfKind(stack, "trust"),
  check: onAllow(function* (statement, place) {
    const providers = (statement.principals?.federated ?? []).map(hostOf);
    for (const host of providers) {
      if (host === undefined) continue;
      if (!isExactly(statement, `${host}:aud`, (value) => !/[*?]/.test(value))) {
        yield { wrong: `trusts an OpenID Connect provider for every audience (${place})` };
      }
      // Cognito's identities have no names that a policy could know; amr tells signed-in ones from guests.
      const subject = host === "cognito-identity.amazonaws.com" ? "amr" : "sub";
      if (!isExactly(statement, `${host}:${subject}`, namesOwner)) {
        yield { wrong: `trusts an OpenID Connect provider for every subject (${place})` };
      }
    }
  }),
});

/** The host of an OpenID Connect provider, in lower case as condition keys are; undefined for SAML. */
function hostOf(federated: string): string | undefined {
  if (federated.includes(":saml-provider/")) return undefined;
  const [, host] = /:oidc-provider\/(.+)$/.exec(federated) ?? [];
  return (host ?? federated).toLowerCase();
}

/** A subject that starts with its owner: `repo:company/app:*`, but neither `*` nor `repo:company/*`. */
function namesOwner(value: string): boolean {
  const fixed = value.split(/[*?]|\$\{/)[0] ?? "";
  if (fixed === value) return value !== "";
  if (value.startsWith("repo:")) return /^repo:[^/*?]+\/[^:*?]+:/.test(value);
  return /^[^:]+:[^:]+:[^:]+/.test(fixed);
}

function isExactly(
  statement: Statement,
  key: string,
  isExact: (value: string) => boolean,
): boolean {
  return statement.conditions.some(
    (condition) =>
      condition.key === key &&
      !condition.ifExists &&
      condition.quantifier !== "forallvalues" &&
      /^string(equals|like|equalsignorecase)$/.test(condition.operator) &&
      condition.values.length > 0 &&
      condition.values.every(isExact),
  );
}
