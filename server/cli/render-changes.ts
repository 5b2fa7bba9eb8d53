import { type ChangeGroup, OWN_ACCOUNT } from "../../stacks/change-groups";
import { accountIdsOf, changeGroups, type PreciousGroup, preciousGroups } from "../report/groups";
import { SIGNS } from "../report/kinds";
import type { StampResult } from "../runs-ports";
import type { CliIo } from "./io";
import { clean, counted } from "./text";

/** Changes listed for one group of accounts; a first `up` creates dozens, and nobody reads them all here. */
const MOST_CHANGES = 30;
/** Accounts that are named of a group; the JSON has them all. */
const MOST_ACCOUNTS = 5;
/** Groups of deletions and replacements that are listed; who approves more than that reads the JSON. */
const MOST_PRECIOUS = 50;

/** `111122223333, 444455556666 and 45 more`. */
function named(accountIds: readonly string[]): string {
  const shown = accountIds.slice(0, MOST_ACCOUNTS).join(", ");
  const more = accountIds.length - MOST_ACCOUNTS;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

const because = (properties: readonly string[]): string =>
  properties.length === 0 ? "" : ` (${properties.join(", ")})`;

function preciousLine(
  { operation, kind, name, properties, stamps }: PreciousGroup,
  { paint }: Pick<CliIo, "paint">,
): string {
  const ids = accountIdsOf(stamps);
  const where = `in ${counted(ids.length, "account")}: ${named(ids)}`;
  return `  ${paint.red(operation)} ${clean(`${kind} ${name}${because(properties)}`)} ${where}`;
}

/** Every deletion and replacement of what cannot be had back, one line for all accounts in which it is the same. */
export function renderPrecious(
  stamps: readonly StampResult[],
  io: Pick<CliIo, "paint">,
): readonly string[] {
  const groups = preciousGroups(stamps);
  const lines = groups.slice(0, MOST_PRECIOUS).map((group) => preciousLine(group, io));
  return groups.length > MOST_PRECIOUS
    ? [...lines, `  … and ${groups.length - MOST_PRECIOUS} more`]
    : lines;
}

function groupLines(
  { accountIds, changes, summary }: ChangeGroup & { readonly summary: string },
  { paint }: Pick<CliIo, "paint">,
): string {
  const lines = [
    `${paint.bold(counted(accountIds.length, "account"))}: ${summary}`,
    `  ${paint.dim(named(accountIds))}`,
    ...changes.slice(0, MOST_CHANGES).map(({ operation, type, name, properties }) => {
      // A group of one account need not be read with its id taken out.
      const [only, ...others] = accountIds;
      const plain = others.length === 0 ? name.replaceAll(OWN_ACCOUNT, only ?? "") : name;
      return `  ${SIGNS[operation]} ${clean(`${type} ${plain}${because(properties)}`)}`;
    }),
  ];
  if (changes.length > MOST_CHANGES) lines.push(`  … and ${changes.length - MOST_CHANGES} more`);
  return lines.join("\n");
}

/** What changes in several accounts, those with the same changes together; empty where nothing does. */
export function renderChanges(stamps: readonly StampResult[], io: Pick<CliIo, "paint">): string {
  return changeGroups(stamps)
    .map((group) => groupLines(group, io))
    .join("\n\n");
}
