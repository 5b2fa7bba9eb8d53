import { escalationsOf, type Controlled, type Escalation } from "../iam/escalation";
import { exposuresOf } from "../iam/exposure";
import { Permissions, type SourcedStatement } from "../iam/permissions";
import { regionHas } from "../iam/region";
import { attachmentsOf, type Attached } from "./attachments";
import { policiesOfKind, type PolicySubject } from "./policies";
import type { Resource, Stack } from "./stack";
import type { Subject } from "./subject";
import { TYPES } from "./types";
import { Undetermined } from "./values";

/**
 * A role or user of a stack with everything that says what it may do: inline policies in every spelling, policies
 * that are resources of their own, attached managed policies, its boundary. Groups of users are not followed.
 */
export class Identity implements Subject {
  private made: Permissions | undefined;

  constructor(
    readonly resource: Resource,
    private readonly attached: Attached,
    readonly trust: readonly PolicySubject[],
    /** The account of the stack, where its resources do not say it but its documents name only one. */
    private readonly likelyAccount: string | undefined,
  ) {}

  get isRole(): boolean {
    return TYPES.role.includes(this.resource.type);
  }

  /** Documents that are joined. */
  get policies(): readonly PolicySubject[] {
    return this.attached.policies;
  }

  /** ARNs of attached policies that the stack does not make, so that their content is not seen. */
  get unseenPolicies(): readonly string[] {
    return this.attached.unseen;
  }

  /** What stands in the way of judging all of it: a value that is not known yet, a text that cannot be read. */
  get doubts(): readonly Undetermined[] {
    const documents = [...this.attached.policies, ...(this.attached.boundary ?? [])];
    return [...this.attached.doubts, ...documents.flatMap((policy) => policy.readable().doubts)];
  }

  /** What it may do at most, by what is known. */
  get permissions(): Permissions {
    this.made ??= new Permissions({
      policies: [...this.attached.policies.flatMap(sourced), ...this.attached.managed],
      boundary: this.attached.boundary?.flatMap(sourced),
    });
    return this.made;
  }

  /** Its ARN, where the account and the name are known at preview. */
  get arn(): string | undefined {
    const { view } = this.resource;
    const accountId = this.resource.accountId ?? this.likelyAccount;
    const given = view.raw("arn");
    if (typeof given === "string") return given;
    const name = view.raw("name", "roleName", "userName");
    const path = view.raw("path") ?? "/";
    if (typeof name !== "string" || typeof path !== "string" || accountId === undefined)
      return undefined;
    return `arn:aws:iam::${accountId}:${this.isRole ? "role" : "user"}${path}${name}`;
  }

  /** What it controls: itself and the managed policies that are attached to it. */
  get ownArns(): readonly string[] {
    return [...(this.arn === undefined ? [] : [this.arn]), ...this.attached.arns];
  }
}

function sourced(policy: PolicySubject): SourcedStatement[] {
  const { type, name } = policy.resource;
  const document = `${type.slice(type.lastIndexOf(":") + 1)} "${name}", ${policy.property}`;
  const { statements, version } = policy.readable();
  return statements.map((statement) => ({ statement, document, version }));
}

/** Every role and user of a stack. */
export function identitiesOf(stack: Stack): readonly Identity[] {
  return stack.family(readIdentities);
}

function readIdentities(stack: Stack): Identity[] {
  const attached = attachmentsOf(stack);
  const trust = new Map<Resource, PolicySubject[]>();
  for (const policy of policiesOfKind(stack, "trust")) {
    trust.set(policy.resource, [...(trust.get(policy.resource) ?? []), policy]);
  }
  const account = namedAccount(stack);
  return stack
    .ofTypes([...TYPES.role, ...TYPES.user])
    .map(
      (resource) => new Identity(resource, attached(resource), trust.get(resource) ?? [], account),
    );
}

/** The only account whose roles or users the documents of a stack name. */
function namedAccount(stack: Stack): string | undefined {
  const accounts = new Set<string>();
  for (const policy of policiesOfKind(stack, "trust", "identity")) {
    for (const { principals, resources } of policy.readable().statements) {
      for (const text of [...(principals?.aws ?? []), ...resources]) {
        const account = /^arn:aws[a-z-]*:iam::(\d{12}):(role|user)/.exec(text)?.[1];
        if (account !== undefined) accounts.add(account);
      }
    }
  }
  return accounts.size === 1 ? [...accounts][0] : undefined;
}

/**
 * The roles of the stack that an identity can become, over any number of steps, the nearest first, without itself. A
 * step needs both sides: the permission to assume (within an account the trust of the exact role is enough), and trust.
 */
export function reachableRoles(stack: Stack, from: Identity): readonly Identity[] {
  const roles = identitiesOf(stack).filter(({ isRole }) => isRole);
  const found: Identity[] = [];
  const open: Identity[] = [from];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const role of roles) {
      if (role === from || found.includes(role) || !mayBecome(next, role)) continue;
      found.push(role);
      open.push(role);
    }
  }
  return found;
}

function mayBecome(from: Identity, role: Identity): boolean {
  const { arn } = role;
  const caller = from.arn;
  if (arn === undefined || caller === undefined) return false;
  const account = caller.split(":")[4];
  const assumes = from.permissions
    .grants("sts:assumerole")
    .some(({ region }) => regionHas(region, arn));
  return role.trust.some((policy) =>
    policy.readable().statements.some((statement) =>
      exposuresOf(statement, { account }).some(({ principal, wholeAccount, audience }) => {
        if (audience === "service" || audience === "federated") return false;
        if (principal === caller) return assumes || arn.split(":")[4] === account;
        const named = principal === "*" || (wholeAccount && principal.includes(account ?? "?"));
        return named && assumes;
      }),
    ),
  );
}

/**
 * How an identity of a stack could get more permissions, through all its policies and through the roles that it can
 * become. `over` names the roles on the way, where the way needs them.
 */
export function identityEscalations(
  stack: Stack,
  identity: Identity,
): readonly (Escalation & { readonly over: readonly Identity[] })[] {
  const alone = escalationsOf(identity.permissions, { arns: identity.ownArns });
  const known = new Set(alone.map(({ path }) => path));
  const roles = reachableRoles(stack, identity);
  const all = [identity, ...roles];
  const controlled: Controlled = { arns: all.flatMap(({ ownArns }) => ownArns) };
  const together =
    roles.length === 0
      ? []
      : escalationsOf(
          all.map(({ permissions }) => permissions),
          controlled,
        ).filter(({ path }) => !known.has(path));
  return [
    ...alone.map((escalation) => ({ ...escalation, over: [] })),
    ...together.map((escalation) => ({ ...escalation, over: roles })),
  ];
}
