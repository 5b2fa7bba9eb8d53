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
import { clean } from "../text";

interface HostGoneOptions extends ServiceOptions {
  readonly reason: string;
}

/** `host-gone`: a person's word takes the place of the proof that a host's processes are dead. */
export function hostGoneCommand(context: CliContext): Command {
  const command = withService(
    new Command("host-gone")
      .description(
        "Say that a host is gone for certain, so that the locks its processes left may be removed",
      )
      .argument("<host>", "the host's name, as the error of the stamp shows it")
      .requiredOption("--reason <text>", "why it is certain; kept in the audit log"),
  );
  describe(command, ['strongroom host-gone worker-7 --reason "the instance was terminated"']);
  return command.action(
    context.ends(async (host: string, options: HostGoneOptions) =>
      withClient(context, options, "approver", async ({ client }) => {
        const { io } = context;
        const answer = await client.hostGone(host, options.reason);
        if (options.json === true) printJson(io, answer);
        else {
          io.out(
            `${clean(host)} counts as gone: the locks of ${answer.processes} of its processes may be removed.\n`,
          );
        }
        return EXIT.ok;
      }),
    ),
  );
}
