import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { StackLock, StackLocks } from "../ports";
import { parseLock } from "./lock-content";
import { readObject, type S3Backend } from "./s3-client";

/** The locks of a backend in S3. */
export function s3Locks(client: S3Client, { bucket, prefix }: S3Backend): StackLocks {
  const folderOf = (stamp: StampName): string =>
    `${prefix}.pulumi/locks/organization/${PROJECT}/${stamp}/`;
  return {
    async list(stamp) {
      const listed = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: folderOf(stamp) }),
      );
      const locks: StackLock[] = [];
      for (const { Key: key } of listed.Contents ?? []) {
        if (key?.endsWith(".json") !== true) continue;
        // Undefined where the lock was given back between the two looks.
        const text = await readObject(client, bucket, key);
        if (text !== undefined) locks.push(parseLock(key, text));
      }
      return locks;
    },
    async remove(stamp, id) {
      await client.send(
        new DeleteObjectCommand({ Bucket: bucket, Key: `${folderOf(stamp)}${id}.json` }),
      );
    },
  };
}
