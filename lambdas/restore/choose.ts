import type { Manifest, ManifestVersion, RestorePoint, SecretPlace } from "../model";

/** A manifest as the bucket lists it, before it is read. */
export interface StoredManifest {
  readonly key: string;
  readonly place: SecretPlace;
  /** ISO 8601, from the key. */
  readonly changedAt: string;
  /** When it was written to the bucket, ISO 8601. */
  readonly storedAt: string;
}

/** A manifest that was read: one that is what it says, or the reason why it cannot be trusted. */
export type ReadManifest = { readonly manifest: Manifest } | { readonly problem: string };

/** What is to be brought back of one secret. */
export interface Backup {
  readonly manifest: Manifest;
  /** Becomes `AWSCURRENT`. */
  readonly target: ManifestVersion;
  /** Brought back with their labels where those are missing: `AWSPREVIOUS` and labels of the owner's own. */
  readonly others: readonly ManifestVersion[];
}

/** The backup, or why none of this secret can be restored. */
export type Choice =
  | { readonly backup: Backup }
  | { readonly place: SecretPlace; readonly changedAt: string; readonly refusal: string };

/** A rotation that never ended: brought back, it would block the next one (the label is Secrets Manager's own). */
export const PENDING = "AWSPENDING";
export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";

/**
 * Chooses what the point asks for among the manifests of one name in one Region; a secret that was made again under its
 * name is among them with its former selves. Manifests that were captured after `plannedAt` do not count, so that what a
 * restore itself causes to be backed up cannot change its plan. A manifest that cannot be trusted is refused and no older
 * one is taken for it in silence; only a version asked for by its id may come from any manifest that has it. Undefined
 * where the point is about another secret.
 */
export async function choose(
  stored: readonly StoredManifest[],
  point: RestorePoint,
  plannedAt: Date,
  read: (entry: StoredManifest) => Promise<ReadManifest>,
): Promise<Choice | undefined> {
  const groups = byMoment(stored, point.at === "time" ? Date.parse(point.time) : Infinity);
  const oldest = stored.reduce((a, b) => (a.changedAt <= b.changedAt ? a : b));
  let problem: Choice | undefined;
  for (const group of groups) {
    const found = await Promise.all(
      group.map(async (entry) => ({ entry, ...(await read(entry)) })),
    );
    const good = found
      .flatMap((it) => ("manifest" in it ? [it.manifest] : []))
      .filter(({ capturedAt }) => Date.parse(capturedAt) <= plannedAt.getTime())
      .sort((a, b) => compare(b.capturedAt, a.capturedAt));
    const bad = found.find((it) => "problem" in it);
    if (bad !== undefined && "problem" in bad) {
      problem ??= { ...bad.entry, refusal: bad.problem };
      if (point.at !== "version") return refuse(problem);
    }
    for (const manifest of good) {
      const choice = pick(manifest, point);
      if (choice !== undefined) return choice;
    }
  }
  if (problem !== undefined) return refuse(problem);
  if (point.at === "version") return undefined;
  return refuse({
    place: oldest.place,
    changedAt: oldest.changedAt,
    refusal:
      point.at === "time"
        ? `No backup of it is as old as ${point.time}; the oldest shows it as of ${oldest.changedAt}`
        : "Its backups are newer than the plan; make a new plan",
  });
}

function refuse(choice: Choice): Choice {
  return "refusal" in choice
    ? { place: choice.place, changedAt: choice.changedAt, refusal: choice.refusal }
    : choice;
}

/** Newest moment first, up to a time; those of the same moment together, as only their content says which is later. */
function byMoment(stored: readonly StoredManifest[], until: number): StoredManifest[][] {
  const groups = new Map<number, StoredManifest[]>();
  for (const entry of stored) {
    const moment = Date.parse(entry.changedAt);
    if (moment > until) continue;
    const group = groups.get(moment);
    if (group === undefined) groups.set(moment, [entry]);
    else group.push(entry);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/** Undefined: this manifest does not have it, an older one may (only for a version by its id). */
function pick(manifest: Manifest, point: RestorePoint): Choice | undefined {
  const labelled = (stage: string) =>
    manifest.versions.find(({ stages }) => stages.includes(stage));
  switch (point.at) {
    case "version": {
      const target = manifest.versions.find(({ versionId }) => versionId === point.versionId);
      return target === undefined ? undefined : { backup: { manifest, target, others: [] } };
    }
    case "stage": {
      const target = labelled(point.stage);
      return target === undefined
        ? nothing(manifest, `No version of it has the label ${point.stage}`)
        : { backup: { manifest, target, others: [] } };
    }
    default: {
      const target = labelled(CURRENT);
      if (target === undefined) return nothing(manifest, "It had no value");
      const others = manifest.versions.filter(
        (version) =>
          version !== target &&
          version.stages.some((stage) => stage !== PENDING && stage !== CURRENT),
      );
      return { backup: { manifest, target, others } };
    }
  }
}

function nothing(manifest: Manifest, refusal: string): Choice {
  const { accountId, region, name, suffix, changedAt } = manifest;
  return { place: { accountId, region, name, suffix }, changedAt, refusal };
}

function compare(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
