import { digest } from "../../stacks/digest";
import { NAMES } from "../../stacks/naming";
import { without } from "../core/without";
import type { DrillReport, Manifest } from "../model";
import { FunctionError } from "../ports";
import { Backups } from "../restore/backups";
import { choose, CURRENT, type Backup, type StoredManifest } from "../restore/choose";
import { writeSecret } from "../restore/write-secret";
import { eachSettled } from "../../stacks/at-once";
import { asFunctionError } from "../work/retry";
import type { DrillPorts, DrillSpace } from "./ports";
import { sample } from "./sample";

/** Restores and comparisons under way at once in one account. */
const PARALLEL = 8;
/** What Secrets Manager takes as a name, characters. */
const LONGEST_NAME = 512;
const DRILL_TAG = "strongroom:drill";

/** What is rehearsed of one account. */
export interface Rehearsal {
  readonly accountId: string;
  readonly from: "primary" | "recovery";
  /** How many secrets; all where it is left out. */
  readonly count?: number;
}

export type AccountResult = DrillReport["accounts"][number];

/** The result of one account, and what else the drill needs of it. */
export interface Rehearsed {
  readonly account: AccountResult;
  /** Longest time between a change and its backup, seconds. */
  readonly rpoSeconds: number;
  /** ARN and Region of a secret of the account, for the probes. */
  readonly anySecret?: { readonly arn: string; readonly region: string };
}

/** Where a drill's secrets are: below its own part of the name space. */
export function drillSpaceName(drillId: string): string {
  return `${NAMES.drillPrefix}${drillId}/`;
}

/**
 * Restores secrets of one account below the drill's name space and reads each back: its digest must be the one that was
 * taken when it was backed up. Everything that goes wrong becomes a problem of the account; nothing is thrown.
 */
export async function rehearse(
  { accountId, from, count }: Rehearsal,
  drillId: string,
  ports: DrillPorts,
  timeLeft: () => boolean,
): Promise<Rehearsed> {
  const began = ports.clock.now();
  const source = ports.source(from === "recovery");
  const region = from === "recovery" ? ports.recoveryRegion : ports.primaryRegion;
  const backups = new Backups(source, ports.organizationId);
  const seconds = () => (ports.clock.now().getTime() - began.getTime()) / 1000;
  const problems: string[] = [];
  let stored: StoredManifest[][] = [];
  try {
    stored = await backups.stored({ accountIds: [accountId] });
  } catch (error) {
    problems.push(`Its backups cannot be listed: ${asFunctionError(error).message}`);
  }
  if (from === "recovery") problems.push(...(await notCopied(accountId, stored, ports)));
  const keptSince = Math.min(...stored.flat().map(({ storedAt }) => Date.parse(storedAt)));
  const chosen = sample(
    stored,
    count ?? stored.length,
    drillId,
    (entries) => entries[0]?.key ?? "",
  );
  const ends = await eachSettled(chosen, PARALLEL, async (entries) => {
    if (!timeLeft()) throw outOfTime();
    const backup = await newest(entries, began, backups);
    const space = ports.space(region);
    await restoreAndCompare({ backup, drillId, backups, space, ports, region }, source);
    return { manifest: backup.manifest, provenAfter: seconds() };
  });
  const proven = ends.flatMap((end) => (end.ok ? [end.value] : []));
  for (const [index, end] of ends.entries()) {
    if (end.ok) continue;
    const { code, message } = asFunctionError(end.error);
    problems.push(`${chosen[index]?.[0]?.place.name ?? ""}: ${message} (${code})`);
  }
  const any = proven[0]?.manifest;
  return {
    account: {
      accountId,
      from,
      restored: chosen.length,
      equal: proven.length,
      seconds: Math.max(0, ...proven.map(({ provenAfter }) => provenAfter)),
      problems,
    },
    rpoSeconds: Math.max(0, ...proven.map(({ manifest }) => lag(manifest, keptSince))),
    ...(any === undefined ? {} : { anySecret: { arn: any.arn, region: any.region } }),
  };
}

/** S3 promises to have copied an object after this time (S3 Replication Time Control): milliseconds. */
const COPIED_AFTER_MS = 15 * 60_000;

