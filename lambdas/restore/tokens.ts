import { derivedUuid } from "../core/uuid";
import type { ManifestVersion, RestoreItem } from "../model";

/**
 * The request token of a value whose own version id is taken at the destination. The same destination, version and value
 * give the same token, so that a repeat of the call is the same call to Secrets Manager.
 */
export function derivedToken(to: RestoreItem["to"], version: ManifestVersion): string {
  const { accountId, region, name } = to;
  const { versionId, digest } = version;
  return derivedUuid([accountId, region, name, versionId, digest]);
}

/** The ids under which the version can be at the destination: its own, or the one derived when its own was taken. */
export function idsAt(to: RestoreItem["to"], version: ManifestVersion): readonly string[] {
  return [version.versionId, derivedToken(to, version)];
}
