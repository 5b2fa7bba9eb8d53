import { Command } from "commander";

import { EVENT_TYPES, type EventType, type WebhookWithSecret } from "../../webhook-ports";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  usage,
  withClient,
  withService,
} from "../context";
import { EXIT, type ExitCode } from "../failure";
import { table } from "../table";
import { clean, counted } from "../text";
import { wholeNumber } from "../whole-number";

interface AddOptions extends ServiceOptions {
  readonly event?: readonly string[];
  readonly description?: string;
}
interface RotateOptions extends ServiceOptions {
  readonly oldValid?: number;
}
interface DeliveriesOptions extends ServiceOptions {
  readonly limit: number;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** The short name of an event for people: `run.finished`. */
const shortOf = (type: string): string => type.replace(/^strongroom\./, "");

/** Reads names of events, with or without `strongroom.` before them. */
function eventsOf(names: readonly string[] | undefined): EventType[] | undefined {
  return names?.map((name) => {
    const found = EVENT_TYPES.find((type) => type === name || shortOf(type) === name);
    if (found !== undefined) return found;
    throw usage(
      `${JSON.stringify(name)} is not an event.`,
      `Events: ${EVENT_TYPES.map(shortOf).join(", ")}.`,
    );
  });
}

function printSecret(
  context: CliContext,
  options: ServiceOptions,
  made: WebhookWithSecret,
): ExitCode {
  const { io } = context;
  if (options.json === true) printJson(io, made);
  else {
    io.out(`${made.id}  ${clean(made.url)}\n${made.secret}\n`);
    io.err("The secret is not shown again: give it to the receiver now.\n");
  }
  return EXIT.ok;
}

/** `webhooks`: who is told what happens, and whether it arrived. */
export function webhooksCommand(context: CliContext): Command {
  const command = withService(
    new Command("webhooks").description("List the addresses that are told what happens"),
  );
  describe(command, [
    "strongroom webhooks",
    "strongroom webhooks add https://vending.example.com/strongroom --event account.ready --event account.failed",
    "strongroom webhooks deliveries wh-0123456789abcdef",
  ]);
  command.addCommand(addCommand(context));
  command.addCommand(rotateCommand(context));
  command.addCommand(removeCommand(context));
  command.addCommand(deliveriesCommand(context));
  return command.action(
    context.ends(async (options: ServiceOptions) =>
      withClient(context, options, "operator", async ({ client }) => {
        const { io } = context;
        const { items } = await client.webhooks();
        if (options.json === true) {
          printJson(io, { items });
          return EXIT.ok;
        }
        const rows = items.map(({ id, url, events, secrets, disabled }) => [
          id,
          url,
          events?.map(shortOf).join(", ") ?? "all",
          disabled === undefined ? counted(secrets.length, "secret") : `off: ${disabled.reason}`,
        ]);
        io.out(`${table(["webhook", "address", "events", "state"], rows)}\n`);
        return EXIT.ok;
      }),
    ),
  );
}

function addCommand(context: CliContext): Command {
  const command = withService(
    new Command("add")
      .description("Have an address told what happens; prints the secret once")
      .argument("<url>", "https://…")
      .option("--event <name>", "tell it of this alone (repeatable); else of everything", collect)
      .option("--description <text>", "what it is for"),
  );
  describe(command, [
    "strongroom webhooks add https://alarms.example.com/hook --event drift.found --event run.needs_attention",
  ]);
  return command.action(
    context.ends(async (url: string, _options: unknown, self: Command) => {
      const options: AddOptions = self.optsWithGlobals();
      const events = eventsOf(options.event);
      return withClient(context, options, "admin", async ({ client }) =>
        printSecret(
          context,
          options,
          await client.addWebhook({
            url,
            ...(events === undefined ? {} : { events }),
            ...(options.description === undefined ? {} : { description: options.description }),
          }),
        ),
      );
    }),
  );
}

function rotateCommand(context: CliContext): Command {
  const command = withService(
    new Command("rotate")
      .description("Make a new secret; the old one signs too for a while")
      .argument("<webhook>", "its id")
      .option(
        "--old-valid <seconds>",
        "how long (default: a day; 0: it leaked)",
        wholeNumber(0, 2_592_000),
      ),
  );
  describe(command, ["strongroom webhooks rotate wh-0123456789abcdef --old-valid 3600"]);
  return command.action(
    context.ends(async (id: string, _options: unknown, self: Command) => {
      const options: RotateOptions = self.optsWithGlobals();
      return withClient(context, options, "admin", async ({ client }) =>
        printSecret(context, options, await client.rotateWebhook(id, options.oldValid)),
      );
    }),
  );
}

function removeCommand(context: CliContext): Command {
  const command = withService(
    new Command("remove")
      .description("Tell an address nothing any more")
      .argument("<webhook>", "its id"),
  );
  describe(command, ["strongroom webhooks remove wh-0123456789abcdef"]);
  return command.action(
    context.ends(async (id: string, _options: unknown, self: Command) => {
      const options: ServiceOptions = self.optsWithGlobals();
      return withClient(context, options, "admin", async ({ client }) => {
        await client.removeWebhook(id);
        if (options.json === true) printJson(context.io, { id });
        else context.io.out(`${clean(id)} is removed.\n`);
        return EXIT.ok;
      });
    }),
  );
}

function deliveriesCommand(context: CliContext): Command {
  const command = withService(
    new Command("deliveries")
      .description("List what was sent to an address, newest first, and what was given up")
      .argument("<webhook>", "its id")
      .option("--limit <number>", "how many, at most 200", wholeNumber(1, 200), 20),
  );
  describe(command, [
    "strongroom webhooks deliveries wh-0123456789abcdef",
    "strongroom webhooks deliveries wh-0123456789abcdef --json | jq '.items[] | select(.status == \"dead\")'",
  ]);
  return command.action(
    context.ends(async (id: string, _options: unknown, self: Command) => {
      const options: DeliveriesOptions = self.optsWithGlobals();
      return withClient(context, options, "operator", async ({ client }) => {
        const { io } = context;
        const page = await client.deliveries(id, options.limit);
        if (options.json === true) {
          printJson(io, page);
          return EXIT.ok;
        }
        const rows = page.items.map((item) => [
          item.eventId,
          shortOf(item.type),
          item.subject,
          { painted: paintOf(context, item.status) },
          String(item.attempts),
          item.error ?? "",
        ]);
        io.out(`${table(["event", "what", "about", "state", "tries", "last problem"], rows)}\n`);
        return EXIT.ok;
      });
    }),
  );
}

function paintOf({ io: { paint } }: CliContext, status: string): string {
  if (status === "delivered") return paint.green(status);
  return status === "dead" ? paint.red(status) : paint.dim(status);
}
