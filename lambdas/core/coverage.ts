import type { AccountCoverage, FailureNote, Member, SecretCoverage, SecretPlace } from "../model";
import type { ListedSecret, StoredObject } from "../ports";

import { parseKey, placeId, placeOf } from "./keys";
import { listedDigest, mayBeEmpty } from "./manifest";
import { inScope, keptByPrimary } from "./scope";

/** What the vault holds of one secret, from the keys and times of its objects alone. */
export interface KeptSecret {
  readonly place: SecretPlace;
  readonly versionIds: ReadonlySet<string>;
  readonly manifests: readonly { readonly changedAt: string; readonly listed: string }[];
  /** When the newest manifest was written, ISO 8601. */
  readonly newestBackupAt?: string;
}

/** Sorts the objects of an account by secret; whatever is no backup is left out. */
export function keptSecrets(objects: Iterable<StoredObject>): Map<string, KeptSecret> {
  const secrets = new Map<
    string,
    {
      place: SecretPlace;
      versionIds: Set<string>;
      manifests: { changedAt: string; listed: string }[];
      newestBackupAt?: string;
    }
  >();
  for (const { key, storedAt } of objects) {
    const object = parseKey(key);
    if (object === undefined) continue;
    const id = placeId(object.place);
    const secret = secrets.get(id) ?? {
      place: object.place,
      versionIds: new Set<string>(),
      manifests: [],
    };
    secrets.set(id, secret);
    if (object.kind === "value") secret.versionIds.add(object.versionId);
    else {
      secret.manifests.push({ changedAt: object.changedAt, listed: object.listed });
      if (secret.newestBackupAt === undefined || storedAt > secret.newestBackupAt) {
        secret.newestBackupAt = storedAt;
      }
    }
  }
  return secrets;
}

/** What was seen of one Region. */
export interface RegionSight {
  readonly region: string;
  readonly listed: readonly ListedSecret[];
}

export interface Comparison {
  readonly items: readonly SecretCoverage[];
  /** Secrets that a backup is to be made of. */
  readonly missing: readonly ListedSecret[];
}

/**
 * Compares the secrets of the Regions that could be looked at with what is kept. Nothing is asked of a secret: a listing
 * shows its labels, tags and last change, and the keys of the bucket show the same of what is kept.
 *
 * @param failures notes about backups that failed, by {@link placeName}.
 */
export function compare(
  member: Member,
  sights: readonly RegionSight[],
  kept: ReadonlyMap<string, KeptSecret>,
  failures: ReadonlyMap<string, FailureNote>,
): Comparison {
  const listed = sights.flatMap((sight) => sight.listed);
  const alive = new Map(listed.map((secret) => [placeId(secret.place), secret]));
  const ours = listed.filter(
    ({ place, tags, primaryRegion }) =>
      inScope(member.scope, { name: place.name, tags }) &&
      !keptByPrimary(member, {
        region: place.region,
        ...(primaryRegion === undefined ? {} : { primaryRegion }),
      }),
  );
  const seen = new Set(sights.map(({ region }) => region));
  const items = [
    ...ours.map((secret) =>
      coverageOf(secret, kept.get(placeId(secret.place)), failures.get(placeName(secret.place))),
    ),
    ...[...kept.values()]
      .filter(({ place }) => seen.has(place.region) && !alive.has(placeId(place)))
      .map((secret) => keptAfterDeletion(secret, 0)),
  ].sort(byPlace);
  const missing = new Set(
    items
      .filter(({ state }) => state === "missing" || state === "failed")
      .map((item) => placeId(placeOf(item))),
  );
  return {
    items,
    missing: ours.filter(
      ({ place, deletedAt }) => deletedAt === undefined && missing.has(placeId(place)),
    ),
  };
}

/** One text for a secret's account, Region and name, whichever secret has the name now. */
export function placeName(of: { accountId: string; region: string; name: string }): string {
  return `${of.accountId}/${of.region}/${of.name}`;
}

const byPlace = (a: SecretPlace, b: SecretPlace) => (placeId(a) < placeId(b) ? -1 : 1);

