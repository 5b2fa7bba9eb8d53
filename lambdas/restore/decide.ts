import type { RestoreAction, RestoreItem } from "../model";
import type { SecretDescription } from "../ports";
import { CURRENT, type Backup } from "./choose";
import { derivedToken, idsAt } from "./tokens";
import { partsOf, unfinished } from "./unfinished";

/** What is to be done about one secret, given what is at its destination. */
export interface Decision {
  readonly action: RestoreAction;
  readonly cancelsDeletion: boolean;
  readonly reason?: string;
}

/**
 * Decides by what is at the destination now, so that a restore that was cut off goes on where it stopped: a secret
 * without a current value, or one that a restore made and that lacks a label or its rotation, is one whose making was not
 * finished. A current value counts as newer than the backup when it
 * was made at the same moment or later; a value of the backup's own keeps its age, also where a restore brought it back.
 */
export function decide(
  backup: Backup,
  to: RestoreItem["to"],
  found: SecretDescription | undefined,
  overwriteNewer: boolean,
): Decision {
  if (found === undefined) return { action: "create", cancelsDeletion: false };
  const cancelsDeletion = found.deletedAt !== undefined;
  if (found.primaryRegion !== undefined) {
    return refusal(
      `At the destination it is a replica of the secret in ${found.primaryRegion}: restore it there, or promote the replica`,
    );
  }
  const current = found.versions.find(({ stages }) => stages.includes(CURRENT));
  if (current === undefined) return { action: "create", cancelsDeletion };
  const ids = idsAt(to, backup.target);
  if (ids.includes(current.versionId)) {
    const missing = partsOf(unfinished(backup, to, found));
    if (missing.length === 0) return { action: "none", cancelsDeletion };
    const reason = `Its making was not finished, without ${missing.join(", ")}: the rest comes back`;
    return { action: "create", cancelsDeletion, reason };
  }
  const known = backup.manifest.versions.find(
    (version) =>
      version.versionId === current.versionId || derivedToken(to, version) === current.versionId,
  );
  const madeAt = known?.createdAt ?? current.createdAt;
  if (!overwriteNewer && Date.parse(madeAt) >= Date.parse(backup.target.createdAt)) {
    return refusal(
      `Its value there (version ${current.versionId}, of ${madeAt}) is newer than the backup's (${backup.target.createdAt}); say that newer values may be overwritten if that is meant`,
    );
  }
  const kept = found.versions.some(({ versionId }) => ids.includes(versionId));
  return { action: kept ? "move-stage" : "put-version", cancelsDeletion };
}

function refusal(reason: string): Decision {
  return { action: "refuse", cancelsDeletion: false, reason };
}
