import { arnMatches, parseArn } from "../iam/arn";
import { effectOfAll } from "../iam/condition-effect";
import type { Condition, Principals, Statement } from "../iam/document";
import { servicesActingAs } from "../iam/escalation";
import { globMatches } from "../iam/patterns";
import { regionHas } from "../iam/region";
import { namesAction } from "../iam/statements";
import { identitiesOf, type Identity } from "./identities";
import type { Stack } from "./stack";

/** `known`: what is sure counts. `possible`: so does what may be once unknown values are known. */
export type Certainty = "known" | "possible";

/**
 * The roles of the stack that an identity can become, over any number of steps, the nearest first, without itself. A
 * step needs both sides: the permission to assume (within an account the trust of the exact role is enough), and trust.
 * A role that it can pass to a service which does what it says counts too, if the role trusts the service. `further` names
 * roles that an identity can become in other ways.
 */
export function reachableRoles(
  stack: Stack,
  from: Identity,
  certainty: Certainty = "known",
  further: (identity: Identity) => Iterable<Identity> = () => [],
): readonly Identity[] {
  const doors = stack.family(readDoors);
  const found = new Set<Identity>([from]);
  const open: Identity[] = [from];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const behind = [...doors.near(next, certainty)].filter((role) => !found.has(role));
    const become = behind.filter((role) => mayBecome(next, role, certainty));
    for (const role of [...become, ...further(next)]) {
      if (found.has(role)) continue;
      found.add(role);
      open.push(role);
    }
  }
  found.delete(from);
  return [...found];
}

/** The roles of a stack by whom they let in, so that not every role is held against every other. */
class Doors {
  private readonly exact = new Map<string, Set<Identity>>();
  private readonly wide: Identity[] = [];
  private readonly ofServices: Identity[] = [];
  private readonly unread: Identity[] = [];

  constructor(stack: Stack) {
    for (const role of identitiesOf(stack)) {
      if (role.sort !== "role" || role.trust.length === 0) continue;
      const read = role.trust.map((policy) => policy.readable());
      if (read.some(({ doubts }) => doubts.length > 0)) this.unread.push(role);
      const statements = read.flatMap((one) => one.statements).filter(isOpening);
      if (statements.some(opensWide)) this.wide.push(role);
      if (servicesOf(statements).length > 0) this.ofServices.push(role);
      for (const principal of statements.flatMap(({ principals }) => principals?.aws ?? [])) {
        const caller = callerOf(principal);
        const known = this.exact.get(caller);
        if (known === undefined) this.exact.set(caller, new Set([role]));
        else known.add(role);
      }
    }
  }

  /** Those that may let an identity in: more than do, never fewer. */
  near(from: Identity, certainty: Certainty): Iterable<Identity> {
    const exact = from.arns.flatMap((arn) => [...(this.exact.get(callerOf(arn)) ?? [])]);
    const unread = certainty === "possible" ? this.unread : [];
    const passed = from.permissions.grants("iam:passrole").length > 0 ? this.ofServices : [];
    return new Set([...exact, ...this.wide, ...unread, ...passed]);
  }
}

function readDoors(stack: Stack): Doors {
  return new Doors(stack);
}

const servicesOf = (statements: readonly Statement[]): string[] =>
  statements.flatMap(({ principals }) => principals?.services ?? []);

const isOpening = (statement: Statement): boolean =>
  statement.effect === "Allow" &&
  namesAction(statement, "sts:assumerole") &&
  effectOfAll(statement) !== "never";

/** Lets in more than exact identities: everybody, an account, everybody but some. */
function opensWide({ principals, notPrincipals }: Statement): boolean {
  if (notPrincipals !== undefined || principals?.everybody === true) return true;
  return principals?.aws.some((one) => isAccount(one)) === true;
}

const isAccount = (principal: string): boolean =>
  /^\d{12}$/.test(principal) || parseArn(principal)?.resource === "root";