function coverageOf(
  secret: ListedSecret,
  kept: KeptSecret | undefined,
  failure: FailureNote | undefined,
): SecretCoverage {
  const versions = Object.entries(secret.versions);
  const keptVersions = versions.filter(([id]) => kept?.versionIds.has(id) === true);
  const common = {
    ...secret.place,
    kept: keptVersions.length,
    versions: versions.length,
    changedAt: secret.changedAt,
    ...(kept?.newestBackupAt === undefined ? {} : { newestBackupAt: kept.newestBackupAt }),
  };
  if (isCovered(secret, kept)) {
    return { ...common, state: secret.deletedAt === undefined ? "covered" : "kept-after-deletion" };
  }
  if (secret.deletedAt !== undefined) {
    // Deletion is itself a change, so the newest manifest is older; the values are what counts.
    const whole = kept !== undefined && kept.manifests.length > 0 && valuesKept(secret, kept);
    if (whole) return { ...common, state: "kept-after-deletion" };
    const reason =
      "Scheduled for deletion before it was kept, and cannot be read: cancel its deletion to have it kept";
    return { ...common, state: "missing", reason };
  }
  if (failure !== undefined && failure.failedAt >= secret.changedAt) {
    return { ...common, state: "failed", reason: `${failure.code}: ${failure.message}` };
  }
  return { ...common, state: "missing", reason: missingReason(secret, kept) };
}

/** The newest manifest says how the secret is, and the values that it names are there. */
function isCovered(secret: ListedSecret, kept: KeptSecret | undefined): boolean {
  if (kept === undefined || !valuesKept(secret, kept)) return false;
  const listed = listedDigest(secret);
  return kept.manifests.some(
    (manifest) => manifest.changedAt === secret.changedAt && manifest.listed === listed,
  );
}

const valuesKept = ({ versions }: ListedSecret, { versionIds }: KeptSecret): boolean =>
  Object.entries(versions).every(([id, stages]) => versionIds.has(id) || mayBeEmpty(stages));

function missingReason(secret: ListedSecret, kept: KeptSecret | undefined): string {
  if (kept === undefined || kept.manifests.length === 0) return "Not kept yet";
  return valuesKept(secret, kept)
    ? "Its labels, tags or settings changed after the newest backup"
    : "It has a version that is not kept yet";
}

function keptAfterDeletion(secret: KeptSecret, versions: number): SecretCoverage {
  const newest = secret.manifests
    .map(({ changedAt }) => changedAt)
    .sort()
    .at(-1);
  return {
    ...secret.place,
    state: "kept-after-deletion",
    kept: secret.versionIds.size,
    versions,
    ...(newest === undefined ? {} : { changedAt: newest }),
    ...(secret.newestBackupAt === undefined ? {} : { newestBackupAt: secret.newestBackupAt }),
  };
}

export interface SweepFacts {
  readonly accountId: string;
  readonly environment: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly error?: AccountCoverage["error"];
}

/** Counts the items. */
export function summarize(
  { accountId, environment, startedAt, endedAt, error }: SweepFacts,
  items: readonly SecretCoverage[],
): AccountCoverage {
  const of = (state: SecretCoverage["state"]) => items.filter((item) => item.state === state);
  const [covered, missing, failed] = [of("covered"), of("missing"), of("failed")];
  const changes = [...missing, ...failed].flatMap(({ changedAt }) => changedAt ?? []);
  const oldest = changes.sort().at(0);
  const age = oldest === undefined ? 0 : (endedAt.getTime() - Date.parse(oldest)) / 1000;
  return {
    schema: 1,
    accountId,
    environment,
    sweptAt: endedAt.toISOString(),
    seconds: (endedAt.getTime() - startedAt.getTime()) / 1000,
    secrets: covered.length + missing.length + failed.length,
    covered: covered.length,
    missing: missing.length,
    failed: failed.length,
    oldestMissingSeconds: Math.max(0, age),
    items,
    ...(error === undefined ? {} : { error }),
  };
}
