import { partitionOf } from "../../stacks/naming";
import { managedPolicy } from "../iam/managed-policies";
import type { SourcedStatement } from "../iam/permissions";
import { policiesOn, type PolicySubject } from "./policies";
import type { Resource, Stack } from "./stack";
import { TYPES } from "./types";
import { isList, NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value } from "./values";

/** All that says what one identity may do. */
export interface Attached {
  readonly policies: readonly PolicySubject[];
  /** Statements of AWS's own policies whose content is known here. */
  readonly managed: readonly SourcedStatement[];
  /** ARNs of attached policies that are made elsewhere. */
  readonly unseen: readonly string[];
  /** Documents of the boundary; undefined without a boundary, and where its content is not seen. */
  readonly boundary: readonly PolicySubject[] | undefined;
  /** ARNs of the stack's managed policies that are attached, as far as they are known. */
  readonly arns: readonly string[];
  readonly doubts: readonly Undetermined[];
}

/** An identity that the stack does not make, known by what the stack hangs on it. */
export interface Elsewhere {
  readonly sort: "role" | "user" | "group";
  readonly name: string;
  /** The first resource that names it: findings are told of this one. */
  readonly resource: Resource;
  readonly attached: Attached;
}

/** What hangs on whom, over a whole stack. */
export interface Attachments {
  readonly of: (identity: Resource) => Attached;
  readonly elsewhere: readonly Elsewhere[];
  /** What hangs on an identity that is not known yet: it may be anybody's. */
  readonly anybodys: Attached;
}

/** What a property points at. */
type Target = Resource | { readonly arn: string } | typeof UNKNOWN;

/** For each sort of identities, the properties that name one. */
type Naming = Readonly<Record<"role" | "user" | "group", readonly string[]>>;
const ONE: Naming = {
  role: ["role", "roleName"],
  user: ["user", "userName"],
  group: ["group", "groupName"],
};
const SEVERAL: Naming = {
  role: [...ONE.role, "roles"],
  user: [...ONE.user, "users"],
  group: [...ONE.group, "groups"],
};
const GROUPS: Naming = { role: [], user: [], group: SEVERAL.group };
const MEMBERS: Naming = { role: [], user: ["user", "users"], group: [] };
const SORTS = ["role", "user", "group"] as const;

/** Finds what hangs on each identity of a stack, in every spelling. */
export function attachmentsOf(stack: Stack): Attachments {
  return stack.family(readAttachments);
}

function readAttachments(stack: Stack): Attachments {
  const identities = stack.ofTypes([...TYPES.role, ...TYPES.user, ...TYPES.group]);
  const managed = stack.ofTypes(TYPES.managedPolicy);
  const identityOf = finder(stack, identities, [
    "name",
    "roleName",
    "userName",
    "groupName",
    "id",
    "arn",
  ]);
  const managedOf = finder(stack, managed, ["arn", "id", "policyArn"]);
  const holders = new Map<Resource, Collected>();
  const anybodys = new Collected(stack);
  const strangers = new Map<string, Omit<Elsewhere, "attached"> & { collected: Collected }>();
  const on = (identity: Resource): Collected => {
    const known = holders.get(identity) ?? new Collected(stack);
    holders.set(identity, known);
    return known;
  };
  /** Those that a part names: of the stack, of elsewhere, or not known yet. */
  const namedBy = (part: Resource, naming: Naming): Collected[] =>
    SORTS.flatMap((sort) =>
      identityOf(part, naming[sort]).map((target) => {
        if (target === UNKNOWN) return anybodys;
        if ("urn" in target) return on(target);
        const name = target.arn.slice(target.arn.lastIndexOf("/") + 1);
        const key = `${sort} ${name}`;
        const known = strangers.get(key);
        const stranger = known ?? { sort, name, resource: part, collected: new Collected(stack) };
        strangers.set(key, stranger);
        return stranger.collected;
      }),
    );

  for (const policy of stack.ofTypes(TYPES.inlinePolicy)) {
    for (const holder of namedBy(policy, ONE)) holder.add(policy);
  }
  for (const attachment of stack.ofTypes(TYPES.policyAttachment)) {
    const policies = managedOf(attachment, ["policyArn", "policyArns"]);
    for (const holder of namedBy(attachment, SEVERAL)) holder.attach(policies, "policyArn");
  }
  for (const policy of managed) {
    for (const holder of namedBy(policy, SEVERAL)) holder.attach([policy], "roles");
  }
  for (const identity of identities) {
    const collected = on(identity);
    collected.add(identity);
    collected.attach(managedOf(identity, ["managedPolicyArns"]), "managedPolicyArns");
    collected.bound(managedOf(identity, ["permissionsBoundary"]));
  }
  for (const part of [...stack.ofTypes(TYPES.groupMembership), ...stack.ofTypes(TYPES.user)]) {
    const groups = namedBy(part, GROUPS).filter((group) => group !== anybodys);
    const members = TYPES.user.includes(part.type) ? [on(part)] : namedBy(part, MEMBERS);
    for (const member of members) {
      // Whoever is not known yet may be a member of these groups, and any group may turn out to be a member's.
      for (const group of groups) member.join(group);
      const unknown = identityOf(part, GROUPS.group).includes(UNKNOWN);
      if (unknown && member !== anybodys) member.doubt("groups");
    }
  }
  return {
    of: (identity) => on(identity).result(),
    elsewhere: [...strangers.values()].map(({ collected, ...stranger }) => ({
      ...stranger,
      attached: collected.result(),
    })),
    anybodys: anybodys.result(),
  };
}

