import { callDoor } from "../emulator/calls";
import { canonicalJson } from "../stacks/digest";

/** One thing that the emulator holds, without what is made up anew each time. */
export interface InventoryEntry {
  readonly account: string;
  /** Empty for what belongs to no Region. */
  readonly region: string;
  /** Service and kind, for example `sqs.queues`. */
  readonly store: string;
  readonly name: string;
  readonly content: unknown;
}

export async function readInventory(endpoint: string): Promise<readonly InventoryEntry[]> {
  const answer = await callDoor<{ entries: InventoryEntry[] }>(
    endpoint,
    "GET",
    "/_strongroom/inventory",
  );
  return answer.entries;
}

/** How two organizations differ. Things are told by account, Region, store and name. */
export interface InventoryDifference {
  readonly equal: number;
  /** In the first alone. */
  readonly missing: readonly string[];
  /** In the second alone. */
  readonly extra: readonly string[];
  /** In both, with other content; the fields are named that differ. */
  readonly different: readonly string[];
}

const placeOf = ({ account, region, store, name }: InventoryEntry): string =>
  [account, region, store, name].filter((text) => text !== "").join(" ");

/** Things whose names are made up share a place: each place has as many contents as there are things. */
function byPlace(entries: readonly InventoryEntry[]): Map<string, unknown[]> {
  const places = new Map<string, unknown[]>();
  for (const entry of entries) {
    const place = placeOf(entry);
    const contents = places.get(place);
    if (contents === undefined) places.set(place, [entry.content]);
    else contents.push(entry.content);
  }
  return places;
}

/** Compares what two contestants left behind. Pure. */
export function compareInventories(
  first: readonly InventoryEntry[],
  second: readonly InventoryEntry[],
): InventoryDifference {
  const left = byPlace(first);
  const right = byPlace(second);
  const missing: string[] = [];
  const extra: string[] = [];
  const different: string[] = [];
  let equal = 0;
  for (const place of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const [ours, theirs] = withoutPairs(left.get(place) ?? [], right.get(place) ?? []);
    equal += (left.get(place)?.length ?? 0) - ours.length;
    const both = Math.min(ours.length, theirs.length);
    for (const [index, content] of ours.slice(0, both).entries()) {
      different.push(`${place}: ${fieldsThatDiffer(content, theirs[index]).join(", ")}`);
    }
    missing.push(...ours.slice(both).map(() => place));
    extra.push(...theirs.slice(both).map(() => place));
  }
  return { equal, missing, extra, different };
}

/** What is left of two lists when each content that is in both is taken out of both. */
function withoutPairs(
  ours: readonly unknown[],
  theirs: readonly unknown[],
): [readonly unknown[], readonly unknown[]] {
  const rest = theirs.map((content) => ({ content, text: canonicalJson(content) }));
  const unpaired = ours.filter((content) => {
    const at = rest.findIndex(({ text }) => text === canonicalJson(content));
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [unpaired, rest.map(({ content }) => content)];
}

function fieldsThatDiffer(ours: unknown, theirs: unknown): string[] {
  const [a, b] = [ours, theirs].map((content) =>
    content !== null && typeof content === "object" ? (content as Record<string, unknown>) : {},
  );
  const fields = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].sort();
  return fields.filter(
    (field) => canonicalJson(a?.[field] ?? null) !== canonicalJson(b?.[field] ?? null),
  );
}
