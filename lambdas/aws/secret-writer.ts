import {
  CreateSecretCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import { FunctionError, type SecretToWrite, type SecretValue, type SecretWriter } from "../ports";

import { awsErrorName, fromAws } from "./errors";
import { describeSecret, type SecretsPlace } from "./secret-reader";

/** Writes the secrets of an account's Region over Secrets Manager. */
export function createSecretWriter(
  client: SecretsManagerClient,
  { accountId, region }: SecretsPlace,
): SecretWriter {
  const named = (name: string) => `${name} (${accountId}, ${region})`;
  return {
    describe: (name) => describeSecret(client, name),
    create: async (secret) => {
      try {
        const { ARN } = await client.send(
          new CreateSecretCommand({
            Name: secret.name,
            ...tagsOf(secret),
            ...(secret.description === undefined ? {} : { Description: secret.description }),
            ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
            ...(secret.replicas.length === 0
              ? {}
              : {
                  AddReplicaRegions: secret.replicas.map((replica) => ({
                    Region: replica.region,
                    ...(replica.kmsKeyId === undefined ? {} : { KmsKeyId: replica.kmsKeyId }),
                  })),
                }),
          }),
        );
        return { arn: ARN ?? secret.name };
      } catch (error) {
        if (awsErrorName(error) === "ResourceExistsException") {
          throw new FunctionError("SECRET_EXISTS", `${named(secret.name)} exists already`, false, {
            cause: error,
          });
        }
        throw fromAws("secretsmanager:CreateSecret", named(secret.name), error);
      }
    },
    put: async (arn, token, value, stages) => {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: arn,
            ClientRequestToken: token,
            ...valueOf(value),
            VersionStages: [...stages],
          }),
        );
      } catch (error) {
        if (awsErrorName(error) === "ResourceExistsException") {
          throw new FunctionError(
            "VERSION_DIFFERS",
            `Version ${token} of ${arn} has another value than the backup`,
            false,
            { cause: error },
          );
        }
        throw fromAws("secretsmanager:PutSecretValue", arn, error);
      }
    },
    moveStage: (arn, stage, to, from) =>
      doing("secretsmanager:UpdateSecretVersionStage", arn, () =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: arn,
            VersionStage: stage,
            MoveToVersionId: to,
            ...(from === undefined ? {} : { RemoveFromVersionId: from }),
          }),
        ),
      ),
    cancelDeletion: (arn) =>
      doing("secretsmanager:RestoreSecret", arn, () =>
        client.send(new RestoreSecretCommand({ SecretId: arn })),
      ),
    putPolicy: (arn, policy) =>
      doing("secretsmanager:PutResourcePolicy", arn, () =>
        client.send(
          new PutResourcePolicyCommand({
            SecretId: arn,
            ResourcePolicy: policy,
            BlockPublicPolicy: true,
          }),
        ),
      ),
    // At once is what AWS does unless told not to: it would change the value that was just written.
    rotate: (arn, { functionArn, rules }) =>
      doing("secretsmanager:RotateSecret", arn, () =>
        client.send(
          new RotateSecretCommand({
            SecretId: arn,
            RotateImmediately: false,
            ...(functionArn === undefined ? {} : { RotationLambdaARN: functionArn }),
            ...(rules === undefined ? {} : { RotationRules: rules }),
          }),
        ),
      ),
  };
}

/** A call with tags, and be it none, asks for the permission to tag. */
const tagsOf = ({ tags }: Pick<SecretToWrite, "tags">) => {
  const all = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return all.length === 0 ? {} : { Tags: all };
};

const valueOf = (value: SecretValue) =>
  value.kind === "string" ? { SecretString: value.text } : { SecretBinary: value.data };

async function doing(call: string, about: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw fromAws(call, about, error);
  }
}
