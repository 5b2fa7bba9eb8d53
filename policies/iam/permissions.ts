import { expandAction, findAction, type Action } from "./action-table";
import { effectOfAll } from "./condition-effect";
import type { Condition, Statement } from "./document";
import { globMatches } from "./patterns";
import {
  intersect,
  made,
  regionCovers,
  regionHas,
  resourcePattern,
  without,
  type Region,
} from "./region";

/** A statement and where it comes from, for messages. */
export interface SourcedStatement {
  readonly statement: Statement;
  /** The document, as a reader knows it: `RolePolicy "app", policy`. */
  readonly document: string;
  /** Version of the document; policy variables count from 2012-10-17. */
  readonly version: string | undefined;
}

/** Documents that speak of one identity. */
export interface PolicySet {
  /** Statements of all its policies: inline, attached, of its groups. */
  readonly policies: readonly SourcedStatement[];
  /** Statements of its permissions boundary; without one `undefined`. An empty list allows nothing. */
  readonly boundary?: readonly SourcedStatement[] | undefined;
}

/** One way in which an action is allowed: on what, under which conditions, by which statements. */
export interface Grant {
  readonly region: Region;
  /** All must hold. Those that always hold are left out. */
  readonly conditions: readonly Condition[];
  readonly sources: readonly SourcedStatement[];
}

interface Compiled {
  readonly source: SourcedStatement;
  readonly names: (action: string) => boolean;
  readonly regions: readonly Region[];
  readonly conditions: readonly Condition[];
}

/**
 * What an identity may do at most: what its policies allow, less what is denied without a condition, within its
 * boundary. A Deny with a condition takes nothing away, since whoever asks may not meet it; an Allow that can never
 * apply gives nothing. Policy variables stand for any text in Allow, and for none in Deny.
 */
export class Permissions {
  private readonly allows: readonly Compiled[];
  private readonly denials: readonly Compiled[];
  private readonly bounds: readonly Compiled[] | undefined;
  /** Many actions are named by the same statements; their grants are the same. */
  private readonly grantsByStatements = new Map<string, readonly Grant[]>();

  constructor(set: PolicySet) {
    const all = [...set.policies, ...(set.boundary ?? [])];
    this.allows = set.policies.flatMap((source) => compileAllow(source));
    this.denials = all.flatMap((source) => compileDeny(source));
    this.bounds = set.boundary?.flatMap((source) => compileAllow(source));
  }

  /** In which ways an action (any case, `kms:Decrypt`) is allowed; none: it is not. */
  grants(action: string): readonly Grant[] {
    const id = action.toLowerCase();
    const naming = (list: readonly Compiled[]): Compiled[] => list.filter(({ names }) => names(id));
    const allows = naming(this.allows);
    if (allows.length === 0) return [];
    const denies = naming(this.denials);
    const bounds = this.bounds === undefined ? undefined : naming(this.bounds);
    const key = [
      allows.map((it) => this.allows.indexOf(it)).join(),
      denies.map((it) => this.denials.indexOf(it)).join(),
      bounds?.map((it) => this.bounds?.indexOf(it)).join(),
    ].join("|");
    const known = this.grantsByStatements.get(key);
    if (known !== undefined) return known;
    const grants = allows.flatMap((allow) => grantsOf(allow, denies, bounds));
    this.grantsByStatements.set(key, grants);
    return grants;
  }

  /** Tells whether an action may be allowed on a resource, under whatever conditions. */
  allowsOn(action: string, resource: string): boolean {
    return this.grants(action).some(({ region }) => regionHas(region, resource));
  }

  /** Tells whether a Deny without a condition takes an action on a resource away, whoever else allows it. */
  denies(action: string, resource: string): boolean {
    const id = action.toLowerCase();
    const denied = ({ source, names, regions }: Compiled): boolean => {
      if (!names(id)) return false;
      const inOne = regions.some((region) => regionHas(region, resource));
      return source.statement.notResources === undefined ? inOne : !inOne;
    };
    return this.denials.some(denied);
  }

  /** Every published action that is allowed on something. */
  actions(): Action[] {
    const found = new Map<string, Action>();
    for (const { source } of this.allows) {
      const { actions, notActions } = source.statement;
      const candidates =
        notActions === undefined ? actions.flatMap(expandAction) : expandAction("*");
      for (const action of candidates) {
        if (!found.has(action.id) && this.grants(action.id).length > 0)
          found.set(action.id, action);
      }
    }
    return [...found.values()];
  }

  /**
   * Whether these permissions allow something that others do not: an action, or one on more resources or under fewer
   * conditions. Where in doubt they do. Some actions are left out of it, by their ids.
   */
  exceed(others: Permissions, leftOut: ReadonlySet<string> = new Set()): boolean {
    const ids = [...this.actions().map(({ id }) => id), ...this.unpublishedActions()];
    return ids.some(
      (id) =>
        !leftOut.has(id) &&
        !this.grants(id).every((grant) => others.grants(id).some((other) => within(grant, other))),
    );
  }

