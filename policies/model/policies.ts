import { parseDocument, type Document, type Statement } from "../iam/document";
import { Refused, type Grammar } from "../iam/grammar";
import type { Resource, Stack } from "./stack";
import { each, type Problem, type Subject } from "./subject";
import { TYPES } from "./types";
import { isList, isMap, Undetermined, UNKNOWN, type Value } from "./values";

/** What a policy document hangs on; decides which rules apply to it. */
export type PolicyKind =
  "identity" | "trust" | "key" | "secret" | "bucket" | "topic" | "queue" | "bus" | "vault";

const grammarOf = (kind: PolicyKind): Grammar =>
  kind === "identity" || kind === "trust" ? kind : "resource";

/** One policy document and the resource that carries it. */
export class PolicySubject implements Subject {
  constructor(
    readonly resource: Resource,
    readonly kind: PolicyKind,
    /** Path of the property that holds the document. */
    readonly property: string,
    readonly source: Value,
  ) {}

  /**
   * Checks each statement on its own: one that cannot be understood does not hide what is wrong in the next.
   */
  check(check: (statement: Statement) => Iterable<Problem>): Iterable<Problem> {
    return each(this.read(), (statement) => check(known(statement)));
  }

  /** All statements; throws where one cannot be understood. */
  statements(): Statement[] {
    return this.read().map(known);
  }

  /** What can be understood, and what cannot; throws nothing. */
  readable(): Readable {
    try {
      const all = this.read();
      return {
        statements: all.flatMap((statement) =>
          statement instanceof Undetermined ? [] : [statement],
        ),
        doubts: all.filter((statement) => statement instanceof Undetermined),
        version: this.document?.version,
      };
    } catch (thrown) {
      if (!(thrown instanceof Undetermined)) throw thrown;
      return { statements: [], doubts: [thrown], version: undefined };
    }
  }

  /** The statements that can be understood; a document that cannot be read has none. */
  known(): readonly Statement[] {
    return this.readable().statements;
  }

  /** What IAM refuses of it, in the order of its statements; empty for what it takes, and for what is not known yet. */
  refusals(): Refused[] {
    return this.readable().doubts.filter((doubt) => doubt instanceof Refused);
  }

  /** Tells whether its list of statements has none; throws where the document cannot be read. */
  isEmpty(): boolean {
    return this.read().length === 0;
  }

  /** The document's version, as it stands; throws where the document cannot be read. */
  version(): string | undefined {
    this.read();
    return this.document?.version;
  }

  /** Every rule about policies reads the document; it is parsed once. */
  private read(): readonly (Statement | Undetermined)[] {
    this.document ??= parseDocument(this.source, this.property, grammarOf(this.kind));
    this.parsed ??= this.document.statements.map(attempt);
    return this.parsed;
  }

  private document: Document | undefined;
  private parsed: readonly (Statement | Undetermined)[] | undefined;
}

/** A document as far as it can be understood. */
export interface Readable {
  readonly statements: readonly Statement[];
  readonly doubts: readonly Undetermined[];
  readonly version: string | undefined;
}

function attempt(read: () => Statement): Statement | Undetermined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Undetermined) return thrown;
    throw thrown;
  }
}

function known(statement: Statement | Undetermined): Statement {
  if (statement instanceof Undetermined) throw statement;
  return statement;
}

/** For each type, the properties that hold a document, in every spelling. */
const HOLDERS: readonly {
  readonly types: readonly string[];
  readonly kind: PolicyKind;
  readonly properties: readonly string[];
}[] = [
  { types: TYPES.managedPolicy, kind: "identity", properties: ["policy", "policyDocument"] },
  { types: TYPES.inlinePolicy, kind: "identity", properties: ["policy", "policyDocument"] },
  {
    types: TYPES.role,
    kind: "trust",
    properties: ["assumeRolePolicy", "assumeRolePolicyDocument"],
  },
  {
    types: [
      ...TYPES.kmsKey,
      ...TYPES.kmsReplicaKey,
      ...TYPES.kmsExternalKey,
      ...TYPES.kmsKeyPolicy,
    ],
    kind: "key",
    properties: ["policy", "keyPolicy"],
  },
  { types: TYPES.secret, kind: "secret", properties: ["policy"] },
  { types: TYPES.secretPolicy, kind: "secret", properties: ["policy", "resourcePolicy"] },
  {
    types: [...TYPES.bucket, ...TYPES.bucketPolicy],
    kind: "bucket",
    properties: ["policy", "policyDocument"],
  },
  {
    types: [...TYPES.topic, ...TYPES.topicPolicy],
    kind: "topic",
    properties: ["policy", "policyDocument"],
  },
  {
    types: [...TYPES.queue, ...TYPES.queuePolicy],
    kind: "queue",
    properties: ["policy", "policyDocument"],
  },
  { types: [...TYPES.eventBus, ...TYPES.eventBusPolicy], kind: "bus", properties: ["policy"] },
  {
    types: [...TYPES.backupVault, ...TYPES.backupVaultPolicy],
    kind: "vault",
    properties: ["policy", "accessPolicy"],
  },
];

