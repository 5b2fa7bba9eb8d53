import type { Manifest, ManifestVersion, RestoreItem } from "../model";
import type { SecretDescription } from "../ports";
import { CURRENT, PENDING, PREVIOUS, type Backup } from "./choose";
import { rotationFor } from "./remake";

/**
 * On a version that a restore wrote, until the next one. It is put there first, so that the value is proven before anybody
 * gets it, and `AWSCURRENT` then moves from the version that was seen to have it, and from no other: a value that somebody
 * else writes in the meantime is not overwritten.
 */
export const RESTORED = "strongroom-restored";

/** What a secret that was made again does not have yet, beside its current value. */
export interface Unfinished {
  /** Older versions, each with the labels that nothing there has. */
  readonly others: readonly {
    readonly version: ManifestVersion;
    readonly labels: readonly string[];
  }[];
  /** Labels of the current value that nothing there has. */
  readonly labels: readonly string[];
  readonly rotation?: NonNullable<Manifest["rotation"]>;
}

/** The version that has a label. */
export function holderOf(stage: string, secret: SecretDescription | undefined): string | undefined {
  return secret?.versions.find(({ stages }) => stages.includes(stage))?.versionId;
}

/**
 * What is to be brought back of a secret that a restore made, beside its value, policy and replicas, each only where it is
 * missing. Nothing of the secret that was backed up itself: it was there all the time, and keeps its own.
 */
export function unfinished(
  { manifest, target, others }: Backup,
  to: RestoreItem["to"],
  found: SecretDescription,
): Unfinished {
  if (found.arn === manifest.arn) return { others: [], labels: [] };
  const missing = (version: ManifestVersion) =>
    labelsToBringBack(version).filter((label) => holderOf(label, found) === undefined);
  const { rotation } = found.rotation === undefined ? rotationFor(manifest, to) : {};
  return {
    others: others
      .map((version) => ({ version, labels: missing(version) }))
      .filter(({ labels }) => labels.length > 0),
    labels: missing(target).filter((label) => label !== PREVIOUS),
    ...(rotation === undefined ? {} : { rotation }),
  };
}

/** Whether a backup has such parts at all, whatever is at the destination. */
export function mayBeUnfinished(
  { manifest, target, others }: Backup,
  to: RestoreItem["to"],
): boolean {
  return (
    [target, ...others].some((version) => labelsToBringBack(version).length > 0) ||
    rotationFor(manifest, to).rotation !== undefined
  );
}

/** The parts as words for a person; empty where there are none. */
export function partsOf({ others, labels, rotation }: Unfinished): readonly string[] {
  return [
    ...others.flatMap((other) => other.labels),
    ...labels,
    ...(rotation === undefined ? [] : ["rotation"]),
  ];
}

/** All but the labels that belong to the moment: the current value, a rotation under way, a restore. */
function labelsToBringBack(version: ManifestVersion): readonly string[] {
  return version.stages.filter((stage) => ![CURRENT, PENDING, RESTORED].includes(stage));
}
