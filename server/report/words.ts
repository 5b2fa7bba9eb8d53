import type { AccessChange } from "../../policies/access-changes";

/** A change as it is told: `alters` is gained under one condition and lost under another. */
export interface SaidChange extends Omit<AccessChange, "change"> {
  readonly change: AccessChange["change"] | "alters";
}

/** Tells an account's name; undefined where the organization does not have it. */
export type NameOfAccount = (accountId: string) => string | undefined;

/** Actions that a reviewer must not overlook, in words; everything else keeps its name. */
const VERBS: Readonly<Record<string, string>> = {
  "*": "do everything with",
  "kms:*": "do everything with",
  "kms:Decrypt": "decrypt with",
  "kms:Encrypt": "encrypt with",
  "kms:CreateGrant": "make grants for",
  "kms:PutKeyPolicy": "change the policy of",
  "kms:ScheduleKeyDeletion": "delete",
  "kms:DisableKey": "switch off",
  "secretsmanager:*": "do everything with",
  "secretsmanager:GetSecretValue": "read the value of",
  "secretsmanager:PutSecretValue": "write the value of",
  "secretsmanager:DeleteSecret": "delete",
  "secretsmanager:PutResourcePolicy": "change the policy of",
  "s3:*": "do everything with",
  "s3:GetObject": "read",
  "s3:PutObject": "write",
  "s3:DeleteObject": "delete",
  "s3:DeleteObjectVersion": "delete versions of",
  "s3:PutBucketPolicy": "change the policy of",
  "s3:BypassGovernanceRetention": "lift the lock of",
  "iam:*": "do everything with",
  "iam:PassRole": "pass on",
  "sts:AssumeRole": "become",
};

/** Actions named in one sentence; the rest is counted. */
const MOST_ACTIONS = 4;

/**
 * One change of access in sentences without their account: `role "app" may now decrypt with key 1a2b`. What is in the
 * account itself is not said to be there; of others the account is named.
 */
export function accessSentences(
  change: SaidChange,
  ownAccount: string,
  nameOf: NameOfAccount,
): readonly string[] {
  const { who, through, actions } = change;
  const subject = through === undefined ? lower(who) : principal(who, ownAccount, nameOf);
  if (change.change === "unclear") {
    const what =
      through === undefined ? `what ${lower(who)} may do` : `who may use ${lower(through)}`;
    return [`${what} cannot be told: ${change.why ?? "it is not known"}`];
  }
  const may = MAY[change.change];
  const object = objectOf(change, ownAccount, nameOf);
  const kind = change.change === "alters" ? "another condition" : "conditions";
  const riders = [
    ...(through === undefined ? [] : ["by its policy"]),
    ...(change.conditions.length === 0 ? [] : [`under ${kind} on ${change.conditions.join(", ")}`]),
    // A bucket's policy may speak of other objects instead, which a change of access does not say.
    ...(change.change === "alters" && through?.startsWith("Bucket") === true
      ? ["or for other objects of it"]
      : []),
  ];
  const rider = riders.length === 0 ? "" : ` (${riders.join(", ")})`;
  const said = actions.filter((action) => Object.hasOwn(VERBS, action));
  const others = actions.filter((action) => !Object.hasOwn(VERBS, action));
  return [
    ...said.map((action) => `${subject} ${may} ${VERBS[action] ?? ""} ${object}${rider}`),
    ...(others.length === 0
      ? []
      : [`${subject} ${may} call ${named(others)} on ${object}${rider}`]),
  ];
}

const MAY = { gains: "may now", loses: "may no longer", alters: "may still" } as const;

/** Titles of resources begin with a type: `Role "app"`. */
const lower = (title: string): string => title.charAt(0).toLowerCase() + title.slice(1);

function named(actions: readonly string[]): string {
  const shown = actions.slice(0, MOST_ACTIONS);
  const more = actions.length - shown.length;
  return more === 0
    ? shown.join(", ")
    : `${shown.join(", ")} and ${more} more ${more === 1 ? "action" : "actions"}`;
}

function objectOf(
  { through, resources, except }: SaidChange,
  ownAccount: string,
  nameOf: NameOfAccount,
): string {
  if (through !== undefined) return lower(through);
  const said = resources.map((arn) => resource(arn, ownAccount, nameOf)).join(" within ");
  const spared = except.map((arn) => resource(arn, ownAccount, nameOf)).join(", ");
  return spared === "" ? said : `${said} but not ${spared}`;
}

/** An ARN pattern in words; one that says nothing about the account is about every account. */
function resource(pattern: string, ownAccount: string, nameOf: NameOfAccount): string {
  if (pattern === "*") return "everything";
  const [arn, , service = "", , account = "", ...rest] = pattern.split(":");
  if (arn !== "arn" || rest.length === 0) return pattern;
  const name = rest.join(":");
  const where = place(account, ownAccount, nameOf);
  if (service === "s3") {
    return name.includes("/") ? `objects ${name}${where}` : `bucket ${name}${where}`;
  }
  const [, kind = "", id = ""] = /^([a-z-]+)[/:](.*)$/.exec(name) ?? [];
  if (kind === "") return `${service} ${name}${where}`;
  const noun =
    service === "kms" || service === "iam" || kind === "secret" ? kind : `${service} ${kind}`;
  return id === "*" ? `every ${noun}${where}` : `${noun} ${id}${where}`;
}

function place(account: string, ownAccount: string, nameOf: NameOfAccount): string {
  if (account === "" || account === ownAccount) return "";
  if (account === "*") return " in any account";
  return ` in account ${accountText(account, nameOf)}`;
}

function accountText(account: string, nameOf: NameOfAccount): string {
  const name = nameOf(account);
  return name === undefined ? account : `${name} (${account})`;
}

/** The own account has no name: equal changes of several accounts are told once. */
const wholeAccount = (account: string, ownAccount: string, nameOf: NameOfAccount): string =>
  account === ownAccount
    ? "everybody of the account itself"
    : `account ${accountText(account, nameOf)}`;

/** A principal of a policy in words. */
function principal(who: string, ownAccount: string, nameOf: NameOfAccount): string {
  if (/^\d{12}$/.test(who)) return wholeAccount(who, ownAccount, nameOf);
  const [, account = "", kind = "", name = ""] =
    /^arn:[^:]+:(?:iam|sts)::(\d{12}):([a-z-]+)\/?(.*)$/.exec(who) ?? [];
  if (account === "") return who;
  if (kind === "root") return wholeAccount(account, ownAccount, nameOf);
  return `${kind} ${name}${place(account, ownAccount, nameOf)}`;
}
