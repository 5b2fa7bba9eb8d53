import { Command } from "commander";

import type { Membership } from "../../membership-ports";
import type { AccountView } from "../../runs-ports";
import type { Accounts } from "../client";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { table } from "../table";
import { counted, duration } from "../text";

interface AccountsOptions extends ServiceOptions {
  readonly refresh?: boolean;
}

/** How far an account is, in a word or two. */
function stateOf({ selected, stamps }: AccountView): string {
  if (stamps.some(({ lastStatus }) => lastStatus === "running" || lastStatus === "waiting"))
    return "running";
  const failed = stamps.filter(({ lastStatus }) => lastStatus === "failed");
  if (failed.length > 0)
    return `failed: ${failed.map(({ stamp }) => stamp.split("-")[0] ?? "").join(", ")}`;
  if (stamps.some(({ weakens = [] }) => weakens.length > 0)) return "drifted: breaks rules";
  if (stamps.some(({ drifted }) => drifted === true)) return "drifted";
  const stamped = stamps.filter(({ stampedAt }) => stampedAt !== undefined).length;
  if (stamped === 0) return selected ? "not stamped" : "";
  return stamped === stamps.length ? "stamped" : `${stamped} of ${stamps.length} stamped`;
}

/** What an account did last, and what awaits somebody because of it. */
function membershipText({ change, from, to, follow, runId, runStatus }: Membership): string {
  const what = from === undefined || to === undefined ? change : `${change} from ${from} to ${to}`;
  if (follow === "retire" && runStatus === "waiting_for_approval") {
    return `${what}; its retirement ${runId ?? ""} waits for an approval`;
  }
  if (follow === "keep") return `${what}; its stamps and backups stay`;
  return what;
}

/** Accounts that came, went or moved: those that somebody has to decide about, and those that have left. */
function changesOf({ items, former = [] }: Accounts): string[][] {
  return [...items, ...former].flatMap(({ id, name, membership }) =>
    membership === undefined ? [] : [[id, name, membership.at, membershipText(membership)]],
  );
}

/** `accounts`: every account of the organization, in the fleet or not, and why. */
export function accountsCommand(context: CliContext): Command {
  const command = withService(
    new Command("accounts").description(
      "List the accounts of the organization and how far each one is",
    ),
  ).option("--refresh", "read the organization again now");
  describe(command, [
    "strongroom accounts",
    "strongroom accounts --refresh",
    "strongroom accounts --json | jq '.items[] | select(.selected | not) | {id, reason}'",
  ]);
  return command.action(
    context.ends(async (options: AccountsOptions) => {
      const refresh = options.refresh === true;
      return withClient(context, options, refresh ? "operator" : "viewer", async ({ client }) => {
        const { io } = context;
        const found = await client.accounts(refresh);
        if (options.json === true) {
          printJson(io, found);
          return EXIT.ok;
        }
        const rows = found.items.map((account) => [
          account.id,
          account.name,
          account.organizationalUnitPath.join("/"),
          account.environment ?? "",
          account.status === "ACTIVE" ? stateOf(account) : account.status.toLowerCase(),
          account.reason ?? "",
        ]);
        io.out(
          `${table(["account", "name", "unit", "environment", "state", "left out because"], rows)}\n\n`,
        );
        const changes = changesOf(found);
        if (changes.length > 0) {
          io.out(`${table(["account", "name", "seen", "what it did last"], changes)}\n\n`);
        }
        const selected = found.items.filter((account) => account.selected).length;
        io.out(
          `${counted(found.items.length, "account")} in ${found.organizationId}, ${selected} in the fleet; read ${duration(found.ageSeconds)} ago.\n`,
        );
        return EXIT.ok;
      });
    }),
  );
}
