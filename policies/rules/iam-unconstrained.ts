import { expandAction, type Action } from "../iam/action-table";
import { canNarrow } from "../iam/actions";
import { demands } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isStarLike } from "../iam/patterns";
import { allowsAction, reachOfStatement } from "../iam/statements";
import { identityPoliciesOf, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

/** Conditions on the resource itself leave only some of "everything"; the caller's own account is everything still. */
const ON_RESOURCE =
  /^(aws:resourcetag|secretsmanager:resourcetag|ssm:resourcetag|iam:resourcetag|s3:existingobjecttag)\/|^secretsmanager:(secretid|name)$/;

/** Tells whether an Allow statement reaches every resource, of all accounts or (where asked) of one. */
function isUnconstrained(statement: Statement, { alsoOneAccount = false } = {}): boolean {
  if (statement.effect !== "Allow") return false;
  const reach = reachOfStatement(statement);
  if (reach === "some" || (reach === "account" && !alsoOneAccount)) return false;
  return !statement.conditions.some(
    (condition) =>
      ON_RESOURCE.test(condition.key) &&
      demands(condition) &&
      !condition.values.some((value) => isStarLike(value)),
  );
}

/** Calls whose answer is the content of what somebody keeps, or that copy it. */
const READS_DATA = [
  "s3:getobject",
  "s3:getobjectversion",
  "ssm:getparameter",
  "ssm:getparameters",
  "ssm:getparametersbypath",
  "secretsmanager:getsecretvalue",
  "rds:copydbsnapshot",
  "rds:createdbsnapshot",
];

export const iamNoReadOfAllData = defineRule<PolicySubject>({
  id: "iam-no-read-of-all-data",
  catalogue: [39],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows the reading of all objects, parameters or secrets.",
  why: "One stolen session takes away whatever anybody of the account keeps.",
  fix: "Name the buckets, parameters and secrets by ARN, or demand a tag of theirs.",
  corresponds: ["CKV_AWS_108", "CKV_AWS_288", "DataExfiltration"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!isUnconstrained(statement)) return;
      if (READS_DATA.some((action) => allowsAction(statement, action))) {
        yield { wrong: `may read all data (${policy.property}, ${statement.label})` };
      }
    }),
});

/** Calls that answer credentials, or make or change those of somebody. */
const GIVES_CREDENTIALS = [
  "cognito-identity:getcredentialsforidentity",
  "cognito-identity:getopenidtoken",
  "connect:getfederationtoken",
  "ec2:getpassworddata",
  "iam:createaccesskey",
  "iam:createloginprofile",
  "iam:createservicespecificcredential",
  "iam:resetservicespecificcredential",
  "iam:updateaccesskey",
  "iam:updateloginprofile",
  "lightsail:getinstanceaccessdetails",
  "lightsail:getrelationaldatabasemasteruserpassword",
  "rds-db:connect",
  "redshift:getclustercredentials",
  "redshift:getclustercredentialswithiam",
  "sts:assumerole",
];

export const iamNoCredentialsOfAll = defineRule<PolicySubject>({
  id: "iam-no-credentials-of-all",
  catalogue: [40],
  objective: "credentials",
  severity: "high",
  scope: "stack",
  checks:
    "No identity policy allows the making or fetching of credentials of everybody, of all accounts or of one.",
  why: "Whoever gets the session can become anybody else, and stay it after the session has ended.",
  fix: "Name the users, roles, databases or instances by ARN.",
  corresponds: ["CKV_AWS_107", "CKV_AWS_287", "CredentialsExposure"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!isUnconstrained(statement, { alsoOneAccount: true })) return;
      if (GIVES_CREDENTIALS.some((action) => allowsAction(statement, action))) {
        yield { wrong: `may get anybody's credentials (${policy.property}, ${statement.label})` };
      }
    }),
});

