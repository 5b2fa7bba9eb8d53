import { Command } from "commander";

import { isOver, type Onboarding } from "../../onboarding-ports";
import type { ServiceClient } from "../client";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT, type ExitCode } from "../failure";
import type { CliIo } from "../io";
import { checkAccountId } from "../target";
import { clean } from "../text";

interface OnboardOptions extends ServiceOptions {
  readonly wait?: boolean;
  readonly webhook?: string;
  readonly reason?: string;
  readonly key?: string;
}

/** Time between two looks, milliseconds. */
const LOOK_MS = 2000;

/** `onboard`: brings an account into the fleet, from the moment it is made to its first backup. */
export function onboardCommand(context: CliContext): Command {
  const command = withService(
    new Command("onboard")
      .description("Bring an account into the fleet: wait for it, stamp it, keep its secrets")
      .argument("<account>", "account id, 12 digits; AWS need not list it yet"),
  )
    .option("--wait", "wait until it is ready, and end with 1 if it does not get so")
    .option("--webhook <id>", "a webhook that is told of the end")
    .option("--reason <text>", "why; kept in the audit log")
    .option("--key <key>", "idempotency key: the same key and account never start a second one");
  describe(command, [
    "strongroom onboard 111122223333 --wait",
    "strongroom onboard 111122223333 --webhook wh-0123456789abcdef --key vend-4711",
    "strongroom onboard 111122223333 --wait --json | jq '.result.stamps[].outputs'",
  ]);
  return command.action(
    context.ends(async (account: string, options: OnboardOptions) => {
      checkAccountId("<account>", account);
      return withClient(context, options, "operator", async ({ client, embedded }) => {
        const { io } = context;
        const { webhook, reason, key } = options;
        const started = await client.onboard(
          {
            accountId: account,
            ...(webhook === undefined ? {} : { webhook }),
            ...(reason === undefined ? {} : { reason }),
          },
          key,
        );
        // A service that ends with this command would leave it lying.
        const waits = options.wait === true || embedded;
        const quiet = options.json === true;
        const seen = waits ? await untilOver(io, client, started, quiet) : started;
        if (quiet) printJson(io, seen);
        else io.out(rendered(seen));
        return exitOf(seen, waits);
      });
    }),
  );
}

async function untilOver(
  io: CliIo,
  client: ServiceClient,
  started: Onboarding,
  quiet: boolean,
): Promise<Onboarding> {
  let told = "";
  for (let seen = started; ; seen = await client.onboarding(started.id)) {
    const line = progress(seen);
    if (line !== told && !quiet) io.err(`${line}\n`);
    told = line;
    if (isOver(seen)) return seen;
    await io.sleep(LOOK_MS);
  }
}

const words = (state: string): string => state.replaceAll("_", " ");

function progress({ accountId, state, note }: Onboarding): string {
  const why = note === undefined ? "" : `: ${clean(note.message)}`;
  return `${accountId} ${words(state)}${why}`;
}

function rendered(onboarding: Onboarding): string {
  const { id, upRun, backupRun, note, result } = onboarding;
  const lines = [`${id}  ${progress(onboarding)}`];
  if (upRun !== undefined) lines.push(`  stamped by ${upRun}`);
  if (backupRun !== undefined) lines.push(`  backed up by ${backupRun}`);
  if (result !== undefined) {
    const { secrets, covered } = result.coverage;
    lines.push(`  ${covered} of ${secrets} secrets are kept`);
    lines.push(`  ${result.stamps.map(({ stamp }) => stamp).join(", ")}`);
  }
  if (note?.action !== undefined) lines.push(`  → ${clean(note.action)}`);
  return `${lines.join("\n")}\n`;
}

function exitOf(onboarding: Onboarding, waited: boolean): ExitCode {
  if (!waited || onboarding.state === "ready") return EXIT.ok;
  return EXIT.failed;
}
