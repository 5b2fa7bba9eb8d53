import type { Command } from "commander";

import { isStackKind, STACK_KINDS } from "../../stacks/kinds";
import { isAccountId, parseStampName, stampName, type StampName } from "../../stacks/naming";
import type { RunTarget } from "../../stacks/target";
import { usage } from "./context";

export interface TargetOptions {
  readonly account?: readonly string[];
  readonly ou?: readonly string[];
  readonly kind?: readonly string[];
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Options that say which stamps a command is about; each may be given several times. */
export function withTarget(command: Command): Command {
  return command
    .argument("[stamp...]", "stamps, like member-111122223333; none means the whole fleet")
    .option("--account <id>", "stamps of this account (repeatable)", collect)
    .option(
      "--ou <path>",
      "stamps of the accounts in this organizational unit, nested ones too (repeatable)",
      collect,
    )
    .option(
      "--kind <kind>",
      `stamps of this kind: ${STACK_KINDS.join(", ")} (repeatable)`,
      collect,
    );
}

/** The target that arguments and options name. Throws a usage error for what can never exist. */
export function targetOf(
  stamps: readonly string[],
  { account, ou, kind }: TargetOptions,
): RunTarget {
  for (const id of account ?? []) checkAccountId("--account", id);
  const kinds = (kind ?? []).map((text) => {
    if (isStackKind(text)) return text;
    throw usage(
      `--kind ${JSON.stringify(text)} is not a kind of stack.`,
      `Take one of ${STACK_KINDS.join(", ")}.`,
    );
  });
  return {
    ...(stamps.length === 0 ? {} : { stamps: unique(stamps.map(stampOf)) }),
    ...(account === undefined ? {} : { accounts: unique(account) }),
    ...(ou === undefined ? {} : { organizationalUnits: unique(ou) }),
    ...(kind === undefined ? {} : { kinds: unique(kinds) }),
  };
}

/** Throws a usage error for an option's value that is no account id. */
export function checkAccountId(option: string, id: string): void {
  if (isAccountId(id)) return;
  throw usage(`${option} ${JSON.stringify(id)} is not an account id.`, "Give its 12 digits.");
}

/** A stamp's name, checked. Throws `SPEC_STAMP_NAME`. */
export function stampOf(text: string): StampName {
  const { kind, accountId } = parseStampName(text);
  return stampName(kind, accountId);
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
