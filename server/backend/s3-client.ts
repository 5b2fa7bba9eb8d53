import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { fromIni } from "@aws-sdk/credential-providers";

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

/** A backend that is slower than this does not answer. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
const ATTEMPTS = 4;

/** A client with the credentials that Pulumi itself uses for the backend. */
export function s3Client(backend: S3Backend, pathStyle: boolean): S3Client {
  const { region, endpoint, profile, forcePathStyle } = backend;
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { credentials: fromIni({ profile }) }),
    forcePathStyle: forcePathStyle || pathStyle,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  });
}

/** The text of an object; undefined where there is none, or where it went away between two looks. */
export async function readObject(
  client: S3Client,
  Bucket: string,
  Key: string,
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString();
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return undefined;
    throw error;
  }
}
