import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import { FunctionError, type SecretValue } from "../ports";
import type { RotationSecrets } from "../rotation/ports";
import type { OtherSecret } from "../rotation/rotators/ports";

import { awsErrorName, fromAws } from "./errors";
import { tagsOf } from "./secret-reader";

/** The secrets of the function's own account and Region over Secrets Manager. */
export function createRotationSecrets(client: SecretsManagerClient): RotationSecrets {
  const stage = async (call: () => Promise<unknown>, arn: string): Promise<void> => {
    try {
      await call();
    } catch (error) {
      throw fromAws("secretsmanager:UpdateSecretVersionStage", arn, error);
    }
  };
  return {
    describe: async (arn) => {
      try {
        const answer = await client.send(new DescribeSecretCommand({ SecretId: arn }));
        if (answer.DeletedDate !== undefined) return undefined;
        return {
          arn: answer.ARN ?? arn,
          tags: tagsOf(answer.Tags),
          rotationEnabled: answer.RotationEnabled === true,
          stages: answer.VersionIdsToStages ?? {},
        };
      } catch (error) {
        if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
        throw fromAws("secretsmanager:DescribeSecret", arn, error);
      }
    },
    value: (arn, versionId) => valueOf(client, arn, versionId),
    putPending: async (arn, token, value) => {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: arn,
            ClientRequestToken: token,
            VersionStages: ["AWSPENDING"],
            ...(value.kind === "string"
              ? { SecretString: value.text }
              : { SecretBinary: value.data }),
          }),
        );
      } catch (error) {
        if (awsErrorName(error) === "ResourceExistsException") {
          throw new FunctionError(
            "VERSION_DIFFERS",
            `Version ${token} of ${arn} has another value already`,
            false,
            { cause: error },
          );
        }
        throw fromAws("secretsmanager:PutSecretValue", arn, error);
      }
    },
    makeCurrent: (arn, to, from) =>
      stage(
        () =>
          client.send(
            new UpdateSecretVersionStageCommand({
              SecretId: arn,
              VersionStage: "AWSCURRENT",
              MoveToVersionId: to,
              RemoveFromVersionId: from,
            }),
          ),
        arn,
      ),
    dropPending: (arn, from) =>
      stage(
        () =>
          client.send(
            new UpdateSecretVersionStageCommand({
              SecretId: arn,
              VersionStage: "AWSPENDING",
              RemoveFromVersionId: from,
            }),
          ),
        arn,
      ),
  };
}

/** Reads the current value of another secret; undefined where there is none. */
export function createOtherSecret(client: SecretsManagerClient): OtherSecret {
  return (arn) => valueOf(client, arn);
}

async function valueOf(
  client: SecretsManagerClient,
  arn: string,
  versionId?: string,
): Promise<SecretValue | undefined> {
  try {
    const { SecretString, SecretBinary } = await client.send(
      new GetSecretValueCommand({
        SecretId: arn,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
      }),
    );
    if (SecretString !== undefined) return { kind: "string", text: SecretString };
    return SecretBinary === undefined ? undefined : { kind: "binary", data: SecretBinary };
  } catch (error) {
    if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
    throw fromAws("secretsmanager:GetSecretValue", arn, error);
  }
}
