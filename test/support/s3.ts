import { createHash, createHmac } from "node:crypto";

import type { Credentials } from "../../emulator/identity";

export interface S3Call {
  readonly method: "GET" | "PUT" | "DELETE";
  /** Bucket, or bucket and key. */
  readonly path: string;
  /** Sub-resource such as `object-lock`, or `versionId=…`. */
  readonly query?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Makes a signed S3 call, path style; answers "ok" or the error's code. */
export async function s3As(
  endpoint: string,
  credentials: Credentials,
  region: string,
  { method, path, query = "", body = "", headers = {} }: S3Call,
): Promise<string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const all: Record<string, string> = {
    ...headers,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
    ...(credentials.sessionToken === undefined
      ? {}
      : { "x-amz-security-token": credentials.sessionToken }),
  };
  const canonical = Object.entries({ ...all, host: new URL(endpoint).host }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const names = canonical.map(([name]) => name).join(";");
  // A key may hold what an address may not, and is signed as it stands there.
  const address = path.split("/").map(encodeURIComponent).join("/");
  const canonicalQuery = query === "" || query.includes("=") ? query : `${query}=`;
  const request = [
    method,
    `/${address}`,
    canonicalQuery,
    ...canonical.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const key = [time.slice(0, 8), region, "s3", "aws4_request"].reduce<Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const signature = createHmac("sha256", key)
    .update(["AWS4-HMAC-SHA256", time, scope, sha256(request)].join("\n"))
    .digest("hex");
  const response = await fetch(`${endpoint}/${address}${query === "" ? "" : `?${query}`}`, {
    method,
    ...(method === "PUT" ? { body } : {}),
    headers: {
      ...all,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    },
  });
  const text = await response.text();
  return response.ok ? "ok" : (/<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? String(response.status));
}
