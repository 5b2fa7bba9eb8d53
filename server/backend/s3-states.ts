import { paginateListObjectsV2, type S3Client, type _Object } from "@aws-sdk/client-s3";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { EarlierState, StackStates } from "../ports";
import { newestFirst } from "./file-states";
import { readObject, type S3Backend } from "./s3-client";

/** The states of a backend in S3. */
export function s3States(client: S3Client, { bucket, prefix }: S3Backend): StackStates {
  const folder = `${prefix}.pulumi/stacks/${PROJECT}/`;
  const keyOf = (stamp: StampName): string => `${folder}${stamp}.json`;
  const list = async (below: string): Promise<readonly _Object[]> => {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: below });
    const found: _Object[] = [];
    for await (const { Contents = [] } of pages) found.push(...Contents);
    return found;
  };
  return {
    async signs(stamps) {
      const [first] = stamps;
      if (first === undefined) return new Map();
      // One call for a thousand stacks.
      const objects = await list(stamps.length === 1 ? keyOf(first) : folder);
      const byKey = new Map(objects.map((object) => [object.Key, object]));
      return new Map(
        stamps.flatMap((stamp) => {
          const found = byKey.get(keyOf(stamp));
          if (found?.ETag === undefined) return [];
          return [[stamp, `${found.ETag}-${found.LastModified?.getTime() ?? 0}`] as const];
        }),
      );
    },
    read: (stamp) => readObject(client, bucket, keyOf(stamp)),
    async earlier(stamp) {
      const below = `${prefix}.pulumi/backups/${PROJECT}/${stamp}/`;
      const backups = newestFirst((await list(below)).map(({ Key = "" }) => Key));
      const last = await list(`${keyOf(stamp)}.bak`);
      return [...last.map(({ Key = "" }) => Key), ...backups].map((key): EarlierState => ({
        name: `s3://${bucket}/${key}`,
        read: async () => (await readObject(client, bucket, key)) ?? "",
      }));
    },
  };
}
