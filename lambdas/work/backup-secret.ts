import { placeOfArn } from "../core/arn";
import type { ChangedSecret } from "../core/events";
import { placeOf, secretPrefix, valueKey } from "../core/keys";
import { manifestKeyOf, manifestOf, mayBeEmpty } from "../core/manifest";
import { inScope, isDrillCopy, keptByPrimary, nameInScope } from "../core/scope";
import type { BackupResult, ManifestVersion, Member } from "../model";
import {
  FunctionError,
  type Clock,
  type Envelope,
  type Lock,
  type Members,
  type SecretDescription,
  type SecretReader,
  type SecretValue,
  type VaultBucket,
} from "../ports";

export interface BackupPorts {
  readonly organizationId: string;
  readonly vaultAccountId: string;
  readonly members: Members;
  readonly bucket: VaultBucket;
  readonly envelope: Envelope;
  readonly clock: Clock;
}

/** Tries to see a secret that does not change while it is read. */
const STEADY_TRIES = 3;

/**
 * Keeps one secret: every version with a label, then the manifest that names them. Each object is written once under a key
 * that follows from the secret alone, so whoever is stopped half way, or comes second, or late, changes nothing that is
 * there; and as the manifest comes last, no manifest names what is not kept.
 *
 * A secret that is kept already costs its description and one listing of the bucket, and no value is read.
 *
 * @throws FunctionError when it could not be kept; `retry` says whether it may be later.
 */
export async function backupSecret(
  ports: BackupPorts,
  member: Member,
  secret: ChangedSecret,
): Promise<BackupResult> {
  const { accountId, region, name } = secret;
  const asked = { accountId, region, name };
  const ours = nameInScope(member.scope, name) && !isDrillCopy(ports.vaultAccountId, asked);
  if (!ours || !member.regions.includes(region)) {
    return { place: asked, outcome: "out-of-scope", written: 0 };
  }
  const reader = ports.members.reader(accountId, region);
  for (let attempt = 0; attempt < STEADY_TRIES; attempt++) {
    const found = await describe(reader, member, secret);
    if (found === "gone" || found === "out-of-scope") {
      const place = placeOfArn(secret.secretId) ?? asked;
      return { place, outcome: found, written: 0 };
    }
    const place = placeOf(found);
    if (!inScope(member.scope, found)) return { place, outcome: "out-of-scope", written: 0 };
    if (keptByPrimary(member, found)) return { place, outcome: "replica", written: 0 };
    if (found.deletedAt !== undefined) return { place, outcome: "gone", written: 0 };
    const written = await keep(ports, member, reader, found);
    if (written === "changed") continue;
    return {
      place,
      outcome: written.all === 0 ? "already-kept" : "written",
      written: written.values,
    };
  }
  throw new FunctionError(
    "SECRET_UNSTEADY",
    `${name} (${accountId}, ${region}) changed each time it was read. It is tried again`,
    true,
  );
}

/**
 * The reader role may look only at what is in scope. Where it is refused, the list of names, which it always sees, tells
 * whether that is because the secret is out of scope or is not there.
 */
async function describe(
  reader: SecretReader,
  member: Member,
  { secretId, name }: ChangedSecret,
): Promise<SecretDescription | "gone" | "out-of-scope"> {
  try {
    return (await reader.describe(secretId)) ?? "gone";
  } catch (error) {
    if (!(error instanceof FunctionError) || error.code !== "ACCESS_DENIED") throw error;
    if (Object.keys(member.scope.tags).length === 0) throw error;
    for await (const listed of reader.list({ name })) {
      if (listed.place.name !== name) continue;
      if (secretId.startsWith("arn:") && listed.arn !== secretId) continue;
      if (inScope(member.scope, { name, tags: listed.tags })) throw error;
      return "out-of-scope";
    }
    return "gone";
  }
}

/** How many objects were written, and how many of them were values. */
interface Written {
  readonly all: number;
  readonly values: number;
}

async function keep(
  ports: BackupPorts,
  member: Member,
  reader: SecretReader,
  secret: SecretDescription,
): Promise<Written | "changed"> {
  const place = placeOf(secret);
  const kept = new Set<string>();
  for await (const { key } of ports.bucket.list(secretPrefix(place))) kept.add(key);
  const manifestKey = manifestKeyOf(secret);
  const isKept = (versionId: string) => kept.has(valueKey(place, versionId));
  const missing = secret.versions.filter(
    ({ versionId, stages }) => !isKept(versionId) && !mayBeEmpty(stages),
  );
  if (kept.has(manifestKey) && missing.length === 0) return { all: 0, values: 0 };

  const lock = lockFor(member, ports.clock);
  const versions: ManifestVersion[] = [];
  let values = 0;
  for (const version of secret.versions) {
    const value = await reader.value(secret.arn, version.versionId);
    if (value === undefined) {
      if (mayBeEmpty(version.stages)) continue;
      return "changed";
    }
    const digest = await ports.envelope.digest(value);
    versions.push({ ...version, kind: value.kind, bytes: bytesOf(value), digest });
    if (isKept(version.versionId)) continue;
    const context = {
      organizationId: ports.organizationId,
      place,
      versionId: version.versionId,
    };
    const sealed = await ports.envelope.seal(value, context);
    const key = valueKey(place, version.versionId);
    if (await ports.bucket.writeOnce(key, sealed, lock)) values += 1;
  }

  const manifest = manifestOf(ports.organizationId, secret, versions, ports.clock.now());
  const mac = await ports.envelope.sign(manifest);
  const body = Buffer.from(JSON.stringify({ ...manifest, mac }));
  const first = await ports.bucket.writeOnce(manifestKey, body, lock);
  return { all: values + (first ? 1 : 0), values };
}

const DAY_MS = 86_400_000;

function lockFor(member: Member, clock: Clock): Lock {
  return {
    mode: member.lockMode,
    until: new Date(clock.now().getTime() + member.retentionDays * DAY_MS),
  };
}

const bytesOf = (value: SecretValue): number =>
  value.kind === "string" ? Buffer.byteLength(value.text) : value.data.length;
