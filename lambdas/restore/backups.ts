import { parseManifest, signedPart } from "../core/manifest";
import { manifestKey, parseKey, placeId, placeOf, valueKey } from "../core/keys";
import type { Manifest, ManifestVersion, RestoreSelection } from "../model";
import { FunctionError, type Envelope, type SecretValue, type VaultBucket } from "../ports";
import type { ReadManifest, StoredManifest } from "./choose";
import { fixedBeginning, nameFits } from "./names";

/** One of the vault's buckets with the key that opens it. */
export interface BackupSource {
  readonly bucket: VaultBucket;
  readonly envelope: Envelope;
}

/**
 * The backups in one of the vault's buckets, none of them trusted before it was proven: a manifest by its signature, a
 * value by its encryption context and by the digest that the signed manifest has of it.
 */
export class Backups {
  constructor(
    private readonly source: BackupSource,
    private readonly organizationId: string,
  ) {}

  /** The manifests of the selected secrets, by name and Region of the secret; nothing is read yet. */
  async stored(selection: RestoreSelection): Promise<StoredManifest[][]> {
    const found = new Map<string, StoredManifest[]>();
    for (const accountId of new Set(selection.accountIds)) {
      for await (const { key, storedAt } of this.source.bucket.list(
        prefixOf(accountId, selection),
      )) {
        const object = parseKey(key);
        if (object?.kind !== "manifest" || !selected(object.place, selection)) continue;
        const entry = { key, place: object.place, changedAt: object.changedAt, storedAt };
        // Without the suffix: a secret that was made again under its name follows its former self.
        const group = placeId({ ...object.place, suffix: "" });
        const entries = found.get(group);
        if (entries === undefined) found.set(group, [entry]);
        else entries.push(entry);
      }
    }
    return [...found.values()];
  }

  /**
   * Reads a manifest. One that was changed, that lies under a key it does not belong to, or that is of another
   * organization is answered as a problem; only what may pass by itself (throttling, a key that cannot be used) throws.
   */
  async manifest(stored: StoredManifest): Promise<ReadManifest> {
    const { bucket, envelope } = this.source;
    const body = await bucket.read(stored.key);
    if (body === undefined) return problem(stored, "is not there any more");
    let manifest: Manifest;
    try {
      manifest = parseManifest(stored.key, body);
    } catch (error) {
      if (error instanceof FunctionError && !error.retry) return { problem: error.message };
      throw error;
    }
    if (!(await envelope.verify(signedPart(manifest), manifest.mac))) {
      return problem(
        stored,
        "does not have the vault's signature: it was changed after it was written",
      );
    }
    if (manifest.organizationId !== this.organizationId) {
      return problem(stored, `is of another organization (${manifest.organizationId})`);
    }
    const key = parseKey(stored.key);
    const here =
      key?.kind === "manifest" &&
      manifestKey(placeOf(manifest), { ...key, changedAt: manifest.changedAt }) === stored.key;
    return here
      ? { manifest }
      : problem(stored, "belongs to another secret or moment: it was moved");
  }

  /**
   * Opens the value of a version and proves that it is the one that the manifest means.
   *
   * @throws FunctionError `BACKUP_MISSING`, `BACKUP_DIFFERS`, and what the envelope throws (`ENVELOPE_TAMPERED`,
   *   `ENVELOPE_KEY`).
   */
  async value(manifest: Manifest, version: ManifestVersion): Promise<SecretValue> {
    const place = placeOf(manifest);
    const key = valueKey(place, version.versionId);
    const message = await this.source.bucket.read(key);
    if (message === undefined) {
      throw new FunctionError(
        "BACKUP_MISSING",
        `The object ${key} is not in the bucket; look for an earlier version of the object, or restore as of another time`,
        false,
      );
    }
    const { versionId } = version;
    const context = { organizationId: this.organizationId, place, versionId };
    const value = await this.source.envelope.open(message, context);
    if ((await this.source.envelope.digest(value)) !== version.digest) {
      throw new FunctionError(
        "BACKUP_DIFFERS",
        `The value in ${key} is not the one that the manifest means; look for an earlier version of the object`,
        false,
      );
    }
    return value;
  }
}

function prefixOf(accountId: string, { region, name }: RestoreSelection): string {
  if (region === undefined) return `${accountId}/`;
  return `${accountId}/${region}/${encodeURIComponent(fixedBeginning(name ?? ""))}`;
}

function selected(place: StoredManifest["place"], { region, name }: RestoreSelection): boolean {
  return (
    (region === undefined || place.region === region) &&
    (name === undefined || nameFits(name, place.name))
  );
}

function problem({ key }: StoredManifest, what: string): ReadManifest {
  return {
    problem: `The manifest ${key} ${what}; restore as of a time before it, and find out who did it`,
  };
}
