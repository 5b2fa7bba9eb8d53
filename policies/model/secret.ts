import { join } from "./join";
import type { Resource, Stack } from "./stack";
import type { Subject } from "./subject";
import { TYPES } from "./types";
import type { View } from "./values";

/** A Secrets Manager secret with its policies, which another resource may hold. */
export class Secret implements Subject {
  constructor(
    readonly resource: Resource,
    /** `SecretPolicy` resources of this secret. */
    readonly policyResources: readonly Resource[],
    /** `SecretPolicy` resources whose secret is not known yet. */
    readonly unplacedPolicies: readonly Resource[],
  ) {}

  get replicas(): readonly View[] {
    return this.resource.view.objects("replicas", "replicaRegions");
  }

  /** Name of the property that holds the replicas. */
  get replicasProperty(): string {
    return this.resource.isNative ? "replicaRegions" : "replicas";
  }
}

export function secretsOf(stack: Stack): readonly Secret[] {
  return stack.family(readSecrets);
}

function readSecrets(stack: Stack): Secret[] {
  const secrets = stack.ofTypes(TYPES.secret);
  const { parts, unplaced } = join(stack, TYPES.secretPolicy, secrets, {
    properties: ["secretArn", "secretId"],
    wholes: new Set(TYPES.secret),
    identifiers: ["id", "arn", "name"],
  });
  return secrets.map((secret) => new Secret(secret, parts.get(secret.urn) ?? [], unplaced));
}
