import type { Command } from "commander";

import type { Role } from "../auth/roles";
import { type Connected, connect, type ConnectionOptions, type StartEmbedded } from "./connect";
import { CliFailure, EXIT, type ExitCode } from "./failure";
import type { CliIo } from "./io";
import { clean } from "./text";

/** What `doctor` tells of one part. */
export interface DoctorLine {
  readonly part: string;
  readonly ok: boolean;
  readonly version: string;
  /** Where it came from, or what is missing. */
  readonly detail: string;
  /** What to do about a missing part. */
  readonly remedy?: string;
}

/** The parts of the product that commands start in this process; main.ts puts the real ones in. */
export interface CliParts {
  readonly startEmbedded: StartEmbedded;
  /** Works on runs of other processes until `close`. */
  readonly startWorker: (
    environment: CliIo["environment"],
    report: (line: string) => void,
  ) => Promise<{
    readonly name: string;
    readonly database: string;
    close(): Promise<void>;
  }>;
  readonly doctor: (
    io: CliIo,
    options: { readonly fix: boolean },
  ) => Promise<readonly DoctorLine[]>;
  /** Environment in which the stock `pulumi` command works on the same state as the service. */
  readonly laptop: (environment: CliIo["environment"]) => Promise<Readonly<Record<string, string>>>;
  readonly version: string;
}

export interface CliContext {
  readonly io: CliIo;
  readonly parts: CliParts;
  /** Wraps the work of a command: its exit code, its errors. */
  readonly ends: <A extends unknown[]>(
    work: (...args: A) => Promise<ExitCode>,
  ) => (...args: A) => Promise<void>;
}

export interface OutputOptions {
  readonly json?: boolean;
}
export type ServiceOptions = ConnectionOptions & OutputOptions;

/** Options of every command, and its examples below the help. */
export function describe(command: Command, examples: readonly string[]): Command {
  return command
    .option("--json", "print one JSON document on standard output and nothing else there")
    .option("--no-color", "print without colours (also: NO_COLOR)")
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`,
    );
}

/** Options of every command that talks to the service. */
export function withService(command: Command): Command {
  return command
    .option(
      "--url <url>",
      "the service (or STRONGROOM_URL); without it one is started for this command",
    )
    .option("--token-file <file>", "file with the token (or STRONGROOM_TOKEN, or the state folder)")
    .option("--fleet <file>", "fleet file for a service started here (or STRONGROOM_FLEET)");
}

/** Connects, works, and lets go of the service whatever happened. */
export async function withClient<T>(
  { io, parts }: CliContext,
  options: ServiceOptions,
  role: Role,
  work: (connected: Connected) => Promise<T>,
): Promise<T> {
  const connected = await connect(io, options, role, parts.startEmbedded);
  try {
    return await work(connected);
  } finally {
    await connected.close();
  }
}

/** Prints one JSON document. */
export function printJson(io: CliIo, document: unknown): void {
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}

/** Prints an error: what, where, remedy; with `--json` as a document as well. */
export function printFailure(io: CliIo, thrown: unknown, json: boolean): ExitCode {
  const failure = CliFailure.from(thrown);
  const { red, bold, dim } = io.paint;
  const code = failure.code === undefined ? "" : dim(` [${failure.code}]`);
  io.err(`${red("Error:")} ${clean(failure.message)}${code}\n`);
  for (const { message, pointer, line, column } of failure.problems) {
    const place =
      line === undefined
        ? pointer
        : `${line}:${column ?? 1}${pointer === undefined ? "" : ` ${pointer}`}`;
    io.err(`  ${place === undefined || place === "" ? "-" : clean(place)}  ${clean(message)}\n`);
  }
  if (failure.action !== undefined) io.err(`${bold("→")} ${clean(failure.action)}\n`);
  if (json) printJson(io, { error: failure });
  return failure.exitCode;
}

/** A usage error of ours, beside those of commander. */
export function usage(message: string, action?: string): CliFailure {
  return new CliFailure(message, EXIT.usage, action === undefined ? {} : { action });
}
