import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  paginateListSecretVersionIds,
  paginateListSecrets,
  type DescribeSecretCommandOutput,
  type SecretListEntry,
  type SecretsManagerClient,
  type Tag,
} from "@aws-sdk/client-secrets-manager";

import { placeOfArn } from "../core/arn";
import type { Manifest } from "../model";
import {
  FunctionError,
  type ListedSecret,
  type SecretDescription,
  type SecretReader,
  type SecretValue,
} from "../ports";

import { awsErrorName, fromAws } from "./errors";

export interface SecretsPlace {
  readonly accountId: string;
  readonly region: string;
}

/** The secrets of an account's Region over Secrets Manager. */
export function createSecretReader(
  client: SecretsManagerClient,
  place: SecretsPlace,
): SecretReader {
  return {
    list: (options) => list(client, place, options?.name),
    describe: (secretId) => describeSecret(client, secretId),
    value: (arn, versionId) => value(client, arn, versionId),
  };
}

async function* list(
  client: SecretsManagerClient,
  place: SecretsPlace,
  name: string | undefined,
): AsyncGenerator<ListedSecret> {
  const input = {
    IncludePlannedDeletion: true,
    MaxResults: 100,
    ...(name === undefined ? {} : { Filters: [{ Key: "name" as const, Values: [name] }] }),
  };
  try {
    for await (const page of paginateListSecrets({ client }, input)) {
      for (const entry of page.SecretList ?? []) {
        const listed = listedOf(entry, place.region);
        if (listed !== undefined) yield listed;
      }
    }
  } catch (error) {
    throw fromAws("secretsmanager:ListSecrets", `${place.accountId} in ${place.region}`, error);
  }
}

function listedOf(entry: SecretListEntry, region: string): ListedSecret | undefined {
  const place = placeOfArn(entry.ARN ?? "");
  const changedAt = (entry.LastChangedDate ?? entry.CreatedDate)?.toISOString();
  if (entry.ARN === undefined || place === undefined || changedAt === undefined) return undefined;
  const { PrimaryRegion, DeletedDate } = entry;
  return {
    arn: entry.ARN,
    place,
    changedAt,
    ...(DeletedDate === undefined ? {} : { deletedAt: DeletedDate.toISOString() }),
    ...(PrimaryRegion === undefined || PrimaryRegion === region
      ? {}
      : { primaryRegion: PrimaryRegion }),
    tags: tagsOf(entry.Tags),
    versions: labelled(entry.SecretVersionsToStages),
  };
}

/** Tries to read the description and the versions of one moment. */
const STEADY_TRIES = 3;

/**
 * What a secret is. Three calls, because no one of them says all: `DescribeSecret`, `ListSecretVersionIds` for the times,
 * `GetResourcePolicy`.
 */
export async function describeSecret(
  client: SecretsManagerClient,
  secretId: string,
): Promise<SecretDescription | undefined> {
  try {
    for (let attempt = 0; attempt < STEADY_TRIES; attempt++) {
      const secret = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
      const { ARN } = secret;
      const place = placeOfArn(ARN ?? "");
      if (ARN === undefined || place === undefined) break;
      const labels = labelled(secret.VersionIdsToStages);
      const [times, policy] = await Promise.all([
        Object.keys(labels).length === 0 ? new Map<string, string>() : createdAt(client, ARN),
        secret.DeletedDate === undefined ? resourcePolicy(client, ARN) : undefined,
      ]);
      const versions = Object.entries(labels).flatMap(([versionId, stages]) => {
        const created = times.get(versionId);
        return created === undefined ? [] : [{ versionId, stages, createdAt: created }];
      });
      // A version that lost its label since is not listed any more.
      if (versions.length < Object.keys(labels).length) continue;
      return { ...place, ...aboutSecret(secret, place.region), arn: ARN, versions, ...policy };
    }
  } catch (error) {
    if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
    throw fromAws("secretsmanager:DescribeSecret", secretId, error);
  }
  throw new FunctionError(
    "SECRET_UNSTEADY",
    `${secretId} changed each time it was looked at. It is tried again`,
    true,
  );
}

