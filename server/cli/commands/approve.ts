import { Command } from "commander";

import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  usage,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { wholeNumber } from "../whole-number";
import { followOn } from "./go-on";

interface ApproveOptions extends ServiceOptions {
  readonly digest: string;
  readonly reason: string;
  readonly preciousAccounts?: number;
  readonly detach?: boolean;
}

/** `approve`: lets a run go on that waits, with exactly what was looked at. */
export function approveCommand(context: CliContext): Command {
  const command = withService(
    new Command("approve")
      .description("Let a run go on that waits for an approval (role approver)")
      .argument("<run>", "id of the run"),
  )
    .requiredOption("--digest <digest>", "of the plan that you looked at, as the run shows it")
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .option(
      "--precious-accounts <count>",
      "accounts in which a key, a secret or a bucket would be deleted or replaced; needed if there are any",
      wholeNumber(0, 100_000),
    )
    .option("--detach", "approve, and do not wait for the run (needs --url)");
  describe(command, [
    "strongroom runs run-0199f3c27a51-2f4f6f1f9a551122",
    "strongroom approve run-0199f3c27a51-2f4f6f1f9a551122 --digest 9f86d081… --reason CHG-4711",
    "strongroom approve run-0199f3c27a51-2f4f6f1f9a551122 --digest 9f86d081… --precious-accounts 3 --reason CHG-4711",
  ]);
  return command.action(
    context.ends(async (id: string, options: ApproveOptions) => {
      if (options.reason.trim() === "") throw usage("--reason is empty.", "Say why.");
      const { preciousAccounts } = options;
      return withClient(context, options, "approver", async (connected) => {
        const run = await connected.client.approve(id, {
          digest: options.digest,
          reason: options.reason,
          ...(preciousAccounts === undefined ? {} : { preciousAccounts }),
        });
        if (options.detach === true && !connected.embedded) {
          if (options.json === true) printJson(context.io, run);
          else context.io.out(`${run.id}\n`);
          return EXIT.ok;
        }
        return followOn(context, connected, run, options.json === true);
      });
    }),
  );
}
