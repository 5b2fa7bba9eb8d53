import { Command } from "commander";

import type { Follows, RunRecord } from "../../runs-ports";
import type { Connected } from "../connect";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT, type ExitCode } from "../failure";
import { exitOfRun, followRun } from "../follow-run";
import { renderRun } from "../render-run";

interface GoOnOptions extends ServiceOptions {
  readonly reason?: string;
  readonly detach?: boolean;
  readonly key?: string;
}

/** Shows how a run goes on from here, and ends with its result. */
export async function followOn(
  { io }: CliContext,
  { client, embedded }: Connected,
  run: RunRecord,
  json: boolean,
): Promise<ExitCode> {
  const followed = await followRun(io, client, run, { quiet: json, embedded });
  if (json) printJson(io, followed.run);
  else if (followed.interrupted !== "left") io.out(renderRun(followed.run, io));
  return exitOfRun(followed, false);
}

function goOnCommand(
  context: CliContext,
  how: Follows["how"],
  summary: string,
  examples: readonly string[],
): Command {
  const command = withService(
    new Command(how).description(summary).argument("<run>", "id of the run"),
  )
    .option("--reason <text>", "why; kept in the audit log")
    .option("--detach", "start it and do not wait for it (needs --url)")
    .option("--key <key>", "idempotency key: the same key and request never start a second run");
  describe(command, examples);
  return command.action(
    context.ends(async (id: string, options: GoOnOptions) =>
      withClient(context, options, "operator", async (connected) => {
        const { client, embedded } = connected;
        const run = await client.goOn(id, how, options.reason, options.key);
        const json = options.json === true;
        if (options.detach === true && !embedded) {
          if (json) printJson(context.io, run);
          else context.io.out(`${run.id}\n`);
          return EXIT.ok;
        }
        return followOn(context, connected, run, json);
      }),
    ),
  );
}

/** `resume`: ends a pause, or goes on with what is left of a run that has ended. */
export function resumeCommand(context: CliContext): Command {
  return goOnCommand(
    context,
    "resume",
    "End a pause, or go on with all that is left of a run that was stopped",
    [
      "strongroom resume run-0199f3c27a51-2f4f6f1f9a551122",
      "strongroom resume run-0199f3c27a51-2f4f6f1f9a551122 --reason 'the role is there now'",
    ],
  );
}

/** `retry`: does again what failed, and nothing else. */
export function retryCommand(context: CliContext): Command {
  return goOnCommand(context, "retry", "Do again what failed in a run, and nothing else", [
    "strongroom retry run-0199f3c27a51-2f4f6f1f9a551122",
    "strongroom retry run-0199f3c27a51-2f4f6f1f9a551122 --url https://strongroom.example --detach",
  ]);
}
