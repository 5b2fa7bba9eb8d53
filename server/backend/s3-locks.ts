import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { fromIni } from "@aws-sdk/credential-providers";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { StackLock, StackLocks } from "../ports";
import { parseLock } from "./lock-content";

/** What an `s3://` address of a state backend says, in the words of Go's blob library, which Pulumi reads it with. */
export interface S3Backend {
  readonly bucket: string;
  /** With a slash at its end, or empty. */
  readonly prefix: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly forcePathStyle: boolean;
}

/** Reads the address of a state backend in S3. */
export function parseS3Backend(backendUrl: string): S3Backend {
  const url = new URL(backendUrl);
  const { searchParams } = url;
  const first = (...names: string[]): string | undefined =>
    names.map((name) => searchParams.get(name)).find((value) => value !== null) ?? undefined;
  const prefix = [url.pathname, first("prefix") ?? ""]
    .flatMap((part) => part.split("/"))
    .filter((part) => part !== "")
    .join("/");
  const region = first("region");
  const profile = first("profile");
  const endpoint = first("endpoint");
  const plain = first("disableSSL", "disable_https") === "true" ? "http" : "https";
  const absolute =
    endpoint === undefined || endpoint.includes("://") ? endpoint : `${plain}://${endpoint}`;
  return {
    bucket: url.hostname,
    prefix: prefix === "" ? "" : `${prefix}/`,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(absolute === undefined ? {} : { endpoint: absolute }),
    forcePathStyle: first("s3ForcePathStyle", "use_path_style", "hostname_immutable") === "true",
  };
}

/** The locks of a backend in S3, read and removed with the credentials that Pulumi itself uses for it. */
export function s3Locks(backendUrl: string, pathStyle: boolean): StackLocks {
  const { bucket, prefix, region, endpoint, profile, forcePathStyle } = parseS3Backend(backendUrl);
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { credentials: fromIni({ profile }) }),
    forcePathStyle: forcePathStyle || pathStyle,
  });
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
        const text = await read(client, bucket, key);
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

/** Undefined where the lock was given back between the two looks. */
async function read(client: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString();
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return undefined;
    throw error;
  }
}
