import {
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";

import type { VaultBucket } from "../ports";

import { awsErrorName, fromAws } from "./errors";

export interface BucketPlace {
  readonly name: string;
  /** S3 alone does not say whose bucket a name is: one of another account is refused. */
  readonly ownerId: string;
}

/** One of the vault's buckets over S3. The bucket's default key encrypts: the bucket's policy refuses any other. */
export function createVaultBucket(s3: S3Client, { name, ownerId }: BucketPlace): VaultBucket {
  const where = { Bucket: name, ExpectedBucketOwner: ownerId };
  const about = (key: string) => `s3://${name}/${key}`;
  // The checksum is over what leaves us: a byte that changes on the way is refused.
  const put = (key: string, body: Uint8Array, more: Partial<PutObjectCommandInput>) =>
    s3.send(
      new PutObjectCommand({
        ...where,
        Key: key,
        Body: body,
        ChecksumAlgorithm: "SHA256",
        ...more,
      }),
    );
  return {
    writeOnce: async (key, body, lock) => {
      try {
        await put(key, body, {
          IfNoneMatch: "*",
          ObjectLockMode: lock.mode,
          ObjectLockRetainUntilDate: lock.until,
        });
        return true;
      } catch (error) {
        if (awsErrorName(error) === "PreconditionFailed") return false;
        throw fromAws("s3:PutObject", about(key), error);
      }
    },
    write: async (key, body) => {
      try {
        await put(key, body, { ContentType: "application/json" });
      } catch (error) {
        throw fromAws("s3:PutObject", about(key), error);
      }
    },
    read: async (key) => {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ ...where, Key: key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (awsErrorName(error) === "NoSuchKey") return undefined;
        throw fromAws("s3:GetObject", about(key), error);
      }
    },
    list: async function* (prefix) {
      try {
        for await (const page of paginateListObjectsV2(
          { client: s3 },
          { ...where, Prefix: prefix },
        )) {
          for (const { Key, Size, LastModified } of page.Contents ?? []) {
            if (Key === undefined || LastModified === undefined) continue;
            yield { key: Key, bytes: Size ?? 0, storedAt: LastModified.toISOString() };
          }
        }
      } catch (error) {
        throw fromAws("s3:ListObjectsV2", about(prefix), error);
      }
    },
  };
}
