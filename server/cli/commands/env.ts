import { Command } from "commander";

import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { EXIT } from "../failure";

/** A word that every POSIX shell reads back as it is. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `env`: makes the stock `pulumi` of a laptop work on the same state, with the same parts, as the service. */
export function envCommand(context: CliContext): Command {
  const command = new Command("env").description(
    "Print the environment in which the stock `pulumi` works on the same state as the service",
  );
  describe(command, [
    'eval "$(strongroom env)"',
    'eval "$(strongroom env)" && strongroom config member-111122223333 && pulumi preview --stack member-111122223333',
    "strongroom env --json",
  ]);
  return command.action(
    context.ends(async (options: OutputOptions) => {
      const { io, parts } = context;
      const variables = await parts.laptop(io.environment);
      if (options.json === true) printJson(io, variables);
      else {
        for (const [name, value] of Object.entries(variables)) {
          io.out(`export ${name}=${shellQuoted(value)}\n`);
        }
      }
      return EXIT.ok;
    }),
  );
}
