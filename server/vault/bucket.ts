import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";

import { AppError } from "../../stacks/errors";
import type { VaultClients } from "./clients";
import { awsFailure } from "./failures";

/** Most pages of one listing: a token that leads in circles ends. */
const MAX_PAGES = 1000;

/** An object of the bucket and when it was written. */
export interface Listed {
  readonly key: string;
  readonly at: number;
}

/** The objects directly below a prefix, which ends in `/`; what lies deeper is left out. */
export async function listBelow(clients: VaultClients, prefix: string): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    try {
      const answer = await clients.s3.send(
        new ListObjectsV2Command({
          Bucket: clients.bucket,
          Prefix: prefix,
          Delimiter: "/",
          ExpectedBucketOwner: clients.settings.accountId,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key, LastModified } of answer.Contents ?? []) {
        if (Key !== undefined) found.push({ key: Key, at: LastModified?.getTime() ?? 0 });
      }
      token = answer.NextContinuationToken;
    } catch (error) {
      throw awsFailure(error, `listing ${prefix} in the vault's bucket`, clients.settings);
    }
    if (token === undefined) return found;
  }
  throw new AppError("VAULT_ANSWER", `the list of ${prefix} in the vault's bucket does not end`);
}

/** A JSON object of the bucket; undefined where there is none. */
export async function readJson(clients: VaultClients, key: string): Promise<unknown> {
  let text: string;
  try {
    const { Body } = await clients.s3.send(
      new GetObjectCommand({
        Bucket: clients.bucket,
        Key: key,
        ExpectedBucketOwner: clients.settings.accountId,
      }),
    );
    text = (await Body?.transformToString("utf8")) ?? "";
  } catch (error) {
    if ((error as { name?: string }).name === "NoSuchKey") return undefined;
    throw awsFailure(error, `reading ${key} in the vault's bucket`, clients.settings);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AppError("VAULT_ANSWER", `${key} in the vault's bucket is not JSON`, { cause });
  }
}