/** Lists of inline policies within an identity. */
const INLINE_HOLDERS = [...TYPES.role, ...TYPES.group, ...TYPES.user];
const INLINE_LISTS = ["inlinePolicies", "policies"];

/** Every policy document of a stack, of every kind and spelling. */
export function policiesOf(stack: Stack): readonly PolicySubject[] {
  return stack.family(readPolicies);
}

/** The documents of some kinds. */
export function policiesOfKind(stack: Stack, ...kinds: readonly PolicyKind[]): PolicySubject[] {
  return policiesOf(stack).filter((policy) => kinds.includes(policy.kind));
}

/** The documents that one resource carries. */
export function policiesOn(stack: Stack, resource: Resource): readonly PolicySubject[] {
  return stack.family(readPoliciesByResource).get(resource) ?? [];
}

function readPoliciesByResource(stack: Stack): ReadonlyMap<Resource, readonly PolicySubject[]> {
  const byResource = new Map<Resource, PolicySubject[]>();
  for (const policy of policiesOf(stack)) {
    const known = byResource.get(policy.resource);
    if (known === undefined) byResource.set(policy.resource, [policy]);
    else known.push(policy);
  }
  return byResource;
}

/**
 * The documents that give an identity permissions. A policy that is only a permissions boundary gives none, so it is
 * left out: some role of the stack names it as its boundary, and nothing attaches it.
 */
export function identityPoliciesOf(stack: Stack): readonly PolicySubject[] {
  return stack.family(readIdentityPolicies);
}

function readIdentityPolicies(stack: Stack): PolicySubject[] {
  const boundaries = new References(stack, [...TYPES.role, ...TYPES.user], ["permissionsBoundary"]);
  const attachments = new References(
    stack,
    [...TYPES.role, ...TYPES.user, ...TYPES.group, ...TYPES.policyAttachment],
    ["managedPolicyArns", "policyArn", "policyArns"],
  );
  return policiesOfKind(stack, "identity").filter(({ resource }) => {
    const attachedByItself = ["roles", "users", "groups"].some(
      (property) => resource.view.raw(property) !== undefined,
    );
    return attachedByItself || attachments.to(resource) || !boundaries.to(resource);
  });
}

function readPolicies(stack: Stack): PolicySubject[] {
  const direct = HOLDERS.flatMap(({ types, kind, properties }) =>
    stack.ofTypes(types).flatMap((resource) =>
      properties.flatMap((property) => {
        const source = resource.view.raw(property);
        return source === undefined || source === ""
          ? []
          : [new PolicySubject(resource, kind, property, source)];
      }),
    ),
  );
  const inline = stack.ofTypes(INLINE_HOLDERS).flatMap((resource) => inlinePolicies(resource));
  return [...direct, ...inline];
}

function inlinePolicies(resource: Resource): PolicySubject[] {
  return INLINE_LISTS.flatMap((list) => {
    const value = resource.view.raw(list);
    if (value === undefined || value === null) return [];
    const items: readonly Value[] = isList(value) ? value : [value];
    return items.flatMap((item, index) => {
      const path = `${list}[${index}]`;
      // What is not understood is kept as a document that cannot be judged.
      if (!isMap(item)) return [new PolicySubject(resource, "identity", path, UNKNOWN)];
      const property = ["policy", "policyDocument"].find((name) => item[name] !== undefined);
      const source = property === undefined ? undefined : item[property];
      return property === undefined || source === undefined || source === ""
        ? []
        : [new PolicySubject(resource, "identity", `${path}.${property}`, source)];
    });
  });
}

/** Which managed policies some properties name: by the engine's record of dependencies, or by the ARN's text. */
class References {
  private readonly urns = new Set<string>();
  private readonly arns = new Set<string>();
  /** What an ARN says after `:policy`: the path and the name. */
  private readonly pathsAndNames = new Set<string>();

  constructor(stack: Stack, types: readonly string[], properties: readonly string[]) {
    for (const resource of stack.ofTypes(types)) {
      for (const property of properties) {
        for (const urn of resource.dependenciesOf(property) ?? []) this.urns.add(urn);
        const value = resource.view.raw(property);
        for (const arn of isList(value) ? value : [value]) {
          if (typeof arn !== "string") continue;
          this.arns.add(arn);
          this.pathsAndNames.add(arn.slice(arn.indexOf(":policy/") + ":policy".length));
        }
      }
    }
  }

  to({ urn, view }: Resource): boolean {
    if (this.urns.has(urn)) return true;
    const arn = view.raw("arn", "policyArn");
    if (typeof arn === "string" && this.arns.has(arn)) return true;
    const name = view.raw("name", "managedPolicyName");
    const path = view.raw("path") ?? "/";
    if (typeof name !== "string" || typeof path !== "string") return false;
    return this.pathsAndNames.has(`${path}${name}`);
  }
}
