import type { ResourceInput } from "../../policies/model/stack";
import { TYPES } from "../../policies/model/types";
import { isList } from "../../policies/model/values";
import type { BilledUnits } from "./prices";

const REPLICAS: readonly string[] = [
  ...TYPES.kmsReplicaKey,
  ...TYPES.kmsExternalKey.filter((type) => type.endsWith("ReplicaExternalKey")),
];
const KEYS: readonly string[] = [
  ...TYPES.kmsKey,
  ...TYPES.kmsExternalKey.filter((type) => !REPLICAS.includes(type)),
];
const SECRETS: readonly string[] = TYPES.secret;

/** How many there are in a stack of what is charged by the month. */
export function billedUnits(
  resources: readonly Pick<ResourceInput, "type" | "props">[],
): BilledUnits {
  const units = { keys: 0, keyReplicas: 0, secrets: 0, secretReplicas: 0 };
  for (const { type, props } of resources) {
    if (KEYS.includes(type)) units.keys++;
    if (REPLICAS.includes(type)) units.keyReplicas++;
    if (!SECRETS.includes(type)) continue;
    units.secrets++;
    const replicas = props["replicas"] ?? props["replicaRegions"];
    if (isList(replicas)) units.secretReplicas += replicas.length;
  }
  return units;
}
