import { compare, keptSecrets, placeName, summarize, type RegionSight } from "../core/coverage";
import { coverageKey, failurePrefix, failureKey } from "../core/keys";
import { isDrillCopy } from "../core/scope";
import type { AccountCoverage, BackupOrder, FailureNote, Member, SecretCoverage } from "../model";
import type {
  Clock,
  FunctionError,
  ListedSecret,
  Log,
  Members,
  Metrics,
  StoredObject,
  VaultBucket,
  WorkQueue,
} from "../ports";

import { eachSettled } from "../../stacks/at-once";
import { asFunctionError } from "./retry";

export interface SweepAccountPorts {
  readonly vaultAccountId: string;
  readonly members: Members;
  readonly bucket: VaultBucket;
  readonly work: Pick<WorkQueue, "send">;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

export interface AccountSweep {
  readonly coverage: AccountCoverage;
  /** Something failed that may pass: the sweep of this account is worth another try soon. */
  readonly retry: boolean;
}

/** Regions of one account that are listed at the same time, and notes that are read at the same time. */
const AT_ONCE = 8;

/**
 * Looks at all secrets of one account, orders backups of what is missing, and writes down how much is covered. A Region
 * that cannot be looked at does not keep the others from it: the coverage then has an error, and says of that Region what
 * the last sweep said.
 *
 * @throws FunctionError where the vault itself fails: then there is no coverage that could be believed.
 */
export async function sweepAccount(
  ports: SweepAccountPorts,
  member: Member,
  backup: boolean,
): Promise<AccountSweep> {
  const { bucket, clock } = ports;
  const startedAt = clock.now();
  const [objects, noted, looks] = await Promise.all([
    listAll(bucket, `${member.accountId}/`),
    listAll(bucket, failurePrefix(member.accountId)),
    eachSettled(member.regions, AT_ONCE, (region) => look(ports, member.accountId, region)),
  ]);
  const sights: RegionSight[] = [];
  const failed: { readonly region: string; readonly error: FunctionError }[] = [];
  for (const [index, region] of member.regions.entries()) {
    const end = looks[index];
    if (end?.ok === true) sights.push({ region, listed: end.value });
    else failed.push({ region, error: asFunctionError(end?.error) });
  }

  const kept = keptSecrets(objects);
  const without = compare(member, sights, kept, new Map());
  // A note is read only where a secret is missing; most of the time there is none.
  const notes = await readNotes(bucket, noted, without.items);
  const { items, missing } = compare(member, sights, kept, notes);
  if (backup) await ports.work.send(missing.map((secret) => orderFor(member, secret)));

  const before = failed.length === 0 ? undefined : await lastCoverage(bucket, member.accountId);
  const unseen = new Set(failed.map(({ region }) => region));
  const coverage = summarize(
    {
      accountId: member.accountId,
      environment: member.environment,
      startedAt,
      endedAt: clock.now(),
      ...errorOf(failed),
    },
    [...items, ...(before?.items ?? []).filter(({ region }) => unseen.has(region))],
  );
  await bucket.write(coverageKey(member.accountId), Buffer.from(JSON.stringify(coverage)));
  ports.metrics.coverage(coverage);
  const ordered = backup ? missing.length : 0;
  ports.log.info("Swept", { ...counts(coverage), ordered });
  return { coverage, retry: failed.some(({ error }) => error.retry) };
}

/** What the account has of its own. */
async function look(
  { members, vaultAccountId }: SweepAccountPorts,
  accountId: string,
  region: string,
): Promise<ListedSecret[]> {
  const listed: ListedSecret[] = [];
  for await (const secret of members.reader(accountId, region).list()) {
    if (!isDrillCopy(vaultAccountId, secret.place)) listed.push(secret);
  }
  return listed;
}

async function listAll(bucket: VaultBucket, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of bucket.list(prefix)) objects.push(object);
  return objects;
}

const orderFor = (member: Member, { place, arn }: ListedSecret): BackupOrder => ({
  order: "backup",
  place,
  arn,
  member,
});

async function readNotes(
  bucket: VaultBucket,
  noted: readonly StoredObject[],
  items: readonly SecretCoverage[],
): Promise<Map<string, FailureNote>> {
  const there = new Set(noted.map(({ key }) => key));
  const wanted = items
    .filter(({ state }) => state === "missing")
    .filter((item) => there.has(failureKey(item)));
  const notes = new Map<string, FailureNote>();
  await eachSettled(wanted, AT_ONCE, async (item) => {
    const body = await bucket.read(failureKey(item));
    if (body === undefined) return;
    // A note that cannot be read tells no more than that the secret is missing, which is known.
    notes.set(placeName(item), JSON.parse(Buffer.from(body).toString("utf8")) as FailureNote);
  });
  return notes;
}

/** What the last sweep wrote down; undefined for an account that was never swept. */
export async function lastCoverage(
  bucket: VaultBucket,
  accountId: string,
): Promise<AccountCoverage | undefined> {
  const body = await bucket.read(coverageKey(accountId));
  if (body === undefined) return undefined;
  return JSON.parse(Buffer.from(body).toString("utf8")) as AccountCoverage;
}

function errorOf(
  failed: readonly { readonly region: string; readonly error: FunctionError }[],
): Pick<AccountCoverage, "error"> {
  const [first] = failed;
  if (first === undefined) return {};
  const regions = failed.map(({ region }) => region).join(", ");
  const { code, message } = first.error;
  return { error: { code, message: `${regions} could not be looked at: ${message}` } };
}

function counts(coverage: AccountCoverage) {
  const { accountId, secrets, covered, missing, failed, seconds, error } = coverage;
  return {
    account: accountId,
    secrets,
    covered,
    missing,
    failed,
    seconds,
    ...(error === undefined ? {} : { code: error.code }),
  };
}