/** A role, user or role's session as one text, without path and partition: `111122223333 role app`. */
function callerOf(principal: string): string {
  const arn = parseArn(principal);
  if (arn === undefined) return principal;
  const [sort = "", ...rest] = arn.resource.split("/");
  // A session's ARN has no path: assumed-role/app/session.
  const name = sort === "assumed-role" ? rest[0] : rest.at(-1);
  return `${arn.account} ${sort === "assumed-role" ? "role" : sort} ${name ?? ""}`;
}

function mayBecome(from: Identity, role: Identity, certainty: Certainty): boolean {
  const read = role.trust.map((policy) => policy.readable());
  const statements = read.flatMap((one) => one.statements);
  const unread = certainty === "possible" && read.some(({ doubts }) => doubts.length > 0);
  const services = servicesOf(statements.filter(isOpening));
  return role.ownArns.some((arn) => {
    if (services.length > 0) {
      const acting = servicesActingAs(from.permissions, arn);
      if (services.some((service) => acting.has(service))) return true;
    }
    if (from.permissions.denies("sts:assumerole", arn)) return false;
    const assumes = from.permissions
      .grants("sts:assumerole")
      .some(({ region }) => regionHas(region, arn));
    if (unread) return true;
    return from.ownArns.some((caller) => {
      if (statements.some((statement) => shuts(statement, caller))) return false;
      const entries = statements.map((statement) => entryOf(statement, caller));
      const sameAccount = parseArn(arn)?.account === parseArn(caller)?.account;
      return entries.includes("itself")
        ? assumes || sameAccount
        : entries.includes("account") && assumes;
    });
  });
}

/** Whether a trust statement lets a caller in itself, as one of an account that needs the permission too, or not. */
function entryOf(statement: Statement, caller: string): "itself" | "account" | undefined {
  if (!isOpening(statement)) return undefined;
  if (statement.conditions.some((condition) => excludes(condition, caller))) return undefined;
  const { principals, notPrincipals } = statement;
  if (notPrincipals !== undefined) {
    return notPrincipals.everybody || names(notPrincipals, caller) ? undefined : "itself";
  }
  if (principals === undefined) return undefined;
  if (principals.everybody || names(principals, caller)) return "itself";
  return namesAccountOf(principals, caller) ? "account" : undefined;
}

function namesAccountOf(principals: Principals, caller: string): boolean {
  const account = parseArn(caller)?.account;
  return principals.aws.some(
    (one) => isAccount(one) && (one === account || parseArn(one)?.account === account),
  );
}

const names = (principals: Principals, caller: string): boolean =>
  principals.aws.some((principal) => callerOf(principal) === callerOf(caller));

/** Whether a condition surely keeps a caller out. Every request carries its caller's ARN, once. */
function excludes({ key, operator, values }: Condition, caller: string): boolean {
  if (key !== "aws:principalarn") return false;
  const compare = COMPARISONS[operator.replace("not", "")];
  if (compare === undefined) return false;
  const negated = operator.includes("not");
  // What a variable stands for is not known: it may be the caller.
  if (!negated && values.some((value) => value.includes("${"))) return false;
  return values.some((value) => compare(value, caller)) === negated;
}

const COMPARISONS: Readonly<Record<string, (pattern: string, arn: string) => boolean>> = {
  stringequals: (text, arn) => text === arn,
  stringequalsignorecase: (text, arn) => text.toLowerCase() === arn.toLowerCase(),
  stringlike: globMatches,
  arnequals: arnMatches,
  arnlike: arnMatches,
};

/** A Deny that always applies to the caller: to itself, to all of its account, or to all but others. */
function shuts(statement: Statement, caller: string): boolean {
  if (statement.effect !== "Deny" || !namesAction(statement, "sts:assumerole")) return false;
  if (effectOfAll(statement) !== "always") return false;
  const { principals, notPrincipals } = statement;
  const about = (who: Principals): boolean =>
    who.everybody || names(who, caller) || namesAccountOf(who, caller);
  return notPrincipals === undefined
    ? principals !== undefined && about(principals)
    : !about(notPrincipals);
}
