import { expandAction } from "./iam/action-table";
import type { Condition, Principals, Statement } from "./iam/document";
import { globCovers, globsOverlap } from "./iam/patterns";
import { Permissions, type Grant, type SourcedStatement } from "./iam/permissions";
import type { Region } from "./iam/region";
import { identitiesOf } from "./model/identities";
import { policiesOfKind, type PolicySubject } from "./model/policies";
import type { Resource, Stack } from "./model/stack";
import { titleOf } from "./rules/rule";

/** What somebody may do after a change and not before, or the other way round. Names and patterns, never a value. */
export interface AccessChange {
  /** `unclear`: a document cannot be read, so nobody can tell. */
  readonly change: "gains" | "loses" | "unclear";
  /** An identity of the stack, `role "app"`, or with `through` a principal as the resource's policy names it. */
  readonly who: string;
  /** As AWS spells them, sorted; a service of which all is meant as `kms:*`. Empty where it is unclear. */
  readonly actions: readonly string[];
  /** ARN patterns, all of which hold; empty where `through` says it. */
  readonly resources: readonly string[];
  /** ARN patterns that are not meant. */
  readonly except: readonly string[];
  /** Keys of conditions that must hold, sorted. */
  readonly conditions: readonly string[];
  /** The resource whose own policy gives or takes it: `key "backup"`. */
  readonly through?: string;
  /** What cannot be read. */
  readonly why?: string;
}

/** Somebody with everything that gives permissions to them, on one side of a change. */
interface Holder {
  readonly who: string;
  readonly through?: string;
  readonly permissions: Permissions;
  readonly doubts: readonly string[];
}

