import type { Manifest, SecretPlace } from "../model";

/** What an object of the vault's bucket is, read from its key alone. */
export type VaultObject =
  | { readonly kind: "value"; readonly place: SecretPlace; readonly versionId: string }
  | ({ readonly kind: "manifest"; readonly place: SecretPlace } & ManifestStamp);

/** What a manifest's key says about it: enough to find the one for a moment, and to see whether a secret is kept. */
export interface ManifestStamp {
  /** ISO 8601, milliseconds, UTC. */
  readonly changedAt: string;
  /** Of what a listing shows: see `listedDigest`. 16 hex digits. */
  readonly listed: string;
  /** Of all that the manifest says about the secret: see `contentDigest`. 16 hex digits. */
  readonly content: string;
}

/** The members as the last sweep over all of them was told; the backup function reads each member's settings here. */
export const FLEET_KEY = "coverage/fleet.json";

/** Name and version are URI-encoded: a `/` in them would look like one of ours. */
const part = encodeURIComponent;

/** Below it lies everything about one secret. */
export function secretPrefix({ accountId, region, name, suffix }: SecretPlace): string {
  return `${accountId}/${region}/${part(name)}/${part(suffix)}/`;
}

/** Where the value of a version is kept; the same each time, so that it is written once. */
export function valueKey(place: SecretPlace, versionId: string): string {
  return `${secretPrefix(place)}${part(versionId)}`;
}

/** Where a manifest is kept; by name the manifests of a secret are in order of time. */
export function manifestKey(place: SecretPlace, stamp: ManifestStamp): string {
  const time = stamp.changedAt.replace(/[-:.]/g, "");
  return `${secretPrefix(place)}${MANIFESTS}/${time}-${stamp.listed}-${stamp.content}.json`;
}

/** Below it lie the manifests of one secret. */
export function manifestPrefix(place: SecretPlace): string {
  return `${secretPrefix(place)}${MANIFESTS}/`;
}

const MANIFESTS = "manifests";
const MANIFEST_FILE =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-([0-9a-f]{16})-([0-9a-f]{16})\.json$/;

/** The inverse of {@link valueKey} and {@link manifestKey}; undefined for every other object (coverage, reports). */
export function parseKey(key: string): VaultObject | undefined {
  const [accountId = "", region = "", name, suffix, fifth, sixth, ...more] = key.split("/");
  if (!/^\d{12}$/.test(accountId) || name === undefined || suffix === undefined) return undefined;
  if (fifth === undefined || fifth === "" || more.length > 0) return undefined;
  try {
    const place = {
      accountId,
      region,
      name: decodeURIComponent(name),
      suffix: decodeURIComponent(suffix),
    };
    if (sixth === undefined) {
      return { kind: "value", place, versionId: decodeURIComponent(fifth) };
    }
    const stamp = fifth === MANIFESTS ? parseManifestFile(sixth) : undefined;
    return stamp === undefined ? undefined : { kind: "manifest", place, ...stamp };
  } catch {
    // Not URI-encoded as ours are.
    return undefined;
  }
}

function parseManifestFile(file: string): ManifestStamp | undefined {
  const match = MANIFEST_FILE.exec(file);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, ms, listed = "", content = ""] = match;
  return {
    changedAt: `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`,
    listed,
    content,
  };
}

/** One text for a place, to compare and to look up by. */
export function placeId(place: SecretPlace): string {
  return secretPrefix(place);
}

/** The place alone, of anything that has one. */
export function placeOf({ accountId, region, name, suffix }: SecretPlace | Manifest): SecretPlace {
  return { accountId, region, name, suffix };
}

/** What the last sweep of an account saw. */
export function coverageKey(accountId: string): string {
  return `coverage/${accountId}.json`;
}

/** Below it lie the notes about backups of an account that failed. */
export function failurePrefix(accountId: string): string {
  return `coverage/failures/${accountId}/`;
}

/** The last failure to back a secret up; by name, because an event may not say more. */
export function failureKey(of: { accountId: string; region: string; name: string }): string {
  return `${failurePrefix(of.accountId)}${of.region}/${part(of.name)}.json`;
}

/** Below it lies what is known of rotations. */
export const ROTATIONS_PREFIX = "coverage/rotations/";

/** How the rotations of an account stand. */
export function rotationsKey(accountId: string): string {
  return `${ROTATIONS_PREFIX}${accountId}.json`;
}

/** Below it lie the notes about the rotations of an account's secrets. */
export function rotationNotePrefix(accountId: string): string {
  return `${ROTATIONS_PREFIX}${accountId}/`;
}

/** The last rotation of a secret. */
export function rotationNoteKey(of: { accountId: string; region: string; name: string }): string {
  return `${rotationNotePrefix(of.accountId)}${of.region}/${part(of.name)}.json`;
}

/** Below it lie the reports of the drills. */
export const DRILL_PREFIX = "reports/drills/";

/** What a drill found. */
export function drillKey(drillId: string): string {
  return `${DRILL_PREFIX}${part(drillId)}.json`;
}

/** The inverse of {@link drillKey}; undefined for every other object. */
export function drillIdOf(key: string): string | undefined {
  const id = /^reports\/drills\/([^/]+)\.json$/.exec(key)?.[1];
  return id === undefined ? undefined : decodeURIComponent(id);
}
