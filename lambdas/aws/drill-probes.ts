import { CreateGrantCommand } from "@aws-sdk/client-kms";
import {
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { DeleteSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";

import { NAMES, partitionOf, roleArn } from "../../stacks/naming";
import type { Probe, ProbeTarget } from "../drill/ports";

import type { Clients } from "./clients";
import type { FunctionConfig } from "./config";
import { fromAws } from "./errors";

/** A secret of the vault account outside the drills' name space. It need not exist: AWS looks at permissions first. */
const OUTSIDE = "strongroom-not-a-drill";
/** An account that there is not: its backups are nobody's. */
const NOBODYS = "000000000000/nowhere/strongroom-probe";
/** Of no version that there is. */
const NO_VERSION = "strongroom-probe";

/**
 * What the drill's role must not be able to do, tried with that role. Each call is made so that it would do nothing even if
 * it were allowed: on things that are not there, with a document that is none, as a dry run, or setting what is set.
 */
export function createProbes(
  config: FunctionConfig,
  clients: Clients,
): (target: ProbeTarget) => readonly Probe[] {
  const s3 = clients.s3(config.primaryRegion);
  const copies = clients.s3(config.recoveryRegion);
  const own = clients.ownSecrets(config.primaryRegion);
  const backups = { Bucket: config.backupBucket };
  return (target) => [
    ...[NAMES.readerRole, NAMES.restorerRole].map((role) =>
      probe(`assume ${role} of a member`, () => assume(role, target, config, clients)),
    ),
    probe("read a member's secret", () =>
      clients
        .ownSecrets(target.region)
        .send(new GetSecretValueCommand({ SecretId: target.secretArn })),
    ),
    probe("read a secret outside the drills' names", () =>
      own.send(new GetSecretValueCommand({ SecretId: OUTSIDE })),
    ),
    probe("delete a secret outside the drills' names", () =>
      own.send(new DeleteSecretCommand({ SecretId: OUTSIDE, RecoveryWindowInDays: 30 })),
    ),
    probe("delete a version of a backup", () =>
      s3.send(new DeleteObjectCommand({ ...backups, Key: NOBODYS, VersionId: NO_VERSION })),
    ),
    probe("delete a version of a backup's copy", () =>
      copies.send(
        new DeleteObjectCommand({
          Bucket: config.recoveryBucket,
          Key: NOBODYS,
          VersionId: NO_VERSION,
        }),
      ),
    ),
    probe("write a backup", () =>
      s3.send(
        new PutObjectCommand({
          ...backups,
          Key: NOBODYS,
          Body: "",
          // Only over an object of this digest, which no object has.
          IfMatch: '"00000000000000000000000000000000"',
        }),
      ),
    ),
    probe("shorten the lock of a backup", () =>
      s3.send(
        new PutObjectRetentionCommand({
          ...backups,
          Key: NOBODYS,
          VersionId: NO_VERSION,
          Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 86_400_000) },
          BypassGovernanceRetention: true,
        }),
      ),
    ),
    probe("change the policy of the backup bucket", () =>
      s3.send(new PutBucketPolicyCommand({ ...backups, Policy: "{}" })),
    ),
    probe("change the versioning of the backup bucket", () =>
      s3.send(
        new PutBucketVersioningCommand({
          ...backups,
          VersioningConfiguration: { Status: "Enabled" },
        }),
      ),
    ),
    probe("grant the backup key to somebody", () =>
      clients.kms(config.primaryRegion).send(
        new CreateGrantCommand({
          KeyId: config.backupKeyArn,
          GranteePrincipal: ownRole(config),
          Operations: ["Decrypt"],
          DryRun: true,
        }),
      ),
    ),
  ];
}

const ownRole = ({ vaultAccountId, primaryRegion }: FunctionConfig) =>
  roleArn(vaultAccountId, NAMES.functionRoles.drill, partitionOf(primaryRegion));

function assume(
  role: string,
  { accountId, region }: ProbeTarget,
  config: FunctionConfig,
  clients: Clients,
): Promise<unknown> {
  return clients.sts(config.primaryRegion).send(
    new AssumeRoleCommand({
      RoleArn: roleArn(accountId, role, partitionOf(region)),
      RoleSessionName: "strongroom-probe",
      ExternalId: config.externalId,
    }),
  );
}

function probe(call: string, attempt: () => Promise<unknown>): Probe {
  return {
    role: NAMES.functionRoles.drill,
    call,
    refused: async () => {
      try {
        await attempt();
        return false;
      } catch (cause) {
        const error = fromAws("a call that must be refused", call, cause);
        if (error.code === "ACCESS_DENIED") return true;
        // It may have been let through or not: a service that is busy says nothing about it.
        if (error.retry) throw error;
        // Permissions are looked at before anything else: what fails otherwise was let through.
        return false;
      }
    },
  };
}
