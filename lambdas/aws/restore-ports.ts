import type { RestorePorts } from "../restore/restore";

import type { FunctionPorts } from "./function-ports";
import { createMembers } from "./members";

/** What the restore function asks of the outside. */
export function restorePorts(ports: FunctionPorts): RestorePorts {
  const { config, clients, clock, log } = ports;
  // Roles are taken in the recovery Region when the backups are read there: nothing of the primary one is needed then.
  const fromRecovery = createMembers(
    { externalId: config.externalId, primaryRegion: config.recoveryRegion },
    clients,
    "strongroom-restore",
    clock,
  );
  return {
    organizationId: config.organizationId,
    source: (fromRecoveryRegion) =>
      fromRecoveryRegion
        ? { bucket: ports.recoveryBucket, envelope: ports.recoveryEnvelope }
        : { bucket: ports.bucket, envelope: ports.envelope },
    members: (fromRecoveryRegion) => (fromRecoveryRegion ? fromRecovery : ports.members),
    clock,
    log,
  };
}
