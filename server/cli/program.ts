import { Command, CommanderError } from "commander";

import { accountsCommand } from "./commands/accounts";
import { approveCommand } from "./commands/approve";
import { auditCommand } from "./commands/audit";
import { backupCommand } from "./commands/backup";
import { configCommand } from "./commands/config";
import { coverageCommand } from "./commands/coverage";
import { doctorCommand } from "./commands/doctor";
import { drillCommand } from "./commands/drill";
import { driftCommand } from "./commands/drift";
import { envCommand } from "./commands/env";
import { hostGoneCommand } from "./commands/host-gone";
import { logsCommand } from "./commands/logs";
import { onboardCommand } from "./commands/onboard";
import { planCommand } from "./commands/plan";
import { policyCommand } from "./commands/policy";
import { previewCommand } from "./commands/preview";
import { reportCommand } from "./commands/report";
import { restoreCommand } from "./commands/restore";
import { resumeCommand, retryCommand } from "./commands/go-on";
import { retireCommand } from "./commands/retire";
import { runsCommand } from "./commands/runs";
import { serveCommand } from "./commands/serve";
import { tokensCommand } from "./commands/tokens";
import { upCommand } from "./commands/up";
import { webhooksCommand } from "./commands/webhooks";
import { workerCommand } from "./commands/worker";
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

const COMMANDS = [
  doctorCommand,
  serveCommand,
  workerCommand,
  accountsCommand,
  planCommand,
  previewCommand,
  upCommand,
  onboardCommand,
  approveCommand,
  resumeCommand,
  retryCommand,
  driftCommand,
  retireCommand,
  backupCommand,
  coverageCommand,
  restoreCommand,
  drillCommand,
  reportCommand,
  auditCommand,
  tokensCommand,
  hostGoneCommand,
  webhooksCommand,
  runsCommand,
  logsCommand,
  envCommand,
  configCommand,
  policyCommand,
] as const;

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
  for (const command of COMMANDS) program.addCommand(command(context));
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
