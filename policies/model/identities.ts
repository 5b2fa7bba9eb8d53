import { partitionOf } from "../../stacks/naming";
import { Permissions, type SourcedStatement } from "../iam/permissions";
import { attachmentsOf, type Attached } from "./attachments";
import { identityPoliciesOf, policiesOfKind, type PolicySubject } from "./policies";
import type { Resource, Stack } from "./stack";
import type { Subject } from "./subject";
import { TYPES } from "./types";
import type { Undetermined } from "./values";

/** What an identity is: one of the stack, one that the stack only hangs policies on, or a policy that nothing attaches. */
export type IdentitySort = "role" | "user" | "group" | "policy";

interface Parts {
  readonly resource: Resource;
  readonly sort: IdentitySort;
  readonly attached: Attached;
  readonly trust: readonly PolicySubject[];
  /** The ARNs that it may have; empty where nothing is known of them. */
  readonly arns: readonly string[];
  /** ARNs that it may get when the engine makes up its name: as good as true where a pattern takes them. */
  readonly likelyArns: readonly string[];
}

/**
 * A role, user or group with everything that says what it may do: inline policies in every spelling, policies that are
 * resources of their own, attached managed policies, its boundary, and for a user what its groups of the stack have.
 */
export class Identity implements Subject {
  private made: Permissions | undefined;

  constructor(private readonly parts: Parts) {}

  /** What findings are told of: the identity, or the first policy of one that is made elsewhere. */
  get resource(): Resource {
    return this.parts.resource;
  }

  get sort(): IdentitySort {
    return this.parts.sort;
  }

  get trust(): readonly PolicySubject[] {
    return this.parts.trust;
  }

  /** Documents that are joined. */
  get policies(): readonly PolicySubject[] {
    return this.parts.attached.policies;
  }

  /** ARNs of attached policies that the stack does not make, so that their content is not seen. */
  get unseenPolicies(): readonly string[] {
    return this.parts.attached.unseen;
  }

  /** Whether anything is seen of what it may do. */
  get isJudged(): boolean {
    const { policies, managed } = this.parts.attached;
    return policies.length + managed.length + this.doubts.length > 0;
  }

  /** What stands in the way of judging all of it: a value that is not known yet, a text that cannot be read. */
  get doubts(): readonly Undetermined[] {
    const { attached } = this.parts;
    const documents = [...attached.policies, ...(attached.boundary ?? [])];
    return [...attached.doubts, ...documents.flatMap((policy) => policy.readable().doubts)];
  }

  /** What it may do at most, by what is known. */
  get permissions(): Permissions {
    const { attached } = this.parts;
    this.made ??= new Permissions({
      policies: statementsOf(attached),
      boundary: attached.boundary?.flatMap(sourced),
    });
    return this.made;
  }

  /** The ARNs that it may have: one, or one for each account that the stack may be in. */
  get arns(): readonly string[] {
    return this.parts.arns;
  }

  /** What it controls: itself and the managed policies that are attached to it. */
  get ownArns(): readonly string[] {
    return [...this.parts.arns, ...this.parts.likelyArns, ...this.parts.attached.arns];
  }
}

/** All statements that hang on an identity, with where they stand. */
export function statementsOf(attached: Attached): SourcedStatement[] {
  return [...attached.policies.flatMap(sourced), ...attached.managed];
}

function sourced(policy: PolicySubject): SourcedStatement[] {
  const { type, name } = policy.resource;
  const document = `${type.slice(type.lastIndexOf(":") + 1)} "${name}", ${policy.property}`;
  const { statements, version } = policy.readable();
  return statements.map((statement) => ({ statement, document, version }));
}

/**
 * Everybody whose permissions a stack says something of: its roles, users and groups, identities of elsewhere that it
 * hangs policies on, and each policy that nothing attaches yet.
 */
export function identitiesOf(stack: Stack): readonly Identity[] {
  return stack.family(readIdentities);
}

function readIdentities(stack: Stack): Identity[] {
  const { of, elsewhere, anybodys } = attachmentsOf(stack);
  const trust = new Map<Resource, PolicySubject[]>();
  for (const policy of policiesOfKind(stack, "trust")) {
    trust.set(policy.resource, [...(trust.get(policy.resource) ?? []), policy]);
  }
  const homes = namedHomes(stack);
  const made = (types: readonly string[], sort: IdentitySort): Identity[] =>
    stack.ofTypes(types).map(
      (resource) =>
        new Identity({
          resource,
          sort,
          attached: of(resource),
          trust: trust.get(resource) ?? [],
          ...arnsOf(resource, sort, homes),
        }),
    );
  const known = [
    ...made(TYPES.role, "role"),
    ...made(TYPES.user, "user"),
    ...made(TYPES.group, "group"),
    ...elsewhere.map(({ sort, name, resource, attached }) => {
      const arns = homesOf(resource, homes).map((home) => `${home}:${sort}/${name}`);
      return new Identity({ resource, sort, attached, trust: [], arns, likelyArns: [] });
    }),
  ];
  const attached = new Set([...known.flatMap(({ policies }) => policies), ...anybodys.policies]);
  const alone = identityPoliciesOf(stack).filter((policy) => !attached.has(policy));
  return [...known, ...[...alone, ...anybodys.policies].map(policyAlone)];
}

/** A policy that somebody may get: whoever that is, may do this much. */
function policyAlone(policy: PolicySubject): Identity {
  const attached: Attached = {
    policies: [policy],
    managed: [],
    unseen: [],
    boundary: undefined,
    arns: [],
    doubts: [],
  };
  const { resource } = policy;
  return new Identity({
    resource,
    sort: "policy",
    attached,
    trust: [],
    arns: [],
    likelyArns: [],
  });
}

/** How an identity's ARNs begin in one partition and account: `arn:aws:iam::111122223333`. */
type Home = string;

function arnsOf(
  resource: Resource,
  sort: IdentitySort,
  homes: readonly Home[],
): { arns: readonly string[]; likelyArns: readonly string[] } {
  const { view } = resource;
  const given = view.raw("arn");
  if (typeof given === "string") return { arns: [given], likelyArns: [] };
  const name = view.raw("name", "roleName", "userName", "groupName");
  const path = view.raw("path") ?? "/";
  if (typeof path !== "string") return { arns: [], likelyArns: [] };
  const below = homesOf(resource, homes).map((home) => `${home}:${sort}${path}`);
  if (typeof name === "string") return { arns: below.map((it) => it + name), likelyArns: [] };
  // The engine adds a hyphen and seven digits to the resource's own name.
  return { arns: [], likelyArns: below.map((it) => `${it}${resource.name}-0000000`) };
}

function homesOf(resource: Resource, named: readonly Home[]): readonly Home[] {
  const { accountId, region } = resource;
  if (accountId === undefined) return named;
  const partition = partitionOf(typeof region === "string" ? region : "");
  return [`arn:${partition}:iam::${accountId}`];
}

/** More accounts than this in one stack's documents are those of others. */
const MOST_HOMES = 20;

/** The accounts whose roles or users the documents of a stack name, each with its partition: one is the stack's own. */
function namedHomes(stack: Stack): readonly Home[] {
  const homes = new Set<Home>();
  for (const policy of policiesOfKind(stack, "trust", "identity")) {
    for (const { principals, resources } of policy.readable().statements) {
      for (const text of [...(principals?.aws ?? []), ...resources]) {
        const home = /^(arn:aws[a-z-]*:iam::\d{12}):(role|user|group|policy|root)/.exec(text)?.[1];
        if (home !== undefined) homes.add(home);
      }
    }
  }
  return [...homes].slice(0, MOST_HOMES);
}
