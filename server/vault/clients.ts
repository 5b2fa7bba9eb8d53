import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";

import { bucketName, NAMES, partitionOf, roleArn } from "../../stacks/naming";

/** Where the vault is and how the service gets into it; from the fleet file. */
export interface VaultSettings {
  readonly organizationId: string;
  readonly accountId: string;
  readonly primaryRegion: string;
  readonly recoveryRegion: string;
  /** Demanded by the operator role. */
  readonly externalId: string;
}

/** What the adapter calls. */
export interface VaultClients {
  lambda(place: "primary" | "recovery"): Pick<LambdaClient, "send">;
  readonly s3: Pick<S3Client, "send">;
  readonly bucket: string;
  readonly settings: VaultSettings;
}

/** Lambda ends a function after 15 minutes; a connection that is silent for longer is dead. */
const FUNCTION_MS = 16 * 60_000;
const CONNECT_MS = 10_000;
const READ_MS = 30_000;
/** A role that is assumed by a role: AWS allows one hour. */
const SESSION_SECONDS = 3600;

/**
 * Clients of the operator role in the vault account. Credentials of the service come from the environment, the role's are
 * renewed before they end.
 */
export function vaultClients(settings: VaultSettings, s3UsePathStyle: boolean): VaultClients {
  const { accountId, primaryRegion, recoveryRegion, organizationId } = settings;
  // Each Region's own STS: a restore in the recovery Region must work while the primary one does not.
  const credentialsIn = (region: string) =>
    fromTemporaryCredentials({
      params: {
        RoleArn: roleArn(accountId, NAMES.operatorRole, partitionOf(primaryRegion)),
        RoleSessionName: "strongroom",
        ExternalId: settings.externalId,
        DurationSeconds: SESSION_SECONDS,
      },
      clientConfig: { region },
    });
  const credentials = credentialsIn(primaryRegion);
  const lambda = (region: string) =>
    new LambdaClient({
      region,
      credentials: region === primaryRegion ? credentials : credentialsIn(region),
      // Every function gives the same answer when it is asked twice, so a lost answer is asked for again.
      maxAttempts: 3,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: FUNCTION_MS },
    });
  const places = { primary: lambda(primaryRegion), recovery: lambda(recoveryRegion) };
  return {
    settings,
    lambda: (place) => places[place],
    s3: new S3Client({
      region: primaryRegion,
      credentials,
      forcePathStyle: s3UsePathStyle,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: READ_MS },
    }),
    bucket: bucketName("backup", accountId, primaryRegion, organizationId),
  };
}