function aboutSecret(secret: DescribeSecretCommandOutput, region: string) {
  const { Description, KmsKeyId, DeletedDate, PrimaryRegion } = secret;
  return {
    changedAt: (secret.LastChangedDate ?? secret.CreatedDate ?? new Date(0)).toISOString(),
    ...(Description === undefined || Description === "" ? {} : { description: Description }),
    ...(KmsKeyId === undefined ? {} : { kmsKeyId: KmsKeyId }),
    tags: tagsOf(secret.Tags),
    ...rotationOf(secret),
    replicas: replicasOf(secret),
    ...(PrimaryRegion === undefined || PrimaryRegion === region
      ? {}
      : { primaryRegion: PrimaryRegion }),
    ...(DeletedDate === undefined ? {} : { deletedAt: DeletedDate.toISOString() }),
  };
}

function rotationOf(secret: DescribeSecretCommandOutput): Pick<Manifest, "rotation"> {
  const { RotationEnabled, RotationLambdaARN, RotationRules } = secret;
  if (RotationEnabled !== true) return {};
  const rules = Object.fromEntries(
    Object.entries(RotationRules ?? {}).filter(
      (rule): rule is [string, string | number] => rule[1] !== undefined,
    ),
  );
  return {
    rotation: {
      ...(RotationLambdaARN === undefined ? {} : { functionArn: RotationLambdaARN }),
      ...(Object.keys(rules).length === 0 ? {} : { rules }),
    },
  };
}

function replicasOf({ ReplicationStatus = [] }: DescribeSecretCommandOutput): Manifest["replicas"] {
  return ReplicationStatus.flatMap(({ Region, KmsKeyId }) =>
    Region === undefined
      ? []
      : [{ region: Region, ...(KmsKeyId === undefined ? {} : { kmsKeyId: KmsKeyId }) }],
  ).sort((a, b) => (a.region < b.region ? -1 : 1));
}

async function createdAt(client: SecretsManagerClient, arn: string): Promise<Map<string, string>> {
  const times = new Map<string, string>();
  for await (const page of paginateListSecretVersionIds({ client }, { SecretId: arn })) {
    for (const { VersionId, CreatedDate } of page.Versions ?? []) {
      if (VersionId !== undefined && CreatedDate !== undefined) {
        times.set(VersionId, CreatedDate.toISOString());
      }
    }
  }
  return times;
}

async function resourcePolicy(
  client: SecretsManagerClient,
  arn: string,
): Promise<Pick<Manifest, "resourcePolicy">> {
  const { ResourcePolicy } = await client.send(new GetResourcePolicyCommand({ SecretId: arn }));
  return ResourcePolicy === undefined || ResourcePolicy === ""
    ? {}
    : { resourcePolicy: ResourcePolicy };
}

async function value(
  client: SecretsManagerClient,
  arn: string,
  versionId: string,
): Promise<SecretValue | undefined> {
  try {
    const answer = await client.send(
      new GetSecretValueCommand({ SecretId: arn, VersionId: versionId }),
    );
    if (answer.SecretString !== undefined) return { kind: "string", text: answer.SecretString };
    if (answer.SecretBinary !== undefined) return { kind: "binary", data: answer.SecretBinary };
    return undefined;
  } catch (error) {
    // Secrets Manager answers InvalidRequestException for a secret that is marked for deletion.
    const name = awsErrorName(error);
    if (name === "ResourceNotFoundException" || name === "InvalidRequestException")
      return undefined;
    throw fromAws("secretsmanager:GetSecretValue", `${arn}, version ${versionId}`, error);
  }
}

/** Tags as a record. */
export const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

const labelled = (
  versions: Readonly<Record<string, readonly string[]>> | undefined,
): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(versions ?? {}).filter(([, stages]) => stages.length > 0));