  /** Allowed actions that are not published: their names cannot be checked and their pattern has no wildcard. */
  unpublishedActions(): string[] {
    const names = this.allows.flatMap(({ source }) => source.statement.actions);
    return [...new Set(names)].filter(
      (name) =>
        !/[*?]/.test(name) && findAction(name) === undefined && this.grants(name).length > 0,
    );
  }
}

/** Whether a grant surely gives nothing that another one does not give. */
function within(grant: Grant, other: Grant): boolean {
  const conditions = grant.conditions.map((condition) => JSON.stringify(condition));
  return (
    regionCovers(other.region, grant.region) &&
    other.conditions.every((condition) => conditions.includes(JSON.stringify(condition)))
  );
}

function grantsOf(
  allow: Compiled,
  denies: readonly Compiled[],
  bounds: readonly Compiled[] | undefined,
): Grant[] {
  const within: readonly Grant[] = allow.regions.flatMap((region) => {
    if (bounds === undefined) {
      return [{ region, conditions: allow.conditions, sources: [allow.source] }];
    }
    return bounds.flatMap((bound) =>
      bound.regions.flatMap((limit) => {
        const both = intersect(region, limit);
        return both === undefined
          ? []
          : [
              {
                region: both,
                conditions: [...allow.conditions, ...bound.conditions],
                sources: [allow.source, bound.source],
              },
            ];
      }),
    );
  });
  return denies.reduce<readonly Grant[]>(subtract, within).slice();
}

/** Takes the regions of a Deny out of grants. */
function subtract(grants: readonly Grant[], deny: Compiled): readonly Grant[] {
  const { notResources } = deny.source.statement;
  return grants.flatMap((grant) => {
    if (notResources === undefined) {
      const holes = deny.regions.flatMap(({ within }) => within);
      const region = without(grant.region, holes);
      return region === undefined ? [] : [{ ...grant, region }];
    }
    // Denied is everything but these: what is left lies in one of them.
    return deny.regions.flatMap((kept) => {
      const region = intersect(grant.region, kept);
      return region === undefined ? [] : [{ ...grant, region }];
    });
  });
}

function compileAllow(source: SourcedStatement): Compiled[] {
  const { statement } = source;
  if (statement.effect !== "Allow" || effectOfAll(statement) === "never") return [];
  const read = (text: string): string => resourcePattern(text, hasVariables(source)).widest;
  const { notResources } = statement;
  // A hole with a variable may be of any size, so it is none.
  const holes = (notResources ?? []).flatMap((text) => exact(text, source));
  const whole = notResources === undefined ? undefined : made(["*"], holes);
  return [
    {
      source,
      names: namesOf(statement),
      regions:
        notResources === undefined
          ? [...new Set(statement.resources.map(read))].map((pattern) => ({
              within: [pattern],
              except: [],
            }))
          : whole === undefined
            ? []
            : [whole],
      conditions: statement.conditions,
    },
  ];
}

/** A Deny that always applies. For `NotResource` the regions are what it leaves, else what it takes. */
function compileDeny(source: SourcedStatement): Compiled[] {
  const { statement } = source;
  if (statement.effect !== "Deny" || effectOfAll(statement) !== "always") return [];
  const { notResources } = statement;
  const variables = hasVariables(source);
  const patterns =
    notResources === undefined
      ? statement.resources.flatMap((text) => exact(text, source))
      : notResources.map((text) => resourcePattern(text, variables).widest);
  return [
    {
      source,
      names: namesOf(statement),
      regions: [...new Set(patterns)].map((pattern) => ({ within: [pattern], except: [] })),
      conditions: [],
    },
  ];
}

/** A resource text as a pattern, none if it has a variable. */
function exact(text: string, source: SourcedStatement): string[] {
  const { widest, variable } = resourcePattern(text, hasVariables(source));
  return variable ? [] : [widest];
}

function hasVariables({ version }: SourcedStatement): boolean {
  return version === "2012-10-17";
}

/** Which actions a statement names, prepared for many questions. */
function namesOf({ actions, notActions }: Statement): (action: string) => boolean {
  const matcher = (patterns: readonly string[]): ((action: string) => boolean) => {
    const exactNames = new Set(patterns.filter((pattern) => !/[*?]/.test(pattern)));
    const globs = patterns.filter((pattern) => /[*?]/.test(pattern));
    return (action) => exactNames.has(action) || globs.some((glob) => globMatches(glob, action));
  };
  const named = matcher(actions);
  if (notActions === undefined) return named;
  const left = matcher(notActions);
  return (action) => named(action) || !left(action);
}
