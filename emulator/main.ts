import path from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { AppError } from "../stacks/errors";
import { demoFleet } from "./fleet";
import { readOrganizationFile } from "./organization-file";
import { describeOrganization, startEmulator, type Emulator, type StartOptions } from "./start";

interface CommonOptions {
  readonly port?: number;
  readonly state?: string;
  readonly members?: number;
  readonly json?: boolean;
}

/** Prints what a person needs, or one JSON document per command for scripts; progress goes to standard error. */
function printEmulator(emulator: Emulator, json: boolean): void {
  const { endpoint, organization, env, seeded } = emulator;
  if (json) {
    process.stdout.write(`${JSON.stringify({ endpoint, organization, env, seeded })}\n`);
    return;
  }
  const lines = [
    `Organization ${organization.id} is at ${endpoint}, IAM enforced.`,
    `Management ${organization.managementAccountId}, service ${organization.delegatedAdministratorAccountId}, vault ${organization.vaultAccountId}.`,
    "As the service:",
    ...Object.entries(env).map(([name, value]) => `  export ${name}=${value}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function startOptions(options: CommonOptions): StartOptions {
  return {
    report: (line) => process.stderr.write(`${line}\n`),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.state === undefined ? {} : { stateDir: path.resolve(options.state) }),
    ...(options.members === undefined ? {} : { memberCount: options.members }),
  };
}

async function untilStopped(emulator: Emulator): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await Promise.race([asked, emulator.ended]);
  await emulator.stop();
}

const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

function program(): Command {
  const root = new Command("emulator").description("The emulated organization of Strongroom");
  const withOptions = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .option("--port <number>", "port on loopback, 0 for a free one", number(0, 65535))
      .option("--state <folder>", "keep everything here")
      .option("--members <number>", "number of member accounts", number(1, 20_000))
      .option("--json", "print one JSON document");
  withOptions("start", "start and seed it, until it is interrupted").action(
    async (options: CommonOptions) => {
      const emulator = await startEmulator(startOptions(options));
      printEmulator(emulator, options.json ?? false);
      await untilStopped(emulator);
    },
  );
  withOptions("seed", "seed a state folder and end").action(async (options: CommonOptions) => {
    const emulator = await startEmulator(startOptions(options));
    process.stdout.write(
      options.json
        ? `${JSON.stringify(emulator.seeded)}\n`
        : `${emulator.seeded?.seeded ? "Seeded" : "Nothing to do"}: ${emulator.seeded?.accounts ?? 0} accounts.\n`,
    );
    await emulator.stop();
  });
  withOptions("reset", "empty a state folder and seed it again").action(
    async (options: CommonOptions) => {
      const emulator = await startEmulator({ ...startOptions(options) });
      await emulator.reset();
      await emulator.stop();
      process.stdout.write(options.json ? '{"reset":true}\n' : "Reset.\n");
    },
  );
  root
    .command("fleet")
    .description("print the fleet file that fits the seeded organization")
    .action(async () => {
      process.stdout.write(demoFleet(describeOrganization(await readOrganizationFile())));
    });
  return root;
}

program()
  .parseAsync()
  .catch((thrown: unknown) => {
    const error = AppError.from(thrown);
    process.stderr.write(`${error.code}: ${error.message}\n`);
    for (const problem of error.problems) {
      process.stderr.write(
        `  ${problem.line ?? "?"}:${problem.column ?? "?"} ${problem.message}\n`,
      );
    }
    if (error.action !== undefined) process.stderr.write(`${error.action}\n`);
    process.exitCode = 1;
  });
