import type { Condition, Statement } from "./document";
import { parseArn } from "./arn";
import { isOpen } from "./patterns";

const ACCOUNT = /^\d{12}$/;
const ORGANIZATION = /^o-[a-z0-9]{10,32}$/;

/** An ARN names its owner: an exact account, or (S3 has no account in its ARNs) one exact bucket. */
function ownedArn(value: string): boolean {
  const arn = parseArn(value);
  if (arn === undefined || isOpen(arn.partition) || isOpen(arn.service)) return false;
  if (ACCOUNT.test(arn.account)) return true;
  return arn.service === "s3" && arn.account === "" && !isOpen(arn.resource);
}

/** `o-…/r-…/ou-…/*`: the organization must be exact, what is below may be open. */
const organizationPath = (value: string): boolean =>
  ORGANIZATION.test(value.split("/")[0] ?? "") && value.includes("/");

/**
 * Keys that say who is calling, each with the test of a value that really narrows it. `kms:viaservice` is not here: it
 * says through which service, not for whom, so on its own it restricts nothing.
 */
const CALLER_KEYS: ReadonlyMap<string, (value: string) => boolean> = new Map(
  Object.entries<(value: string) => boolean>({
    "aws:principalorgid": (value) => ORGANIZATION.test(value) || value === "${aws:ResourceOrgID}",
    "aws:principalorgpaths": organizationPath,
    "aws:principalaccount": (value) => ACCOUNT.test(value) || value === "${aws:ResourceAccount}",
    "aws:principalarn": ownedArn,
    "aws:sourceaccount": (value) => ACCOUNT.test(value) || value === "${aws:ResourceAccount}",
    "aws:sourcearn": ownedArn,
    "aws:sourceorgid": (value) => ORGANIZATION.test(value) || value === "${aws:ResourceOrgID}",
    "aws:sourceorgpaths": organizationPath,
    "aws:sourcevpc": (value) => /^vpc-[0-9a-f]+$/.test(value),
    "aws:sourcevpce": (value) => /^vpce-[0-9a-f]+$/.test(value),
    "aws:sourceowner": (value) => ACCOUNT.test(value),
    "aws:userid": (value) => /^(AROA|AIDA|ASIA)[A-Z0-9]{12,}(:|$)/.test(value),
    "kms:calleraccount": (value) => ACCOUNT.test(value),
    "s3:dataaccesspointaccount": (value) => ACCOUNT.test(value),
  }),
);

const POSITIVE = new Set([
  "stringequals",
  "stringequalsignorecase",
  "stringlike",
  "arnequals",
  "arnlike",
]);

/** Keys with several values in one request; only for these does a quantifier change nothing for the worse. */
const MULTI_VALUED = new Set(["aws:principalorgpaths", "aws:sourceorgpaths"]);

/** A condition that demands the key to be present and to have one of the values: nothing passes by leaving it out. */
export function demands(condition: Condition): boolean {
  if (condition.ifExists || !POSITIVE.has(condition.operator)) return false;
  if (condition.values.length === 0 || condition.quantifier === "forallvalues") return false;
  return condition.quantifier === undefined || MULTI_VALUED.has(condition.key);
}

/** Tells whether a condition key (lower case) says who is calling, or for whom a service works. */
export function saysWhoCalls(key: string): boolean {
  return CALLER_KEYS.has(key);
}

/** Tells whether a condition really limits who the caller may be. */
export function restrictsCaller(condition: Condition): boolean {
  const narrow = CALLER_KEYS.get(condition.key);
  return narrow !== undefined && demands(condition) && condition.values.every(narrow);
}

/** Tells whether a statement really limits who the caller may be: one such condition is enough, as all must hold. */
export function isRestricted(statement: Statement): boolean {
  return statement.conditions.some(restrictsCaller);
}

/** The demanded values of a key, or undefined where the statement does not demand it. */
export function demandedValues(statement: Statement, key: string): readonly string[] | undefined {
  return statement.conditions.find((condition) => condition.key === key && demands(condition))
    ?.values;
}

/** Tells whether a statement demands that a flag has a value (`Bool`, neither `IfExists` nor quantified). */
export function demandsFlag(statement: Statement, key: string, value: boolean): boolean {
  return statement.conditions.some(
    (condition) =>
      condition.key === key &&
      condition.operator === "bool" &&
      !condition.ifExists &&
      condition.quantifier === undefined &&
      condition.values.length > 0 &&
      condition.values.every((text) => text.toLowerCase() === String(value)),
  );
}

/** Tells whether the caller's organization is demanded. */
export function demandsOrganization(statement: Statement): boolean {
  return statement.conditions.some(
    (condition) =>
      (condition.key === "aws:principalorgid" || condition.key === "aws:principalorgpaths") &&
      restrictsCaller(condition),
  );
}
