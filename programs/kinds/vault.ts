import type { ProviderResource } from "@pulumi/pulumi";

import { boundaryArn, NAMES, partitionOf } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";
import { BoundedRole } from "../components/bounded-role";
import { MultiRegionKey } from "../components/multi-region-key";
import type { FunctionName } from "../iam/function-places";
import { functionPolicies, functionTrust } from "../iam/functions";
import { backupKeyPolicy, digestKeyPolicy, serviceKeyPolicy } from "../iam/keys";
import type { VaultOutputs } from "../outputs";

import type { Vault } from "./vault-context";
import { createEvents } from "./vault-events";
import { createFunctions } from "./vault-functions";
import { createOperator } from "./vault-operator";
import { createStorage } from "./vault-storage";

/** The `vault` stack: keys, locked buckets in two Regions, functions with their roles, bus, queues and alarms. */
export function vault(spec: VaultSpec, provider: ProviderResource): VaultOutputs {
  const place = { accountId: spec.accountId, partition: partitionOf(spec.primaryRegion) };
  const it: Vault = { spec, place, opts: { provider } };
  const backupKey = createBackupKey(it);
  const digestKey = createDigestKey(it);
  const serviceKey = createServiceKey(it);
  const roles = createFunctionRoles(it);
  const storage = createStorage(it, backupKey);
  const events = createEvents(it, serviceKey);
  const functions = createFunctions(it, { roles, backupKey, digestKey, serviceKey, events });
  return {
    schemaVersion: 1,
    kind: "vault",
    accountId: spec.accountId,
    organizationId: spec.organizationId,
    primaryRegion: spec.primaryRegion,
    recoveryRegion: spec.recoveryRegion,
    backupKeyArns: backupKey.arns,
    digestKeyArns: digestKey.arns,
    serviceKeyArns: serviceKey.arns,
    ...storage,
    functionRoleArns: Object.fromEntries(
      Object.entries(roles).map(([name, role]) => [name, role.arn]),
    ),
    operatorRoleArn: createOperator(it).arn,
    ...functions,
    ...events.outputs,
    retentionDays: spec.retentionDays,
    lockMode: spec.lockMode,
  };
}

function createBackupKey({ spec, place, opts }: Vault): MultiRegionKey {
  return new MultiRegionKey(
    "backup-key",
    {
      description: "Strongroom: backups of the organization's secrets",
      purpose: "backup",
      alias: NAMES.backupKeyAlias,
      primaryRegion: spec.primaryRegion,
      replicaRegions: [spec.recoveryRegion],
      policy: backupKeyPolicy(spec, place),
      deletionDays: spec.keyDeletionDays,
    },
    opts,
  );
}

function createDigestKey({ spec, place, opts }: Vault): MultiRegionKey {
  return new MultiRegionKey(
    "digest-key",
    {
      description: "Strongroom: digests of values, signatures of manifests and reports",
      purpose: "digest",
      alias: NAMES.digestKeyAlias,
      primaryRegion: spec.primaryRegion,
      replicaRegions: [spec.recoveryRegion],
      policy: digestKeyPolicy(spec, place),
      deletionDays: spec.keyDeletionDays,
    },
    opts,
  );
}

function createServiceKey({ spec, place, opts }: Vault): MultiRegionKey {
  return new MultiRegionKey(
    "service-key",
    {
      description: "Strongroom: queues, topics and logs",
      purpose: "service",
      alias: NAMES.serviceKeyAlias,
      primaryRegion: spec.primaryRegion,
      replicaRegions: [spec.recoveryRegion],
      policy: serviceKeyPolicy(spec, place),
      deletionDays: spec.keyDeletionDays,
    },
    opts,
  );
}

function createFunctionRoles({ spec, place, opts }: Vault): Record<FunctionName, BoundedRole> {
  const policies = functionPolicies(spec, place);
  return Object.fromEntries(
    (Object.keys(NAMES.functionRoles) as FunctionName[]).map((name) => [
      name,
      new BoundedRole(
        name,
        {
          roleName: NAMES.functionRoles[name],
          description: `Strongroom's ${name} function, and nothing else`,
          trust: functionTrust,
          permissions: policies[name],
          boundary: boundaryArn(spec.accountId, place.partition),
        },
        opts,
      ),
    ]),
  ) as Record<FunctionName, BoundedRole>;
}
