import { Command } from "commander";

import type { RunEvent } from "../../runs-ports";
import type { ServiceClient } from "../client";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { plainLine } from "../progress";
import { RunState } from "../run-state";
import { stampOf } from "../target";
import { clean } from "../text";

interface LogsOptions extends ServiceOptions {
  readonly follow?: boolean;
  readonly stamp?: string;
  readonly verbose?: boolean;
}

/** `logs`: what happened in a run, in order. */
export function logsCommand(context: CliContext): Command {
  const command = withService(
    new Command("logs")
      .description("Print what happened in a run")
      .argument("<run>", "id of the run"),
  )
    .option("--follow", "go on until the run ends")
    .option("--stamp <stamp>", "only this stamp")
    .option("--verbose", "every resource and message, not only what matters");
  describe(command, [
    "strongroom logs 0199f3c2-7a51-7cc0-b0a1-2f4f6f1f9a55",
    "strongroom logs 0199f3c2-7a51-7cc0-b0a1-2f4f6f1f9a55 --follow --stamp member-111122223333 --verbose",
  ]);
  return command.action(
    context.ends(async (id: string, options: LogsOptions) => {
      const stamp = options.stamp === undefined ? undefined : stampOf(options.stamp);
      return withClient(context, options, "viewer", async ({ client }) => {
        const { io } = context;
        const state = new RunState(await client.run(id));
        const leave = new AbortController();
        const stopListening = io.onInterrupt(() => leave.abort());
        const kept: RunEvent[] = [];
        try {
          const events =
            options.follow === true ? client.follow(id, 0, leave.signal) : allEvents(client, id);
          for await (const event of events) {
            const line = state.apply(event);
            if (stamp !== undefined && event.stamp !== stamp) continue;
            if (options.json === true) {
              kept.push(event);
              continue;
            }
            const text =
              plainLine(event, line) ?? (options.verbose === true ? verboseLine(event) : undefined);
            if (text !== undefined) io.out(`${event.at.slice(0, 19)}Z ${text}\n`);
          }
        } finally {
          stopListening();
        }
        if (options.json === true) printJson(io, { runId: id, items: kept });
        return leave.signal.aborted ? EXIT.interrupted : EXIT.ok;
      });
    }),
  );
}

async function* allEvents(client: ServiceClient, id: string): AsyncGenerator<RunEvent> {
  for (let after = 0; ;) {
    const { items } = await client.events(id, after);
    if (items.length === 0) return;
    yield* items;
    after = items.at(-1)?.seq ?? after;
  }
}

function verboseLine({ type, stamp: name, data }: RunEvent): string | undefined {
  const stamp = name ?? "";
  if (type === "stamp.message") return `${stamp} ${clean(String(data["text"]))}`;
  if (type !== "stamp.resource") return undefined;
  return `${stamp} ${clean(`${String(data["operation"])} ${String(data["status"])} ${String(data["urn"])}`)}`;
}
