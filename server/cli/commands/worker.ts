import { Command } from "commander";

import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { EXIT } from "../failure";
import { Signals } from "../signals";
import { clean } from "../text";

interface WorkerOptions extends OutputOptions {
  readonly fleet?: string;
  readonly state?: string;
  readonly concurrency?: string;
}

/** `worker`: works on the runs that services accept, until it is stopped. */
export function workerCommand(context: CliContext): Command {
  const command = new Command("worker")
    .description(
      "Work on the runs that services of the same database accept, until it is stopped (Ctrl-C or SIGTERM)",
    )
    .option("--concurrency <number>", "most stack operations at once (or STRONGROOM_CONCURRENCY)")
    .option("--fleet <file>", "the fleet file (or STRONGROOM_FLEET)")
    .option("--state <folder>", "folder of this process alone (or STRONGROOM_STATE)");
  describe(command, [
    "DATABASE_URL=postgres://db/strongroom PULUMI_BACKEND_URL=s3://states strongroom worker",
    "strongroom worker --state /var/lib/strongroom/worker-2 --concurrency 8",
  ]);
  return command.action(
    context.ends(async (options: WorkerOptions) => {
      const { io, parts } = context;
      // Before the start, so that a signal in the middle of it is not lost.
      const signals = new Signals(io);
      try {
        const { concurrency, fleet, state } = options;
        const worker = await parts.startWorker(
          {
            ...io.environment,
            ...(concurrency === undefined ? {} : { STRONGROOM_CONCURRENCY: concurrency }),
            ...(fleet === undefined ? {} : { STRONGROOM_FLEET: fleet }),
            ...(state === undefined ? {} : { STRONGROOM_STATE: state }),
          },
          (line) => io.err(`${clean(line)}\n`),
        );
        const { name, database } = worker;
        if (options.json === true) printJson(io, { worker: name, database });
        else io.out(`Strongroom works as ${name} on the runs of ${database}\n`);
        await signals.seen(1);
        io.err(
          "Stopping: what runs is interrupted and another worker goes on with it. Again to leave at once.\n",
        );
        await Promise.race([worker.close(), signals.seen(2)]);
      } finally {
        signals.stop();
      }
      return EXIT.ok;
    }),
  );
}
