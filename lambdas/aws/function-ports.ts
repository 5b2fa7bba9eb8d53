import type {
  Clock,
  Envelope,
  Log,
  Members,
  Metrics,
  Random,
  SweepQueue,
  VaultBucket,
  WorkQueue,
} from "../ports";

import { createClients, type ClientOptions, type Clients } from "./clients";
import { keyIn, type FunctionConfig } from "./config";
import { createEnvelope } from "./envelope";
import { createLog } from "./log";
import { createMembers } from "./members";
import { createMetrics } from "./metrics";
import { createQueue } from "./queues";
import { createVaultBucket } from "./vault-bucket";

/** Everything outside that a function of the vault can ask; each is made when it is first asked for. */
export interface FunctionPorts {
  readonly config: FunctionConfig;
  readonly clients: Clients;
  readonly members: Members;
  readonly bucket: VaultBucket;
  /** The copy in the recovery Region. */
  readonly recoveryBucket: VaultBucket;
  readonly envelope: Envelope;
  /** With the keys' replicas in the recovery Region: needs nothing of the primary one. */
  readonly recoveryEnvelope: Envelope;
  readonly work: WorkQueue;
  readonly sweeps: SweepQueue;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

/** Puts the ports of a function together over AWS. `name` is that of the function. */
export function createFunctionPorts(
  name: string,
  config: FunctionConfig,
  options: ClientOptions = {},
): FunctionPorts {
  const clients = createClients(config, options);
  const clock: Clock = { now: () => new Date() };
  const bucket = (region: string, bucketName: string) =>
    createVaultBucket(clients.s3(region), { name: bucketName, ownerId: config.vaultAccountId });
  const envelope = (region: string) =>
    createEnvelope(clients.kms(region), {
      backupKeyArn: keyIn(region, config.backupKeyArn),
      digestKeyArn: keyIn(region, config.digestKeyArn),
    });
  const sqs = clients.sqs(config.primaryRegion);
  return {
    config,
    clients,
    members: createMembers(config, clients, name, clock),
    bucket: bucket(config.primaryRegion, config.backupBucket),
    recoveryBucket: bucket(config.recoveryRegion, config.recoveryBucket),
    envelope: envelope(config.primaryRegion),
    recoveryEnvelope: envelope(config.recoveryRegion),
    work: createQueue(sqs, config.workQueueUrl),
    sweeps: createQueue(sqs, config.sweepQueueUrl),
    metrics: createMetrics(clock),
    log: createLog(name),
    clock,
    random: Math.random,
  };
}
