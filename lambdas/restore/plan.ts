import { placeOf } from "../core/keys";
import type { RestoreItem, RestoreRequest, SecretPlace } from "../model";
import { FunctionError, type Members } from "../ports";
import type { Backups } from "./backups";
import { mapBounded } from "../../stacks/at-once";
import { choose, type Backup, type Choice, type StoredManifest } from "./choose";
import { decide } from "./decide";
import { planDigest } from "./plan-digest";

/** An item of a plan with the backup it is about; none where it is refused before any backup was chosen. */
export interface PlannedItem {
  readonly item: RestoreItem;
  readonly backup?: Backup;
  /** Its destination could not be looked at just now, which may pass. */
  readonly passing?: FunctionError;
}

export interface Plan {
  readonly digest: string;
  /** By account, Region and name of the destination. */
  readonly items: readonly PlannedItem[];
}

export interface PlanPorts {
  readonly backups: Pick<Backups, "stored" | "manifest">;
  /** The destinations, as far as they must be looked at. */
  readonly members: Pick<Members, "writer">;
}

/** Reads and descriptions under way at once: below what Secrets Manager and KMS let one account ask in a second. */
export const PARALLEL = 16;
/** The answer of a function is 6 MB at most; an item is some 500 bytes. */
export const MOST_ITEMS = 10_000;

/** The order of a plan, and what `after` names. */
export function itemId({ to }: Pick<RestoreItem, "to">): string {
  return `${to.accountId}/${to.region}/${to.name}`;
}

/**
 * Works out what a restore would write, from the backups of before `plannedAt` and from what is at the destinations now.
 * Nothing is written and no value is opened.
 *
 * @throws FunctionError `RESTORE_NOTHING` where no backup fits, `RESTORE_TOO_MANY` for more than {@link MOST_ITEMS}.
 */
export async function makePlan(
  request: RestoreRequest,
  ports: PlanPorts,
  plannedAt: Date,
): Promise<Plan> {
  const stored = await ports.backups.stored(request.selection);
  if (stored.length > MOST_ITEMS) {
    throw new FunctionError(
      "RESTORE_TOO_MANY",
      `${stored.length} secrets are selected and ${MOST_ITEMS} is the most; select by account, Region or name`,
      false,
    );
  }
  const choices = await mapBounded(stored, PARALLEL, (entries) =>
    choose(entries, request.point, plannedAt, (entry: StoredManifest) =>
      ports.backups.manifest(entry),
    ),
  );
  const chosen = choices.filter((choice) => choice !== undefined);
  if (chosen.length === 0) {
    throw new FunctionError(
      "RESTORE_NOTHING",
      "No backup fits: look at the names of what is kept, and at the version id",
      false,
    );
  }
  const clashes = findClashes(chosen, request);
  const items = await mapBounded(chosen, PARALLEL, (choice) =>
    planItem(choice, request, ports, clashes),
  );
  items.sort((a, b) => (itemId(a.item) < itemId(b.item) ? -1 : 1));
  return {
    digest: planDigest(
      request,
      items.map(({ item }) => item),
      plannedAt,
    ),
    items,
  };
}

async function planItem(
  choice: Choice,
  request: RestoreRequest,
  { members }: PlanPorts,
  clashes: ReadonlyMap<Choice, string>,
): Promise<PlannedItem> {
  const from = placeOfChoice(choice);
  const to = destinationOf(from, request);
  const refused = (versionId: string, changedAt: string, reason: string): RestoreItem => ({
    from,
    to,
    versionId,
    changedAt,
    action: "refuse",
    cancelsDeletion: false,
    reason,
  });
  if ("refusal" in choice) return { item: refused("", choice.changedAt, choice.refusal) };
  const { backup } = choice;
  const { versionId } = backup.target;
  const { changedAt } = backup.manifest;
  const clash = clashes.get(choice);
  if (clash !== undefined) return { item: refused(versionId, changedAt, clash), backup };
  try {
    const found = await members.writer(to.accountId, to.region).describe(to.name);
    const decision = decide(backup, to, found, request.overwriteNewer);
    return { item: { from, to, versionId, changedAt, ...decision }, backup };
  } catch (error) {
    // One account that cannot be reached does not keep the others from being restored.
    if (!(error instanceof FunctionError)) throw error;
    const { code, message } = error;
    const reason = "Its destination cannot be looked at";
    const item = { ...refused(versionId, changedAt, reason), error: { code, message } };
    return { item, backup, ...(error.retry ? { passing: error } : {}) };
  }
}

function placeOfChoice(choice: Choice): SecretPlace {
  return "backup" in choice ? placeOf(choice.backup.manifest) : choice.place;
}

function destinationOf(
  from: SecretPlace,
  { destination }: Pick<RestoreRequest, "destination">,
): RestoreItem["to"] {
  return {
    accountId: destination.accountId ?? from.accountId,
    region: destination.region ?? from.region,
    name: `${destination.namePrefix ?? ""}${from.name}`,
  };
}

/**
 * Secrets of several accounts or Regions that would come to lie on the same name: none of them is written, as nobody said
 * which is meant. Only a replica gives way to its primary.
 */
function findClashes(
  choices: readonly Choice[],
  request: RestoreRequest,
): ReadonlyMap<Choice, string> {
  const byDestination = new Map<string, Choice[]>();
  for (const choice of choices) {
    const id = itemId({ to: destinationOf(placeOfChoice(choice), request) });
    byDestination.set(id, [...(byDestination.get(id) ?? []), choice]);
  }
  const clashes = new Map<Choice, string>();
  for (const group of byDestination.values()) {
    if (group.length < 2) continue;
    const primaries = group.filter((choice) => primaryRegionOf(choice) === undefined);
    for (const choice of group) {
      if (primaries.length === 1 && choice === primaries[0]) continue;
      clashes.set(
        choice,
        primaries.length === 1
          ? `It is a replica of the secret in ${primaryRegionOf(choice) ?? ""}, which is restored here`
          : `${group.length} secrets would get this name: restore them one by one, or give a prefix for their names`,
      );
    }
  }
  return clashes;
}

function primaryRegionOf(choice: Choice): string | undefined {
  return "backup" in choice ? choice.backup.manifest.primaryRegion : undefined;
}