/** Tells whether a statement allows an action of some sort that AWS could narrow to resources. */
function allowsSort(statement: Statement, isOfSort: (action: Action) => boolean): boolean {
  if (statement.notActions !== undefined) return true;
  return statement.actions.some((pattern) =>
    expandAction(pattern).some((action) => canNarrow(action) && isOfSort(action)),
  );
}

export const iamNoExposureOfAll = defineRule<PolicySubject>({
  id: "iam-no-exposure-of-all",
  catalogue: [41],
  objective: "least-privilege",
  severity: "high",
  scope: "stack",
  checks: "No identity policy allows the changing of permissions on every resource.",
  why: "Who may write any resource's policy can open it to anybody, and give itself the rest.",
  fix: "Name the resources whose permissions may be changed by ARN.",
  corresponds: ["CKV_AWS_109", "CKV_AWS_289", "ResourceExposure"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!isUnconstrained(statement)) return;
      if (allowsSort(statement, ({ level }) => level === "permissions")) {
        yield {
          wrong: `may change the permissions of everything (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

export const iamNoWriteToAll = defineRule<PolicySubject>({
  id: "iam-no-write-to-all",
  catalogue: [42],
  objective: "least-privilege",
  severity: "medium",
  level: "advisory",
  scope: "stack",
  checks: "No identity policy allows changes on every resource.",
  why: "A mistake or a stolen session changes and deletes what other teams own.",
  fix: "Name the resources that may be changed by ARN.",
  corresponds: ["CKV_AWS_111", "CKV_AWS_290", "InfrastructureModification"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!isUnconstrained(statement)) return;
      if (allowsSort(statement, ({ level }) => level === "write" || level === "tagging")) {
        yield { wrong: `may change everything (${policy.property}, ${statement.label})` };
      }
    }),
});

const WRITES_OBJECTS = ["s3:putobject", "s3:replicateobject"];
/** Keys that say whose the bucket is. */
const OWNER = /^(aws:resource(account|orgid|orgpaths)|s3:resourceaccount)$/;

export const iamWritesStayInOrganization = defineRule<PolicySubject>({
  id: "iam-writes-stay-in-organization",
  catalogue: [77],
  objective: "no-outsiders",
  severity: "high",
  scope: "stack",
  checks: "Who may write objects may do so only to buckets of the account or the organization.",
  why: "The name of a bucket says nothing of its owner: what is written can be carried away, and a bucket that was deleted can be taken by somebody else.",
  fix: "Demand aws:ResourceAccount or aws:ResourceOrgID by StringEquals.",
  corresponds: ["data-perimeter-resource"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (!WRITES_OBJECTS.some((action) => allowsAction(statement, action))) return;
      const bounded = statement.conditions.some(
        (condition) =>
          OWNER.test(condition.key) &&
          (demands(condition) || condition.key === "aws:resourceorgpaths") &&
          condition.values.every(
            (value) => /^(\d{12}|o-[a-z0-9]{10,32}(\/.*)?)$/.test(value) || OWN.test(value),
          ),
      );
      if (!bounded) {
        yield {
          wrong: `may write objects to buckets of strangers (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

/** Variables that IAM fills with the caller's own account or organization. */
const OWN = /^\$\{aws:Principal(Account|OrgID)\}$/i;

export const iamNoLogsWildcard = defineRule<PolicySubject>({
  id: "iam-no-logs-wildcard",
  catalogue: [95],
  objective: "audit-trail",
  severity: "medium",
  scope: "stack",
  checks: "No identity policy allows logs:*, on whatever resource.",
  why: "A function that may do everything with logs can delete the record of what it did.",
  fix: "Allow logs:CreateLogStream and logs:PutLogEvents on the function's own log group.",
  corresponds: [],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (
        ["logs:deleteloggroup", "logs:putlogevents", "logs:deleteretentionpolicy"].every((action) =>
          allowsAction(statement, action),
        )
      ) {
        yield { wrong: `allows logs:* (${policy.property}, ${statement.label})` };
      }
    }),
});
