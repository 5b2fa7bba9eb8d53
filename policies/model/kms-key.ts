import { join } from "./join";
import { tagOf, type Resource, type Stack } from "./stack";
import type { Subject } from "./subject";
import { TYPES } from "./types";

/** A KMS key, replica or external key, with the parts that another resource may hold. */
export class KmsKey implements Subject {
  constructor(
    readonly resource: Resource,
    /** `KeyPolicy` resources of this key. */
    readonly policyResources: readonly Resource[],
    /** `KeyPolicy` resources whose key is not known yet. */
    readonly unplacedPolicies: readonly Resource[],
  ) {}

  /** Whether KMS made the key's material itself, for symmetric encryption: the only sort that it rotates. */
  get isRotatable(): boolean {
    const { view } = this.resource;
    if (![...TYPES.kmsKey].some((type) => type === this.resource.type)) return false;
    const spec = view.string("customerMasterKeySpec", "keySpec") ?? "SYMMETRIC_DEFAULT";
    const origin = view.string("origin") ?? "AWS_KMS";
    const ownStore = view.raw("customKeyStoreId") ?? view.raw("xksKeyId");
    return spec === "SYMMETRIC_DEFAULT" && origin === "AWS_KMS" && ownStore === undefined;
  }

  get rotates(): boolean {
    return this.resource.view.boolean("enableKeyRotation") ?? false;
  }

  /** Days between the scheduling of a deletion and the deletion; 30 where the program says nothing. */
  get deletionWindowDays(): number {
    return this.resource.view.number("deletionWindowInDays", "pendingWindowInDays") ?? 30;
  }

  get bypassesLockoutCheck(): boolean {
    const holders = [this.resource, ...this.policyResources];
    return holders.some(({ view }) => view.boolean("bypassPolicyLockoutSafetyCheck") ?? false);
  }

  /** In production unless a tag says otherwise. */
  get isProduction(): boolean {
    return /^(prod|live)/i.test(tagOf(this.resource, "environment") ?? "production");
  }
}

/** All keys of a stack: of KMS and external, primary and replica. */
export function keysOf(stack: Stack): readonly KmsKey[] {
  return stack.family(readKeys);
}

function readKeys(stack: Stack): KmsKey[] {
  const types = [...TYPES.kmsKey, ...TYPES.kmsReplicaKey, ...TYPES.kmsExternalKey];
  const keys = stack.ofTypes(types);
  const { parts, unplaced } = join(stack, TYPES.kmsKeyPolicy, keys, {
    properties: ["keyId"],
    wholes: new Set(types),
    identifiers: ["id", "keyId", "arn"],
  });
  return keys.map((key) => new KmsKey(key, parts.get(key.urn) ?? [], unplaced));
}
