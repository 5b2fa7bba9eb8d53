import type { ProviderResource } from "@pulumi/pulumi";

import { boundaryArn, NAMES, partitionOf } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";
import { BoundedRole } from "../components/bounded-role";
import { MultiRegionKey, type MultiRegionKeyArgs } from "../components/multi-region-key";
import { functionNames, type FunctionName } from "../iam/function-places";
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

/** A key of the vault: in both Regions, with the waiting time of the settings. */
function createKey(
  { spec, opts }: Vault,
  name: string,
  key: Pick<MultiRegionKeyArgs, "description" | "purpose" | "alias" | "policy">,
): MultiRegionKey {
  return new MultiRegionKey(
    name,
    {
      ...key,
      primaryRegion: spec.primaryRegion,
      replicaRegions: [spec.recoveryRegion],
      deletionDays: spec.keyDeletionDays,
    },
    opts,
  );
}

const createBackupKey = (it: Vault): MultiRegionKey =>
  createKey(it, "backup-key", {
    description: "Strongroom: backups of the organization's secrets",
    purpose: "backup",
    alias: NAMES.backupKeyAlias,
    policy: backupKeyPolicy(it.spec, it.place),
  });

const createDigestKey = (it: Vault): MultiRegionKey =>
  createKey(it, "digest-key", {
    description: "Strongroom: digests of values, signatures of manifests and reports",
    purpose: "digest",
    alias: NAMES.digestKeyAlias,
    policy: digestKeyPolicy(it.spec, it.place),
  });

const createServiceKey = (it: Vault): MultiRegionKey =>
  createKey(it, "service-key", {
    description: "Strongroom: queues, topics and logs",
    purpose: "service",
    alias: NAMES.serviceKeyAlias,
    policy: serviceKeyPolicy(it.spec, it.place),
  });

function createFunctionRoles({ spec, place, opts }: Vault): Record<FunctionName, BoundedRole> {
  const policies = functionPolicies(spec, place);
  return Object.fromEntries(
    functionNames(spec).map((name) => [
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
