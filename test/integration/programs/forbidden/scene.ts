import { mustCallAsRoot, type ApiCall } from "../../../../emulator/calls";
import { bucketName, NAMES } from "../../../../stacks/naming";
import { forwarderPolicy, forwarderTrust } from "../../../../programs/iam/member-roles";
import { EXTERNAL_ID, type World } from "../world";

import type { Scene } from "./model";

/** A member that is not stamped; the seed file gives it secrets. */
const OTHER = "600000000002";

/**
 * What is there to be attacked, once the world is stamped and swept.
 *
 * @param backup an object of the bucket of backups that holds a value.
 */
export async function sceneOf(
  world: World,
  backup: { readonly key: string; readonly versionId: string },
): Promise<Scene> {
  const { region } = world;
  const asRoot = async (
    accountId: string,
    service: ApiCall["service"],
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
  ) => {
    const call = { accountId, region, service, operation, parameters };
    return (await mustCallAsRoot(world.emulator.endpoint, call)).json;
  };
  const secretsOf = async (accountId: string) => {
    const { SecretList } = await asRoot(accountId, "secretsmanager", "ListSecrets", {});
    return SecretList as { ARN: string; RotationEnabled: boolean; RotationLambdaARN?: string }[];
  };
  const isRotated = (secret: Awaited<ReturnType<typeof secretsOf>>[number]) =>
    secret.RotationEnabled && secret.RotationLambdaARN?.endsWith(NAMES.rotationFunction) === true;
  const firstSecret = async (accountId: string) =>
    (await secretsOf(accountId)).find((secret) => !isRotated(secret))?.ARN ?? "";
  const key = async (accountId: string, KeyId: string) => {
    const { KeyMetadata } = await asRoot(accountId, "kms", "DescribeKey", { KeyId });
    return KeyMetadata as { KeyId: string; Arn: string };
  };
  const encrypted = async (accountId: string, KeyId: string) => {
    const Plaintext = Buffer.from("x").toString("base64");
    return String((await asRoot(accountId, "kms", "Encrypt", { KeyId, Plaintext })).CiphertextBlob);
  };
  const { organization } = world.emulator;
  const bucket = (of: string) => bucketName("backup", world.vaultId, of, organization.id);
  const member = world.member();
  const place = { accountId: world.memberId, partition: "aws" };
  const backupKey = await key(world.vaultId, NAMES.backupKeyAlias);
  return {
    region,
    recoveryRegion: organization.recoveryRegion,
    member: world.memberId,
    other: OTHER,
    vault: world.vaultId,
    organizationId: organization.id,
    bucket: bucket(region),
    copy: bucket(organization.recoveryRegion),
    backup,
    secretArn: await firstSecret(world.memberId),
    otherSecretArn: await firstSecret(OTHER),
    rotatedSecretArn: (await secretsOf(world.memberId)).find(isRotated)?.ARN ?? "",
    memberKeyId: (await key(world.memberId, NAMES.memberKeyAlias)).KeyId,
    memberCiphertext: await encrypted(world.memberId, NAMES.memberKeyAlias),
    backupKeyArn: backupKey.Arn,
    backupCiphertext: await encrypted(world.vaultId, NAMES.backupKeyAlias),
    digestKeyArn: (await key(world.vaultId, NAMES.digestKeyAlias)).Arn,
    membersExternalId: member.externalId,
    serviceExternalId: EXTERNAL_ID,
    forwarderPolicy: JSON.stringify(forwarderPolicy(member, place)),
    forwarderTrust: JSON.stringify(forwarderTrust(member, place)),
  };
}
