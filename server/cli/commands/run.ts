import { Command } from "commander";

import type { Operation } from "../../ports";
import type { RunRecord, RunRequest } from "../../runs-ports";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import type { Connected } from "../connect";
import { EXIT, type ExitCode } from "../failure";
import { exitOfRun, followRun } from "../follow-run";
import { changedStamps, renderRun } from "../render-run";
import { stampOf, type TargetOptions, targetOf, withTarget } from "../target";

export interface RunOptions extends ServiceOptions, TargetOptions {
  readonly refresh?: boolean;
  readonly force?: boolean;
  readonly confirm?: readonly string[];
  readonly exitCode?: boolean;
  readonly detach?: boolean;
  readonly key?: string;
}

/** What differs between the commands that start a run. */
export interface RunCommand {
  readonly operation: Operation;
  readonly summary: string;
  readonly examples: readonly string[];
  /** Options of this command alone. */
  readonly options?: (command: Command) => Command;
  /** What those options add to the request. */
  readonly parts?: (options: Readonly<Record<string, unknown>>) => Partial<RunRequest>;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Options of every command that starts a run. */
export function withRun(command: Command): Command {
  return command
    .option("--detach", "start the run and do not wait for it (needs --url)")
    .option("--key <key>", "idempotency key: the same key and request never start a second run");
}

/** A command that starts a run, shows how it goes, and ends with its result. */
export function runCommand(
  { operation, summary, examples, options: more, parts }: RunCommand,
  context: CliContext,
): Command {
  const command = withService(withTarget(new Command(operation).description(summary)));
  if (operation === "up") {
    command
      .option("--refresh", "read the real state of every resource before comparing")
      .option("--force", "look at stamps too that nothing has changed for");
  }
  if (operation === "drift") {
    command.option("--exit-code", `end with ${EXIT.changes} when there are changes`);
  }
  if (operation === "retire") {
    command.option("--confirm <stamp>", "name each stamp that is taken down (repeatable)", collect);
  }
  more?.(command);
  withRun(command);
  describe(command, examples);
  return command.action(
    context.ends(async (stamps: string[], options: RunOptions) => {
      const request: RunRequest = {
        operation,
        target: targetOf(stamps, options),
        ...(options.refresh === true ? { refresh: true } : {}),
        ...(options.force === true ? { force: true } : {}),
        ...(options.confirm === undefined ? {} : { confirm: options.confirm.map(stampOf) }),
        ...parts?.({ ...options }),
      };
      return startAndShow(context, request, options);
    }),
  );
}

/** Starts a run, shows how it goes and what came of it, and answers the exit code. */
export function startAndShow(
  context: CliContext,
  request: RunRequest,
  options: RunOptions,
): Promise<ExitCode> {
  const { operation } = request;
  const role = ["retire", "drill", "rotate"].includes(operation) ? "approver" : "operator";
  return withClient(context, options, role, (connected) =>
    runAndShow(context, connected, request, options),
  );
}

/** The same over a service that is there; `then` is called with the run once it has ended. */
export async function runAndShow(
  { io }: CliContext,
  { client, embedded }: Connected,
  request: RunRequest,
  options: RunOptions,
  then: (run: RunRecord) => Promise<void> = () => Promise.resolve(),
): Promise<ExitCode> {
  const json = options.json === true;
  const run = await client.start(request, options.key);
  if (options.detach === true && !embedded) {
    if (json) printJson(io, run);
    else io.out(`${run.id}\n`);
    return EXIT.ok;
  }
  const followed = await followRun(io, client, run, { quiet: json, embedded });
  if (json) printJson(io, followed.run);
  else if (followed.interrupted !== "left") io.out(renderRun(followed.run, io));
  if (followed.interrupted !== "left") await then(followed.run);
  return exitOfRun(followed, options.exitCode === true && changedStamps(followed.run) > 0);
}
