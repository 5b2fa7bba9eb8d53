import {
  type Change,
  type ChangeGroup,
  groupByEqualChange,
  OWN_ACCOUNT,
} from "../../stacks/change-groups";
import { type PreciousKind, preciousKind } from "../../stacks/precious";
import type { StampResult } from "../runs-ports";
import { counted, noun, SIGNS } from "./kinds";
import { together } from "./together";

/** A deletion or replacement of what cannot be had back, in all accounts in which it is the same. */
export interface PreciousGroup {
  readonly operation: "delete" | "replace";
  readonly kind: PreciousKind;
  readonly type: string;
  /** The account's own id stands as `<account>`. */
  readonly name: string;
  readonly properties: readonly string[];
  readonly stackKind: string;
  readonly stamps: readonly StampResult[];
}

/** What cannot be had back, what most accounts lose first. */
export function preciousGroups(stamps: readonly StampResult[]): readonly PreciousGroup[] {
  const found = stamps.flatMap((stamp) =>
    (stamp.changes ?? []).flatMap(({ type, operation, name, properties }) => {
      const kind = preciousKind({ type, operation });
      if (kind === undefined || (operation !== "delete" && operation !== "replace")) return [];
      const plain = name.replaceAll(stamp.accountId, OWN_ACCOUNT);
      return [{ stamp, what: { operation, kind, type, name: plain, properties } }];
    }),
  );
  return together(
    found,
    ({ stamp, what }) => [stamp.kind, what],
    ({ stamp, what }) => ({ ...what, stackKind: stamp.kind, stamps: [] as StampResult[] }),
    (group, { stamp }) => group.stamps.push(stamp),
  ).sort((a, b) => accountIdsOf(b.stamps).length - accountIdsOf(a.stamps).length);
}

/** The accounts of stamps, each once, in their order. */
export const accountIdsOf = (stamps: readonly StampResult[]): string[] => [
  ...new Set(stamps.map(({ accountId }) => accountId)),
];

/** Accounts in which the same changes over all of their stamps, the largest group first, with a line that says what. */
export function changeGroups(
  stamps: readonly StampResult[],
): readonly (ChangeGroup & { readonly summary: string })[] {
  const ids = accountIdsOf(stamps).sort();
  return groupByEqualChange(
    ids.map((accountId) => ({
      accountId,
      changes: stamps
        .filter((stamp) => stamp.accountId === accountId)
        .flatMap(({ changes }) => changes ?? []),
    })),
  ).map((group) => ({ ...group, summary: summaryOf(group.changes) }));
}

/** `+ 3 roles, ~ 1 key`. */
function summaryOf(changes: readonly Change[]): string {
  const parts: string[] = [];
  for (const operation of ["delete", "replace", "update", "create"] as const) {
    const byNoun = new Map<string, number>();
    for (const { type } of changes.filter((change) => change.operation === operation)) {
      byNoun.set(noun(type), (byNoun.get(noun(type)) ?? 0) + 1);
    }
    for (const [what, count] of [...byNoun].sort(([a], [b]) => (a < b ? -1 : 1))) {
      parts.push(`${SIGNS[operation]} ${counted(count, what)}`);
    }
  }
  return parts.join(", ");
}
