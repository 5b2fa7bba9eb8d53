import type { AccessChange } from "../../policies/access-changes";
import { OWN_ACCOUNT } from "../../stacks/change-groups";
import type { StampResult } from "../runs-ports";
import type { PreviewReport } from "./model";
import { together } from "./together";
import { accessSentences, type NameOfAccount, type SaidChange } from "./words";

const ORDER = ["unclear", "gains", "alters", "loses"];

/** Who gains and loses what in the stamps of a run, in words; equal sentences of several accounts once. */
export function accessOf(
  stamps: readonly Pick<StampResult, "accountId" | "access">[],
  nameOf: NameOfAccount,
): PreviewReport["access"] {
  const said = stamps.flatMap(({ accountId, access = [] }) =>
    foldConditions(access).flatMap((change) =>
      accessSentences(change, accountId, nameOf).map((sentence) => ({
        accountId,
        change: change.change,
        sentence: sentence.replaceAll(accountId, OWN_ACCOUNT),
      })),
    ),
  );
  return together(
    said,
    ({ change, sentence }) => [change, sentence],
    ({ change, sentence }) => ({ change, sentence, accountIds: [] as string[] }),
    ({ accountIds }, { accountId }) => {
      if (!accountIds.includes(accountId)) accountIds.push(accountId);
    },
  ).sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change));
}

/**
 * What is gained and lost under conditions on the same keys differs in their values alone: the actions of both become one
 * change. What only one side has stays gained or lost.
 */
function foldConditions(access: readonly AccessChange[]): readonly SaidChange[] {
  const lost = new Map<string, Set<string>>();
  for (const change of access) {
    if (change.change !== "loses" || change.conditions.length === 0) continue;
    const actions = lost.get(grantOf(change)) ?? new Set();
    for (const action of change.actions) actions.add(action);
    lost.set(grantOf(change), actions);
  }
  const folded = new Map<string, Set<string>>();
  const changes = access.flatMap((change): SaidChange[] => {
    if (change.change !== "gains") return [change];
    const both = change.actions.filter((action) => lost.get(grantOf(change))?.has(action) === true);
    if (both.length === 0) return [change];
    folded.set(grantOf(change), new Set([...(folded.get(grantOf(change)) ?? []), ...both]));
    return [
      { ...change, change: "alters" as const, actions: both },
      { ...change, actions: change.actions.filter((action) => !both.includes(action)) },
    ];
  });
  return changes
    .map((change) => {
      if (change.change !== "loses") return change;
      const both = folded.get(grantOf(change));
      return { ...change, actions: change.actions.filter((action) => both?.has(action) !== true) };
    })
    .filter(({ change, actions }) => change === "unclear" || actions.length > 0);
}

/** What two changes of the same permission have in common; the values of conditions are not in them. */
const grantOf = ({
  who,
  through,
  resources,
  except,
  conditions,
}: AccessChange | SaidChange): string =>
  JSON.stringify([who, through, resources, except, conditions]);
