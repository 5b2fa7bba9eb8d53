import { accountOf, isAccountRoot } from "./arn";
import { demandedValues, demands, restrictsCaller } from "./conditions";
import type { Statement } from "./document";
import { isOpen } from "./patterns";

/** Whose account and organization a document belongs to; undefined where that is not known. */
export interface Owner {
  readonly account?: string | undefined;
  readonly organization?: string | undefined;
}

/**
 * Who is let in:
 * - `public`: anybody, with or without an AWS account.
 * - `foreign`: somebody of another account, or of one that is not known to be ours.
 * - `organization`: anybody of one organization.
 * - `service`: an AWS service, on whoever's behalf.
 * - `federated`: users of an identity provider.
 * - `own`: somebody of the owner's account.
 */
export type Audience = "public" | "foreign" | "organization" | "service" | "federated" | "own";

/** One principal of an Allow statement, and how far the statement narrows who that may be. */
export interface Exposure {
  readonly audience: Audience;
  /** As the document names it; `*` for everybody. */
  readonly principal: string;
  /** Everybody of an account: its id, its root, or a condition on the account alone. */
  readonly wholeAccount: boolean;
  /**
   * Condition keys that really narrow the caller: for services the source, for providers audience and subject, for
   * everybody else who is asking. Empty: nothing does.
   */
  readonly narrowedBy: readonly string[];
}

/** Keys that say on whose behalf a service asks. */
const SOURCE_KEYS = new Set([
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceorgid",
  "aws:sourceorgpaths",
  "kms:calleraccount",
]);

/** Who an Allow statement lets in; empty for Deny, and for statements without principals. */
export function exposuresOf(statement: Statement, owner: Owner = {}): Exposure[] {
  if (statement.effect !== "Allow") return [];
  const { principals, notPrincipals } = statement;
  if (notPrincipals !== undefined) return [everybody(statement, owner)];
  if (principals === undefined) return [];
  const found: Exposure[] = [];
  if (principals.everybody) found.push(everybody(statement, owner));
  for (const principal of principals.aws) {
    if (!/^[*?]+$/.test(principal)) found.push(named(statement, owner, principal));
  }
  for (const principal of principals.services) {
    const narrowedBy = callerKeys(statement).filter((key) => SOURCE_KEYS.has(key));
    found.push({ audience: "service", principal, wholeAccount: false, narrowedBy });
  }
  for (const principal of principals.federated) {
    const { audience, subject } = federationGuard(statement);
    const narrowedBy = [audience, subject].filter((key) => key !== undefined);
    found.push({ audience: "federated", principal, wholeAccount: false, narrowedBy });
  }
  for (const principal of principals.canonicalUsers) {
    found.push({ audience: "foreign", principal, wholeAccount: true, narrowedBy: [] });
  }
  return found;
}

function callerKeys(statement: Statement): string[] {
  return statement.conditions.filter(restrictsCaller).map(({ key }) => key);
}

/** Everybody, as far as the conditions leave it at that. */
function everybody(statement: Statement, owner: Owner): Exposure {
  const narrowedBy = callerKeys(statement);
  const base = { principal: "*", narrowedBy };
  if (narrowedBy.length === 0) return { ...base, audience: "public", wholeAccount: true };
  const accounts = ["aws:principalaccount", "kms:calleraccount", "aws:sourceaccount"].flatMap(
    (key) => (narrowedBy.includes(key) ? (demandedValues(statement, key) ?? []) : []),
  );
  const arns = ["aws:principalarn", "aws:sourcearn"].flatMap((key) =>
    narrowedBy.includes(key) ? (demandedValues(statement, key) ?? []) : [],
  );
  const named = [...accounts, ...arns.map((arn) => accountOf(arn) ?? "")];
  const wholeAccount = arns.length === 0;
  if (named.length > 0) {
    const own = named.every((account) => isOwn(account, owner));
    return { ...base, audience: own ? "own" : "foreign", wholeAccount };
  }
  const organizational = narrowedBy.some((key) => /org(id|paths)$/.test(key));
  return { ...base, audience: organizational ? "organization" : "foreign", wholeAccount };
}

const isOwn = (account: string, owner: Owner): boolean =>
  account === "${aws:ResourceAccount}" ||
  (owner.account !== undefined && account === owner.account);

function named(statement: Statement, owner: Owner, principal: string): Exposure {
  const account = accountOf(principal);
  const own = account !== undefined && isOwn(account, owner);
  const narrowedBy = statement.conditions
    .filter((condition) => demands(condition) && narrowsNamed(condition.key))
    .filter(({ values }) => values.every((value) => !isOpen(value)))
    .map(({ key }) => key);
  return {
    audience: own ? "own" : "foreign",
    principal,
    wholeAccount: isAccountRoot(principal) || isOpen(principal),
    narrowedBy: [...new Set([...callerKeys(statement), ...narrowedBy])],
  };
}

/** Keys that narrow somebody who is named already: which role of the account, or which of a third party's customers. */
const narrowsNamed = (key: string): boolean =>
  key === "sts:externalid" || key === "aws:principalarn" || key.startsWith("aws:principaltag/");

/** Which condition keys pin the audience and the subject of a token; undefined where nothing does. */
export interface FederationGuard {
  readonly audience: string | undefined;
  readonly subject: string | undefined;
}

/**
 * How a trust statement narrows the tokens of an identity provider. The audience must be exact; the subject may end in a
 * wildcard, but only after the part that names whose it is (`repo:acme/…`, not `repo:*`).
 */
export function federationGuard(statement: Statement): FederationGuard {
  const pinned = (name: RegExp, holds: (value: string) => boolean): string | undefined =>
    statement.conditions.find(
      (condition) =>
        name.test(condition.key) &&
        demandsQuantified(condition) &&
        condition.values.length > 0 &&
        condition.values.every(holds),
    )?.key;
  return {
    audience: pinned(/:(aud|azp|app_id)$/, (value) => !isOpen(value)),
    subject: pinned(/:(sub|amr|id|user_id|namequalifier)$/, isAnchored),
  };
}

/** `ForAnyValue` demands the key as well, so it is as good on the keys of tokens. */
const demandsQuantified = (condition: Statement["conditions"][number]): boolean =>
  demands(
    condition.quantifier === "foranyvalue" ? { ...condition, quantifier: undefined } : condition,
  );

function isAnchored(value: string): boolean {
  if (!isOpen(value)) return value !== "";
  const fixed = /^[^*?$]*/.exec(value)?.[0] ?? "";
  return /^repo:/.test(value) ? /^repo:[^/]+\//.test(fixed) : /[:/][^:/]+[:/]/.test(fixed);
}
