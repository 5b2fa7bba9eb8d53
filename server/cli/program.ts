import { Command, CommanderError } from "commander";

import { commandsFor } from "./command-list";
import { type CliContext, type CliParts, printFailure } from "./context";
import { EXIT, type ExitCode } from "./failure";
import type { CliIo } from "./io";

const EXIT_CODES = `
Exit codes:
  0    done
  1    the run failed, or a policy stopped it
  2    wrong options, a fleet file with mistakes, or something that does not exist
  3    the service cannot be reached or started
  4    no valid token, or a role that may not do this
  5    preview or drift with --exit-code found changes
  6    the run waits for an approval
  130  ended by Ctrl-C
`;

/** Runs the command line and gives back its exit code; it neither reads the environment nor ends the process. */
export async function runCli(
  argv: readonly string[],
  io: CliIo,
  parts: CliParts,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const context: CliContext = {
    io,
    parts,
    ends:
      (work) =>
      async (...args) => {
        try {
          exit = await work(...args);
        } catch (error) {
          exit = printFailure(io, error, argv.includes("--json"));
        }
      },
  };
  const program = new Command("strongroom")
    .description("Keeps every secret of an AWS organization recoverable, and proves it.")
    .version(parts.version)
    .addHelpText("after", EXIT_CODES)
    .helpCommand("help [command]", "show what a command does, with examples");
  for (const make of await commandsFor(argv)) program.addCommand(make(context));
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .showHelpAfterError("→ add --help to see what there is")
      .configureOutput({ writeOut: io.out, writeErr: io.err });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end this way too, with 0.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return exit;
}
