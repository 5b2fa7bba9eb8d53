import { Command } from "commander";

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
import { checkAccountId } from "../target";
import { clean, counted } from "../text";

interface RotationOptions extends ServiceOptions {
  readonly account?: string;
  readonly failed?: boolean;
}

/** States in which somebody should look. */
const WRONG = new Set(["failed", "overdue", "not-set-up"]);

/** `rotation`: every enrolled secret, when it was rotated and when it will be, and what failed. */
export function rotationCommand(context: CliContext): Command {
  const command = withService(
    new Command("rotation").description(
      "Show how the enrolled secrets are renewed: last, next, failures",
    ),
  )
    .option("--account <id>", "only this account")
    .option("--failed", "only what failed, is overdue or could not be set up");
  describe(command, [
    "strongroom rotation",
    "strongroom rotation --account 111122223333 --failed",
    "strongroom rotation --json | jq '.items[] | select(.failures > 0)'",
  ]);
  return command.action(
    context.ends(async (options: RotationOptions) => {
      const { account } = options;
      if (account !== undefined) checkAccountId("--account", account);
      return withClient(context, options, "viewer", async ({ client }) => {
        const { io } = context;
        const found = await client.rotations(account);
        const items = found.items.filter(
          ({ state }) => options.failed !== true || WRONG.has(state),
        );
        if (options.json === true) {
          printJson(io, { ...found, items });
          return EXIT.ok;
        }
        const rows = items.map((one) => [
          one.accountId,
          one.region,
          clean(one.name),
          one.rotator,
          one.state,
          one.lastRotatedAt ?? "never",
          one.nextRotationAt ?? "",
          one.failures === 0 ? "" : String(one.failures),
          clean(one.reason ?? ""),
        ]);
        const head = [
          "account",
          "Region",
          "secret",
          "rotator",
          "state",
          "last",
          "next",
          "failures",
        ];
        io.out(`${table([...head, "why"], rows)}\n\n`);
        for (const { accountId, error } of found.accounts) {
          if (error !== undefined) io.out(`${accountId}: ${clean(error.message)}\n`);
        }
        const wrong = items.filter(({ state }) => WRONG.has(state)).length;
        io.out(
          `${counted(items.length, "secret")} enrolled in ${counted(found.accounts.length, "account")}; ${wrong} to look at.\n`,
        );
        return EXIT.ok;
      });
    }),
  );
}
