import type { Bucket } from "./bucket";
import { join } from "./join";
import { keysOf } from "./kms-key";
import type { Resource, Stack } from "./stack";
import { TYPES } from "./types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value } from "./values";

/** A place that names a key. */
export interface KeyUse {
  readonly holder: Resource;
  /** The top-level property, for the engine's record of dependencies. */
  readonly property: string;
  readonly value: Value | undefined;
}

export interface UsedKey {
  readonly resource: Resource;
  readonly key: KeyUse;
}

/** The keys that a bucket encrypts with by default. */
export function encryptionKeysOf(_stack: Stack, bucket: Bucket): { key: KeyUse }[] {
  let held: ReturnType<Bucket["held"]>;
  try {
    held = bucket.held(
      "encryption",
      "serverSideEncryptionConfiguration",
      "serverSideEncryptionConfigurations",
      "bucketEncryption",
    );
    return held.flatMap(({ holder, view }) =>
      view.objects("rules", "rule", "serverSideEncryptionConfiguration").flatMap((rule) => {
        const byDefault = rule.object(
          "applyServerSideEncryptionByDefault",
          "applyServerSideEncryptionByDefaults",
          "serverSideEncryptionByDefault",
        );
        const value = byDefault?.raw("kmsMasterKeyId");
        if (value === undefined) return [];
        const property = (byDefault?.pathOf("") ?? "").split(/[.[]/)[0] ?? "";
        return [{ key: { holder, property, value } }];
      }),
    );
  } catch (thrown) {
    // What cannot be read is told by the rule about the encryption itself.
    if (thrown instanceof Undetermined) return [];
    throw thrown;
  }
}

/** Tells which key a place means: a key of the stack, whatever way it is named, or the text that names another. */
export class KeyIdentity {
  static readonly of = (stack: Stack): KeyIdentity => new KeyIdentity(stack);

  private readonly byName = new Map<string, Resource>();
  private readonly byUrn = new Map<string, Resource>();
  /** Of a replica, its primary: they have the same material. */
  private readonly primaries = new Map<string, Resource>();
  private readonly policies: ReadonlyMap<string, readonly Resource[]>;

  constructor(stack: Stack) {
    const keys = keysOf(stack);
    for (const { resource } of keys) {
      this.byUrn.set(resource.urn, resource);
      for (const property of ["arn", "keyId", "id"]) {
        const value = resource.view.raw(property);
        if (typeof value === "string") this.byName.set(value, resource);
      }
    }
    for (const replica of stack.ofTypes(TYPES.kmsReplicaKey)) {
      const primary = this.find({
        holder: replica,
        property: "primaryKeyArn",
        value: replica.view.raw("primaryKeyArn"),
      });
      if (primary !== undefined) this.primaries.set(replica.urn, primary);
    }
    this.policies = join(
      stack,
      TYPES.kmsKeyPolicy,
      keys.map(({ resource }) => resource),
      {
        properties: ["keyId"],
        wholes: new Set(keys.map(({ resource }) => resource.type)),
        identifiers: ["id", "keyId", "arn"],
      },
    ).parts;
  }

  /** The key of this stack that a place names. */
  resource(use: KeyUse): Resource | undefined {
    return this.find(use);
  }

  /** The key itself and its `KeyPolicy` resources. */
  holdersOfPolicies(key: Resource): readonly Resource[] {
    return [key, ...(this.policies.get(key.urn) ?? [])];
  }

  /** What identifies the key; undefined where it cannot be told. */
  tell(use: KeyUse): string | undefined {
    const found = this.find(use);
    if (found !== undefined) return (this.primaries.get(found.urn) ?? found).urn;
    return typeof use.value === "string" ? use.value : undefined;
  }

  /** The same; throws where it cannot be told. */
  known(use: KeyUse): string {
    const identity = this.tell(use);
    if (identity === undefined) throw new Undetermined("kmsMasterKeyId", NOT_KNOWN_YET);
    return identity;
  }

  private find({ holder, property, value }: KeyUse): Resource | undefined {
    if (typeof value === "string") return this.byName.get(value);
    if (value !== UNKNOWN) return undefined;
    const origins = (holder.dependenciesOf(property) ?? []).flatMap((urn) => {
      const key = this.byUrn.get(urn);
      return key === undefined ? [] : [key];
    });
    return origins.length === 1 ? origins[0] : undefined;
  }
}
