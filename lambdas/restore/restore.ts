import type { RestoreAnswer, RestoreItem, RestoreRequest } from "../model";
import { FunctionError, type Clock, type Log, type Members } from "../ports";
import { eachSettled } from "../../stacks/at-once";
import { asFunctionError } from "../work/retry";
import { Backups, type BackupSource } from "./backups";
import { itemId, makePlan, type Plan, type PlannedItem } from "./plan";
import { plannedAt } from "./plan-digest";
import { readRestoreRequest } from "./request";
import { writeSecret } from "./write-secret";

export interface RestorePorts {
  readonly organizationId: string;
  /** The primary bucket, or its copy with the key there. */
  readonly source: (fromRecoveryRegion: boolean) => BackupSource;
  /** Their roles are taken in the Region whose backups are read. */
  readonly members: (fromRecoveryRegion: boolean) => Pick<Members, "writer">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Secrets that are written at once: Secrets Manager lets one account and Region write some 50 times a second. */
const WRITERS = 8;
/** What is left of the function's time when no further secret is begun; one takes some ten calls. */
const RESERVE_MS = 30_000;

/**
 * The restore function: makes the plan, or carries out the plan that was seen. One call writes as many secrets as its time
 * allows and says where the next call goes on.
 *
 * @param message a {@link RestoreRequest}, of which nothing is believed before it is checked.
 * @param remainingMs what is left of the function's time.
 * @throws FunctionError `REQUEST_INVALID`, `RESTORE_NOTHING`, `RESTORE_TOO_MANY`, `RESTORE_PLAN_CHANGED`, and what the
 *   vault's bucket and key throw. What goes wrong with one secret stands in its item.
 */
export async function restore(
  message: unknown,
  ports: RestorePorts,
  remainingMs: () => number,
): Promise<RestoreAnswer> {
  const began = ports.clock.now();
  const request = readRestoreRequest(message);
  const seconds = () => (ports.clock.now().getTime() - began.getTime()) / 1000;
  const backups = new Backups(ports.source(request.fromRecoveryRegion), ports.organizationId);
  const members = ports.members(request.fromRecoveryRegion);
  const { planDigest } = request;
  const at = planDigest === undefined ? began : plannedAt(planDigest, began);
  const plan = await makePlan(request, { backups, members }, at);
  if (request.order === "plan") {
    const items = plan.items.map(({ item }) => item);
    ports.log.info("restore planned", { ...counts(items), seconds: seconds() });
    return { planDigest: plan.digest, items, seconds: seconds() };
  }
  if (plan.digest !== planDigest) {
    // What cannot be looked at just now says nothing about the plan: asked again, it may be as it was.
    throw plan.items.find(({ passing }) => passing !== undefined)?.passing ?? planChanged();
  }
  const { items, next } = await writeItems(
    rest(plan, request.after),
    { request, backups, members, log: ports.log },
    () => remainingMs() > RESERVE_MS,
  );
  ports.log.info("restore written", {
    ...counts(items),
    verified: items.filter(({ verified }) => verified === true).length,
    failed: items.filter(({ error }) => error !== undefined).length,
    seconds: seconds(),
  });
  return {
    planDigest: plan.digest,
    items,
    ...(next === undefined ? {} : { next }),
    seconds: seconds(),
  };
}

function planChanged(): FunctionError {
  return new FunctionError(
    "RESTORE_PLAN_CHANGED",
    "What would be written is not what the plan says any more: make a new plan and look at it",
    false,
  );
}

function rest(plan: Plan, after: string | undefined): readonly PlannedItem[] {
  if (after === undefined) return plan.items;
  return plan.items.filter(({ item }) => itemId(item) > after);
}

interface Writers {
  readonly request: RestoreRequest;
  readonly backups: Backups;
  readonly members: Pick<Members, "writer">;
  readonly log: Log;
}

/** Writes in the plan's order while there is time; each secret ends by itself and says how. */
async function writeItems(
  planned: readonly PlannedItem[],
  { request, backups, members, log }: Writers,
  timeLeft: () => boolean,
): Promise<{ items: RestoreItem[]; next?: string }> {
  let begun = 0;
  let stopped = false;
  const ends = await eachSettled(planned, WRITERS, async ({ item, backup }) => {
    // At least one a call, however short the time: a restore that goes on for ever would say nothing.
    stopped ||= begun > 0 && !timeLeft();
    if (stopped) return undefined;
    begun += 1;
    if (backup === undefined || item.action === "refuse") return item;
    const writer = members.writer(item.to.accountId, item.to.region);
    const { overwriteNewer } = request;
    return writeSecret({ item, backup, overwriteNewer, backups, writer });
  });
  const items: RestoreItem[] = [];
  for (const [index, end] of ends.entries()) {
    const { item } = planned[index] as PlannedItem;
    if (!end.ok) items.push(failed(item, end.error, log));
    else if (end.value !== undefined) items.push(end.value);
  }
  const last = items.at(-1);
  return items.length === planned.length || last === undefined
    ? { items }
    : { items, next: itemId(last) };
}

function failed(item: RestoreItem, cause: unknown, log: Log): RestoreItem {
  const { code, message } = asFunctionError(cause);
  const { accountId, region, name } = item.to;
  log.warn("a secret was not restored", { accountId, region, name, code });
  // A backup that is not what it should be is refused like a manifest that is not.
  const untrusted = ["ENVELOPE_TAMPERED", "BACKUP_DIFFERS", "BACKUP_MISSING"].includes(code);
  return {
    ...item,
    ...(untrusted ? { action: "refuse" as const, reason: message } : {}),
    error: { code, message },
  };
}

function counts(items: readonly RestoreItem[]): Record<string, number> {
  const counted: Record<string, number> = { secrets: items.length };
  for (const { action } of items) counted[action] = (counted[action] ?? 0) + 1;
  return counted;
}
