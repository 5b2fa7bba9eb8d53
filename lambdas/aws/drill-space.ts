import { DeleteSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import type { DrillSpace } from "../drill/ports";

import { awsErrorName, fromAws } from "./errors";
import { createSecretReader, type SecretsPlace } from "./secret-reader";
import { createSecretWriter } from "./secret-writer";

/** The drills' name space in a Region of the vault account, with the function's own role. */
export function createDrillSpace(client: SecretsManagerClient, place: SecretsPlace): DrillSpace {
  return {
    writer: createSecretWriter(client, place),
    reader: createSecretReader(client, place),
    remove: async (secretId) => {
      try {
        // Nothing is lost: what a drill writes is a copy of a backup.
        await client.send(
          new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true }),
        );
      } catch (error) {
        if (awsErrorName(error) === "ResourceNotFoundException") return;
        throw fromAws("secretsmanager:DeleteSecret", secretId, error);
      }
    },
  };
}
