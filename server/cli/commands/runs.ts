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
import { renderRun } from "../render-run";
import { table } from "../table";
import { duration } from "../text";

interface RunsOptions extends ServiceOptions {
  readonly limit: string;
  readonly cancel?: boolean;
}

/** `runs`: the last runs, or one of them; also the way to cancel one. */
export function runsCommand(context: CliContext): Command {
  const command = withService(
    new Command("runs")
      .description("List the last runs, or show or cancel one")
      .argument("[run]", "id of a run"),
  )
    .option("--limit <count>", "how many runs to list, 1 to 200", "20")
    .option("--cancel", "ask the run to stop");
  describe(command, [
    "strongroom runs",
    "strongroom runs 0199f3c2-7a51-7cc0-b0a1-2f4f6f1f9a55",
    "strongroom runs 0199f3c2-7a51-7cc0-b0a1-2f4f6f1f9a55 --cancel",
  ]);
  return command.action(
    context.ends(async (id: string | undefined, options: RunsOptions) => {
      const { io } = context;
      const cancel = options.cancel === true;
      if (cancel && id === undefined)
        throw usage("--cancel needs the id of a run.", "`strongroom runs` lists them.");
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
        throw usage(`--limit ${JSON.stringify(options.limit)} is not a number from 1 to 200.`);
      }
      return withClient(context, options, cancel ? "operator" : "viewer", async ({ client }) => {
        if (id !== undefined) {
          const run = cancel ? await client.cancel(id) : await client.run(id);
          if (options.json === true) printJson(io, run);
          else io.out(renderRun(run, io));
          return EXIT.ok;
        }
        const page = await client.runs(limit);
        if (options.json === true) {
          printJson(io, page);
          return EXIT.ok;
        }
        const rows = page.items.map((run) => [
          run.id,
          run.operation,
          run.cancelRequested && run.endedAt === undefined ? "cancelling" : run.status,
          run.createdAt.slice(0, 19).replace("T", " "),
          run.summary === undefined ? "" : duration(run.summary.seconds),
          run.summary === undefined
            ? ""
            : `${run.summary.stamped} ok, ${run.summary.failed} failed, ${run.summary.skipped} left out`,
          run.requestedBy,
        ]);
        io.out(
          `${table(["run", "operation", "status", "asked at (UTC)", "time", "accounts", "by"], rows)}\n`,
        );
        return EXIT.ok;
      });
    }),
  );
}
