import { isEscapeHatch } from "../model/escape-hatches";
import { keysOf, type KmsKey } from "../model/kms-key";
import type { Resource, Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import {
  isList,
  isMap,
  NOT_KNOWN_YET,
  Undetermined,
  UNKNOWN,
  type Value,
  type ValueMap,
} from "../model/values";
import { defineRule } from "./rule";

export const programNoEscapeHatches = defineRule<Subject>({
  id: "program-no-escape-hatches",
  catalogue: [97],
  objective: "change-control",
  severity: "critical",
  checks:
    "No program makes resources by types that hide what they make or do: generic resources of Cloud Control, CloudFormation stacks, commands, dynamic providers, calls of functions, references to other stacks.",
  why: "What is inside is judged by no rule, so a policy, a key or a bucket made that way is whatever somebody wrote.",
  fix: "Use the type of the resource itself; where there is none, let the setting allowedTypes name the type.",
  corresponds: [],
  parameters: {
    allowedTypes: {
      type: "array",
      description: "Types that are accepted all the same, such as pulumi:pulumi:StackReference.",
      default: [],
      items: { type: "string" },
    },
  },
  subjects: (stack) => stack.resources.map((resource) => ({ resource })),
  *check({ resource: { type } }, settings) {
    const allowed = settings["allowedTypes"] as readonly string[];
    if (isEscapeHatch(type) && !allowed.includes(type)) {
      yield { wrong: "makes what no rule can see" };
    }
  },
});

const providersOf =
  (kind: RegExp) =>
  (stack: Stack): Subject[] =>
    stack.resources.filter(({ type }) => kind.test(type)).map((resource) => ({ resource }));

export const providerNamesAccount = defineRule<Subject>({
  id: "provider-names-account",
  catalogue: [97],
  objective: "change-control",
  severity: "high",
  // Decided by the whole: a provider that is refused would hide all that is wrong with its resources.
  scope: "stack",
  checks:
    "Every provider of AWS is made by the program and may work in one account only, the stack's.",
  why: "With other credentials than were meant, the stack is made in another account, or takes down what is there.",
  fix: "Make a provider with allowedAccountIds set to the stack's account, and give it to every resource.",
  corresponds: [],
  subjects: providersOf(/^pulumi:providers:aws(-native)?$/),
  *check({ resource }) {
    if (isDefault(resource)) {
      yield { wrong: "is the default provider, which works in whatever account it finds" };
      return;
    }
    const accounts = nested(resource, "allowedAccountIds");
    if (!isList(accounts) || accounts.length !== 1) {
      yield { wrong: "may work in other accounts than one" };
      return;
    }
    const [only] = accounts;
    if (only === UNKNOWN) throw new Undetermined("allowedAccountIds", NOT_KNOWN_YET);
    const own = /^urn:pulumi:[^:]*-(\d{12})::/.exec(resource.urn)?.[1];
    if (own !== undefined && only !== own)
      yield { wrong: "names another account than the stack's" };
  },
});

export const providerTagsEverything = defineRule<Subject>({
  id: "provider-tags-everything",
  catalogue: [97],
  objective: "inventory",
  severity: "medium",
  // Decided by the whole: a provider that is refused would hide all that is wrong with its resources.
  scope: "stack",
  checks: "Every provider of AWS puts tags on all that it makes.",
  why: "Whose a resource is, and which stack made it, could not be told; and permissions by tag do not reach it.",
  fix: "Set defaultTags.tags of the provider.",
  corresponds: [],
  parameters: {
    tags: {
      type: "array",
      description: "Names of the tags that must be among them.",
      default: [],
      items: { type: "string" },
    },
  },
  subjects: providersOf(/^pulumi:providers:aws$/),
  *check({ resource }, settings) {
    const byDefault = nested(resource, "defaultTags");
    const tags = isMap(byDefault) ? byDefault["tags"] : undefined;
    if (tags === UNKNOWN) throw new Undetermined("defaultTags.tags", NOT_KNOWN_YET);
    const names = isMap(tags) ? Object.keys(tags).map((name) => name.toLowerCase()) : [];
    if (names.length === 0) yield { wrong: "puts no tags on what it makes" };
    for (const name of settings["tags"] as readonly string[]) {
      if (!names.includes(name.toLowerCase())) yield { wrong: `does not set the tag ${name}` };
    }
  },
});

/** Pulumi makes it by itself for resources without a provider: `default`, `default_7_48_0`. */
const isDefault = ({ name }: Resource): boolean => /^default(_|$)/.test(name);

/** A setting of a provider; the engine hands nested ones over as JSON texts. */
function nested({ view }: Resource, property: string): Value | undefined {
  const value = view.raw(property);
  if (value === UNKNOWN) throw new Undetermined(property, NOT_KNOWN_YET);
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    throw new Undetermined(property, "is not valid JSON");
  }
}

const SECRET_NAME = /password|passwd|passphrase|secret|token|api_?key|private_?key|credential/i;
/** What only says where a secret is. */
const POINTER =
  /(arn|arns|name|names|id|ids|url|urls|path|paths|prefix|alias|region|regions|count|days|date)$/i;

export const stackOutputsHoldNoSecret = defineRule<Subject>({
  id: "stack-outputs-hold-no-secret",
  catalogue: [97],
  objective: "credentials",
  severity: "high",
  scope: "stack",
  checks: "No output of a stack has a name that says it is a password, key or token.",
  why: "Outputs stand in the state and are read by other stacks and people; whether one is marked as secret, nobody sees before it is too late.",
  fix: "Give out the ARN of the secret instead.",
  corresponds: [],
  subjects: providersOf(/^pulumi:pulumi:Stack$/),
  *check({ resource }) {
    const props = resource.input.props;
    yield* namesIn(props).flatMap((name) =>
      SECRET_NAME.test(name) && !POINTER.test(name)
        ? [{ wrong: "gives out what looks like a secret" }]
        : [],
    );
  },
});

function namesIn(props: ValueMap): string[] {
  return Object.entries(props).flatMap(([name, value]) => [
    name,
    ...(isMap(value) ? namesIn(value) : []),
  ]);
}

export const kmsKeyProtected = defineRule<KmsKey>({
  id: "kms-key-protected",
  catalogue: [97],
  objective: "key-lifecycle",
  severity: "high",
  checks: "Every KMS key that a program makes is protected from deletion by it.",
  why: "A renamed resource or a removed line would schedule the deletion of all that the key encrypts.",
  fix: "Set the resource option protect to true.",
  corresponds: [],
  subjects: keysOf,
  *check({ resource }) {
    if (!resource.isKept) yield { wrong: "is not protected" };
  },
});
