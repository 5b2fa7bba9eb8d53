import { createHash } from "node:crypto";

import type { ManifestVersion, RestoreItem } from "../model";

/**
 * The request token of a value whose own version id is taken at the destination. The same destination, version and value
 * give the same token, so that a repeat of the call is the same call to Secrets Manager. Written as a UUID, the form of
 * the ids that Secrets Manager draws itself (ClientRequestToken: 32 to 64 characters).
 */
export function derivedToken(to: RestoreItem["to"], version: ManifestVersion): string {
  const { accountId, region, name } = to;
  const { versionId, digest } = version;
  const bytes = createHash("sha256")
    .update(JSON.stringify([accountId, region, name, versionId, digest]))
    .digest();
  // Version 8 of RFC 9562: "custom", made of a digest.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** The ids under which the version can be at the destination: its own, or the one derived when its own was taken. */
export function idsAt(to: RestoreItem["to"], version: ManifestVersion): readonly string[] {
  return [version.versionId, derivedToken(to, version)];
}
