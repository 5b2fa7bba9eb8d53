import { Command } from "commander";

import { tokenPath } from "../../auth/role-tokens";
import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { EXIT } from "../failure";
import { Signals } from "../signals";
import { clean } from "../text";

interface ServeOptions extends OutputOptions {
  readonly port?: string;
  readonly host?: string;
  readonly fleet?: string;
  readonly state?: string;
  readonly worker: boolean;
}

/** `serve`: the service, until it is stopped. */
export function serveCommand(context: CliContext): Command {
  const command = new Command("serve")
    .description(
      "Run the service until it is stopped (Ctrl-C or SIGTERM); settings come from the environment",
    )
    .option("--port <port>", "port to listen on (or STRONGROOM_PORT)")
    .option("--host <address>", "address to listen on (or STRONGROOM_HOST)")
    .option("--fleet <file>", "the fleet file (or STRONGROOM_FLEET)")
    .option("--state <folder>", "folder of everything the service keeps (or STRONGROOM_STATE)")
    .option(
      "--no-worker",
      "accept runs and leave the work to `strongroom worker` processes (or STRONGROOM_WORKER=false)",
    );
  describe(command, [
    "strongroom serve",
    "strongroom serve --fleet fleet.yaml --port 8700",
    "DATABASE_URL=postgres://db/strongroom strongroom serve --no-worker",
  ]);
  return command.action(
    context.ends(async (options: ServeOptions) => {
      const { io, parts } = context;
      // Before the start, so that a signal in the middle of it is not lost.
      const signals = new Signals(io);
      try {
        const service = await parts.startEmbedded(
          {
            ...io.environment,
            ...(options.port === undefined ? {} : { STRONGROOM_PORT: options.port }),
            ...(options.host === undefined ? {} : { STRONGROOM_HOST: options.host }),
            ...(options.fleet === undefined ? {} : { STRONGROOM_FLEET: options.fleet }),
            ...(options.state === undefined ? {} : { STRONGROOM_STATE: options.state }),
            ...(options.worker ? {} : { STRONGROOM_WORKER: "false" }),
          },
          (line) => io.err(`${clean(line)}\n`),
          { schedules: true },
        );
        if (options.json === true) {
          printJson(io, { url: service.url, stateDir: service.stateDir });
        } else {
          io.out(`Strongroom serves at ${service.url}\n`);
          io.out(
            `Tokens: ${tokenPath(service.stateDir, "operator")} (and -viewer, -approver, -admin)\n`,
          );
        }
        await signals.seen(1);
        io.err(
          "Stopping: what runs is interrupted and goes on after the next start. Again to leave at once.\n",
        );
        await Promise.race([service.close(), signals.seen(2)]);
      } finally {
        signals.stop();
      }
      return EXIT.ok;
    }),
  );
}
