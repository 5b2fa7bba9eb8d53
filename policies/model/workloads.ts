import type { Place } from "../iam/escalation";
import type { Workload } from "../iam/escalation-paths";
import { identitiesOf, type Identity } from "./identities";
import type { Resource, Stack } from "./stack";
import { TYPES } from "./types";

/** Something of a stack that runs with a role of the same stack. */
export interface RunningWorkload {
  readonly sort: Workload;
  readonly resource: Resource;
  /** What its ARN says of it, beside partition, Region and account. */
  readonly place: Place;
  readonly role: Identity;
}

interface Kind {
  readonly sort: Workload;
  readonly types: readonly string[];
  readonly role: readonly string[];
  readonly name: readonly string[];
  /** Service and resource of its ARN. */
  readonly place: (name: string) => Place;
}

/**
 * Containers and instances are not here: neither a task nor an instance has a name that a policy could give before it is
 * made. Whoever may reach all of an account is found without them.
 */
const KINDS: readonly Kind[] = [
  {
    sort: "function",
    types: TYPES.function,
    role: ["role"],
    name: ["name", "functionName"],
    place: (name) => ({ service: "lambda", resource: `function:${name}` }),
  },
  {
    sort: "state machine",
    types: TYPES.stateMachine,
    role: ["roleArn"],
    name: ["name", "stateMachineName"],
    place: (name) => ({ service: "states", resource: `stateMachine:${name}` }),
  },
  {
    sort: "build project",
    types: TYPES.buildProject,
    role: ["serviceRole"],
    name: ["name"],
    place: (name) => ({ service: "codebuild", resource: `project/${name}` }),
  },
  {
    sort: "Glue endpoint",
    types: TYPES.glueEndpoint,
    role: ["roleArn"],
    name: ["name", "endpointName"],
    place: (name) => ({ service: "glue", resource: `devEndpoint/${name}` }),
  },
  {
    sort: "stack",
    types: TYPES.cloudFormationStack,
    role: ["iamRoleArn", "roleArn"],
    name: ["name", "stackName"],
    place: (name) => ({ service: "cloudformation", resource: `stack/${name}/id` }),
  },
  {
    sort: "notebook",
    types: TYPES.notebook,
    role: ["roleArn"],
    name: ["name", "notebookInstanceName"],
    place: (name) => ({ service: "sagemaker", resource: `notebook-instance/${name}` }),
  },
];

/** What runs with a role of the stack, as far as the role is known: by its ARN, or by the engine's record of it. */
export function workloadsOf(stack: Stack): readonly RunningWorkload[] {
  return stack.family(readWorkloads);
}

function readWorkloads(stack: Stack): RunningWorkload[] {
  const byArn = new Map<string, Identity>();
  const byUrn = new Map<string, Identity>();
  for (const identity of identitiesOf(stack)) {
    if (identity.sort !== "role") continue;
    for (const arn of identity.arns) byArn.set(arn, identity);
    byUrn.set(identity.resource.urn, identity);
  }
  return KINDS.flatMap(({ sort, types, role, name, place }) =>
    stack.ofTypes(types).flatMap((resource) => {
      const given = resource.view.raw(...role);
      const origins = role.flatMap((property) => resource.dependenciesOf(property) ?? []);
      const found =
        (typeof given === "string" ? byArn.get(given) : undefined) ??
        origins.map((urn) => byUrn.get(urn)).find((identity) => identity !== undefined);
      if (found === undefined) return [];
      const called = resource.view.raw(...name);
      // The engine adds a hyphen and seven digits to the resource's own name.
      const likely = typeof called === "string" ? called : `${resource.name}-0000000`;
      return [{ sort, resource, place: place(likely), role: found }];
    }),
  );
}
