import type { ResourceInput } from "../../policies/model/stack";
import { TYPES } from "../../policies/model/types";
import { isList } from "../../policies/model/values";
import { NAMES } from "../../stacks/naming";
import type { BilledUnits } from "./prices";
import { timesAMonth } from "./schedule";

const REPLICAS: readonly string[] = [
  ...TYPES.kmsReplicaKey,
  ...TYPES.kmsExternalKey.filter((type) => type.endsWith("ReplicaExternalKey")),
];
const KEYS: readonly string[] = [
  ...TYPES.kmsKey,
  ...TYPES.kmsExternalKey.filter((type) => !REPLICAS.includes(type)),
];
const SECRETS: readonly string[] = TYPES.secret;

const RULES: readonly string[] = TYPES.eventRule;

/** How many there are in a stack of what is charged by the month, and what of it makes requests on a schedule. */
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
  return { ...units, ...sweepsOf(resources) };
}

/** What sweeps: the vault by its schedule, a member in each Region from which changes are forwarded. */
function sweepsOf(
  resources: readonly Pick<ResourceInput, "type" | "props">[],
): Pick<BilledUnits, "sweeps" | "sweptRegions"> {
  const rules = resources.filter(({ type }) => RULES.includes(type)).map(({ props }) => props);
  const schedule = rules.find(({ name }) => name === NAMES.scheduleRules.sweep);
  // The vault has a rule of this name on a bus of its own.
  const swept = rules.filter(
    ({ name, eventBusName = "default" }) => name === NAMES.eventRule && eventBusName === "default",
  ).length;
  return {
    ...(schedule === undefined ? {} : { sweeps: timesOf(schedule) }),
    ...(swept === 0 ? {} : { sweptRegions: swept }),
  };
}

function timesOf({ scheduleExpression, state }: ResourceInput["props"]): number | null {
  if (state === "DISABLED") return 0;
  return typeof scheduleExpression === "string" ? (timesAMonth(scheduleExpression) ?? null) : null;
}