class Collected {
  private readonly policies: PolicySubject[] = [];
  private readonly managed: SourcedStatement[] = [];
  private readonly unseen: string[] = [];
  private readonly arns: string[] = [];
  private readonly doubts: Undetermined[] = [];
  private readonly groups = new Set<Collected>();
  private boundary: PolicySubject[] | undefined;

  constructor(private readonly stack: Stack) {}

  /** Takes the identity documents that a resource carries. */
  add(resource: Resource): void {
    for (const policy of policiesOn(this.stack, resource)) {
      if (policy.kind === "identity" && !this.policies.includes(policy)) this.policies.push(policy);
    }
  }

  attach(targets: readonly Target[], property: string): void {
    for (const target of targets) {
      if (target === UNKNOWN) this.doubt(property);
      else if ("urn" in target) {
        this.add(target);
        const arn = arnOfPolicy(target);
        if (arn !== undefined) this.arns.push(arn);
      } else {
        const known = managedPolicy(target.arn);
        if (known === undefined) this.unseen.push(target.arn);
        else this.managed.push(...known);
      }
    }
  }

  /** A boundary that is not seen bounds nothing that could be relied on. */
  bound(targets: readonly Target[]): void {
    for (const target of targets) {
      if (target === UNKNOWN || !("urn" in target)) continue;
      this.boundary = [...policiesOn(this.stack, target)];
    }
  }

  /** Takes what a group has: a member may do it too, within its own boundary. */
  join(group: Collected): void {
    this.groups.add(group);
  }

  /** Notes that a property, not known yet, decides what the identity may do. */
  doubt(property: string): void {
    this.doubts.push(new Undetermined(property, NOT_KNOWN_YET));
  }

  result(): Attached {
    const all = [this as Collected, ...this.groups];
    return {
      policies: [...new Set(all.flatMap(({ policies }) => policies))],
      managed: all.flatMap(({ managed }) => managed),
      unseen: all.flatMap(({ unseen }) => unseen),
      boundary: this.boundary,
      arns: all.flatMap(({ arns }) => arns),
      doubts: all.flatMap(({ doubts }) => doubts),
    };
  }
}

function arnOfPolicy(policy: Resource): string | undefined {
  const { view, accountId } = policy;
  const given = view.raw("arn", "policyArn");
  if (typeof given === "string") return given;
  const name = view.raw("name", "managedPolicyName");
  const path = view.raw("path") ?? "/";
  if (typeof name !== "string" || typeof path !== "string" || accountId === undefined)
    return undefined;
  const { region } = policy;
  const partition = partitionOf(typeof region === "string" ? region : "");
  return `arn:${partition}:iam::${accountId}:policy${path}${name}`;
}

/**
 * Finds what some properties point at: by the text (a name, an id, an ARN), else by the engine's record of which
 * resource the value was made from.
 */
function finder(
  stack: Stack,
  wholes: readonly Resource[],
  identifiers: readonly string[],
): (part: Resource, properties: readonly string[]) => Target[] {
  const known = new Map<string, Resource>();
  for (const whole of wholes) {
    for (const identifier of identifiers) {
      const value = whole.view.raw(identifier);
      if (typeof value === "string") known.set(value, whole);
    }
    const arn = arnOfPolicy(whole);
    if (arn !== undefined) known.set(arn, whole);
  }
  const among = new Set(wholes);
  return (part, properties) =>
    properties.flatMap((property) => {
      const value = part.view.raw(property);
      if (value === undefined || value === null || value === "") return [];
      const origins = (part.dependenciesOf(property) ?? [])
        .map((urn) => stack.get(urn))
        .filter((origin) => origin !== undefined && among.has(origin)) as Resource[];
      const items: readonly Value[] = isList(value) ? value : [value];
      const targets = items.map((item): Target => {
        if (typeof item !== "string") return UNKNOWN;
        return known.get(item) ?? { arn: item };
      });
      // Unknown items are those that the engine has on record, if there are at least as many of these.
      const unknown = targets.filter((target) => target === UNKNOWN).length;
      if (unknown === 0 || origins.length < unknown) return targets;
      return [...targets.filter((target) => target !== UNKNOWN), ...origins];
    });
}
