import type { DrillPorts } from "../drill/ports";
import { fleetOf } from "../work/fleet-settings";

import { createDrillSpace } from "./drill-space";
import { createProbes } from "./drill-probes";
import type { FunctionPorts } from "./function-ports";

/** What the drill function asks of the outside. */
export function drillPorts(ports: FunctionPorts): DrillPorts {
  const { config, clients, clock, log, metrics } = ports;
  const { organizationId, vaultAccountId, primaryRegion, recoveryRegion } = config;
  return {
    organizationId,
    vaultAccountId,
    primaryRegion,
    recoveryRegion,
    source: (fromRecoveryRegion) =>
      fromRecoveryRegion
        ? { bucket: ports.recoveryBucket, envelope: ports.recoveryEnvelope }
        : { bucket: ports.bucket, envelope: ports.envelope },
    space: (region) =>
      createDrillSpace(clients.ownSecrets(region), { accountId: vaultAccountId, region }),
    probes: createProbes(config, clients),
    fleet: () => fleetOf(ports.bucket),
    reports: ports.bucket,
    metrics,
    clock,
    log,
  };
}