/** Manifests of the primary bucket that should have been copied long ago and are not among the copies. */
async function notCopied(
  accountId: string,
  copies: readonly StoredManifest[][],
  ports: DrillPorts,
): Promise<string[]> {
  const there = new Set(copies.flat().map(({ key }) => key));
  const until = ports.clock.now().getTime() - COPIED_AFTER_MS;
  try {
    const primary = new Backups(ports.source(false), ports.organizationId);
    const stored = (await primary.stored({ accountIds: [accountId] })).flat();
    return stored
      .filter(({ key, storedAt }) => !there.has(key) && Date.parse(storedAt) < until)
      .map(
        ({ place, changedAt }) =>
          `${place.name}: Its backup of ${changedAt} is not in the recovery Region`,
      );
  } catch (error) {
    return [`What should be in the copy cannot be listed: ${asFunctionError(error).message}`];
  }
}

function outOfTime(): FunctionError {
  return new FunctionError(
    "DRILL_TIME",
    "The drill had no time left for it: restore fewer secrets, or choose a smaller account",
    false,
  );
}

/**
 * Time between the last change and its backup, seconds. What was changed before anything of the account was kept counts
 * from then: before that nobody had promised to keep it.
 */
function lag(manifest: Manifest, keptSince: number): number {
  const captured = Date.parse(manifest.capturedAt);
  const since = Math.min(Math.max(Date.parse(manifest.changedAt), keptSince), captured);
  return (captured - since) / 1000;
}

async function newest(
  entries: readonly StoredManifest[],
  now: Date,
  backups: Backups,
): Promise<Backup> {
  const choice = await choose(entries, { at: "newest" }, now, (entry) => backups.manifest(entry));
  if (choice !== undefined && "backup" in choice) return choice.backup;
  throw new FunctionError("DRILL_REFUSED", choice?.refusal ?? "It has no backup", false);
}

interface Restoring {
  readonly backup: Backup;
  readonly drillId: string;
  readonly backups: Backups;
  readonly space: DrillSpace;
  readonly ports: DrillPorts;
  readonly region: string;
}

async function restoreAndCompare(
  { backup, drillId, backups, space, ports, region }: Restoring,
  source: ReturnType<DrillPorts["source"]>,
): Promise<void> {
  const { accountId, name, region: home, suffix } = backup.manifest;
  const to = {
    accountId: ports.vaultAccountId,
    region,
    name: rehearsedName(drillId, { accountId, region: home, name }),
  };
  const { versionId } = backup.target;
  const { changedAt } = backup.manifest;
  await writeSecret({
    item: {
      from: { accountId, region: home, name, suffix },
      to,
      versionId,
      changedAt,
      action: "create",
      cancelsDeletion: false,
    },
    backup: { ...backup, manifest: valuesOnly(backup.manifest, drillId) },
    overwriteNewer: false,
    backups,
    writer: space.writer,
  });
  const there = await space.reader.describe(to.name);
  const current = there?.versions.find(({ stages }) => stages.includes(CURRENT));
  const value =
    there === undefined || current === undefined
      ? undefined
      : await space.reader.value(there.arn, current.versionId);
  if (value === undefined) {
    throw new FunctionError("DRILL_DIFFERS", "It was restored and has no value", false);
  }
  if ((await source.envelope.digest(value)) !== backup.target.digest) {
    throw new FunctionError("DRILL_DIFFERS", "What was restored is not what was kept", false);
  }
}

/** The account and the Region are in it, as names are the same in many; a name that gets too long gives way to a digest. */
function rehearsedName(
  drillId: string,
  { accountId, region, name }: { accountId: string; region: string; name: string },
): string {
  const whole = `${drillSpaceName(drillId)}${accountId}/${region}/${name}`;
  return whole.length <= LONGEST_NAME
    ? whole
    : `${whole.slice(0, LONGEST_NAME - 65)}-${digest(name)}`;
}

/**
 * The values without what would have effects outside the drill: no policy that opens them, no rotation, no replica, no key
 * of the member, and no tag that somebody's policy goes by.
 */
function valuesOnly(manifest: Manifest, drillId: string): Manifest {
  const values = without(manifest, "resourcePolicy", "rotation", "kmsKeyId");
  return { ...values, tags: { [DRILL_TAG]: drillId }, replicas: [] };
}