/** Who gains and who loses what between two versions of a stack: its identities, and the policies of keys, secrets, buckets and roles. */
export function accessChanges(before: Stack, after: Stack): readonly AccessChange[] {
  const [old, now] = [holdersOf(before), holdersOf(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys.flatMap((key) => changesOf(old.get(key), now.get(key)));
}

function changesOf(old: Holder | undefined, now: Holder | undefined): AccessChange[] {
  const holder = now ?? old;
  if (holder === undefined) return [];
  const { who, through } = holder;
  const subject = { who, ...(through === undefined ? {} : { through }) };
  const nothing = { actions: [], resources: [], except: [], conditions: [] };
  const doubts = (now?.doubts ?? []).filter((why) => old?.doubts.includes(why) !== true);
  return [
    ...differences(now, old).map((part) => ({ change: "gains" as const, ...subject, ...part })),
    ...differences(old, now).map((part) => ({ change: "loses" as const, ...subject, ...part })),
    ...doubts.map((why) => ({ change: "unclear" as const, ...subject, ...nothing, why })),
  ].map((change) =>
    // A policy on a resource speaks of that resource, whatever its `Resource` says.
    change.through === undefined ? change : { ...change, resources: [], except: [] },
  );
}

type Part = Pick<AccessChange, "actions" | "resources" | "except" | "conditions">;

/** What one side allows that the other surely does not cover, equal ways put together. */
function differences(one: Holder | undefined, other: Holder | undefined): Part[] {
  if (one === undefined) return [];
  const parts = new Map<string, { part: Omit<Part, "actions">; actions: Set<string> }>();
  const published = one.permissions.actions().map(({ id, name }) => ({ id, name }));
  const others = one.permissions.unpublishedActions().map((name) => ({ id: name, name }));
  for (const { id, name } of [...published, ...others]) {
    const known = other?.permissions.grants(id) ?? [];
    for (const grant of one.permissions.grants(id)) {
      if (known.some((wider) => covers(wider, grant))) continue;
      const part = {
        resources: [...grant.region.within].sort(),
        except: [...grant.region.except].sort(),
        conditions: [...new Set(grant.conditions.map(({ key }) => key))].sort(),
      };
      const key = JSON.stringify(part);
      const same = parts.get(key);
      if (same === undefined) parts.set(key, { part, actions: new Set([name]) });
      else same.actions.add(name);
    }
  }
  return [...parts.values()].map(({ part, actions }) => ({ ...part, actions: folded(actions) }));
}

/** Whether one way of being allowed surely takes in another: as far, and under no condition that the other lacks. */
function covers(wide: Grant, narrow: Grant): boolean {
  const has = new Set(narrow.conditions.map(spelt));
  return (
    wide.conditions.every((condition) => has.has(spelt(condition))) &&
    regionCovers(wide.region, narrow.region)
  );
}

const spelt = (condition: Condition): string => JSON.stringify(condition);

function regionCovers(wide: Region, narrow: Region): boolean {
  const reaches = wide.within.every((pattern) =>
    narrow.within.some((other) => globCovers(pattern, other)),
  );
  const spared = wide.except.every(
    (hole) =>
      narrow.except.some((other) => globCovers(other, hole)) ||
      narrow.within.some((pattern) => !globsOverlap(hole, pattern)),
  );
  return reaches && spared;
}

/** All actions of a service as `kms:*`, and those of very many services as `*`. */
function folded(actions: ReadonlySet<string>): string[] {
  const byService = new Map<string, string[]>();
  for (const action of actions) {
    const service = action.split(":")[0] ?? "";
    byService.set(service, [...(byService.get(service) ?? []), action]);
  }
  if (byService.size > 100) return ["*"];
  return [...byService]
    .flatMap(([service, own]) =>
      own.length > 1 && own.length === expandAction(`${service}:*`).length ? [`${service}:*`] : own,
    )
    .sort();
}

function holdersOf(stack: Stack): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>();
  for (const identity of identitiesOf(stack)) {
    const doubts = [
      ...identity.doubts.map(({ property, reason }) => `${property} ${reason}`),
      ...identity.unseenPolicies.map(
        (arn) => `${arn} is attached, and its content is not seen here`,
      ),
    ];
    const { permissions, resource } = identity;
    holders.set(`identity ${resource.urn}`, { who: titleOf(resource), permissions, doubts });
  }
  const documents = policiesOfKind(stack, "key", "secret", "bucket", "trust");
  for (const [resource, policies] of byResource(documents)) {
    for (const [key, holder] of principalsOf(resource, policies)) holders.set(key, holder);
  }
  return holders;
}

function byResource(documents: readonly PolicySubject[]): Map<Resource, PolicySubject[]> {
  const all = new Map<Resource, PolicySubject[]>();
  for (const document of documents) {
    all.set(document.resource, [...(all.get(document.resource) ?? []), document]);
  }
  return all;
}

const EVERYBODY = "everybody";

/** Everybody whom the policies of one resource name. */
function principalsOf(resource: Resource, policies: readonly PolicySubject[]): [string, Holder][] {
  const read = policies.map((policy) => ({ policy, ...policy.readable() }));
  const statements = read.flatMap(({ policy, statements: own, version }) =>
    own.map((statement): SourcedStatement => ({
      statement: onCarrier(statement),
      document: policy.property,
      version,
    })),
  );
  const through = titleOf(resource);
  const doubts = read.flatMap(({ doubts: own }) =>
    own.map(({ property, reason }) => `${property} ${reason}`),
  );
  const named = new Set(
    statements
      .filter(({ statement }) => statement.effect === "Allow")
      .flatMap(({ statement }) => namesOf(statement)),
  );
  const holders = [...named].map((who): [string, Holder] => [
    `policy ${resource.urn} ${who}`,
    {
      who,
      through,
      doubts: [],
      permissions: new Permissions({
        policies: statements.filter(({ statement }) => {
          const own = namesOf(statement);
          return own.includes(who) || (statement.effect === "Deny" && own.includes(EVERYBODY));
        }),
      }),
    },
  ]);
  if (doubts.length > 0) {
    const permissions = new Permissions({ policies: [] });
    holders.push([`policy ${resource.urn}`, { who: EVERYBODY, through, permissions, doubts }]);
  }
  return holders;
}

/** A trust policy has no `Resource`: it is about its role. */
function onCarrier(statement: Statement): Statement {
  const { resources, notResources } = statement;
  return resources.length > 0 || notResources !== undefined
    ? statement
    : { ...statement, resources: ["*"] };
}

function namesOf({ principals, notPrincipals, effect }: Statement): string[] {
  // An Allow for all but some is an Allow for everybody; a Deny for all but some takes nothing from those that it spares.
  if (notPrincipals !== undefined) return effect === "Allow" ? [EVERYBODY] : [];
  return principals === undefined ? [] : listed(principals);
}

function listed({ everybody, aws, services, federated, canonicalUsers }: Principals): string[] {
  return [...(everybody ? [EVERYBODY] : []), ...aws, ...services, ...federated, ...canonicalUsers];
}
