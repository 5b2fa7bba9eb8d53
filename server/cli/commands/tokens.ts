import { Command, Option } from "commander";

import { type Role, ROLES } from "../../auth/roles";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { table } from "../table";
import { clean } from "../text";
import { wholeNumber } from "../whole-number";

interface CreateOptions extends ServiceOptions {
  readonly role: Role;
  readonly ou?: readonly string[];
  readonly expiresInDays?: number;
}

/** `tokens`: who may call the services; `tokens create` and `tokens revoke` change it, at all services at once. */
export function tokensCommand(context: CliContext): Command {
  const group = withService(
    new Command("tokens").description("Show the tokens that the services believe (role admin)"),
  );
  describe(group, [
    "strongroom tokens",
    "strongroom tokens create ann --role approver --expires-in-days 90",
    "strongroom tokens revoke tok-0123456789abcdef",
  ]);
  group.action(
    context.ends(async (options: ServiceOptions) =>
      withClient(context, options, "admin", async ({ client }) => {
        const { io } = context;
        const found = await client.tokens();
        if (options.json === true) printJson(io, found);
        else {
          const rows = found.items.map((one) => [
            one.id,
            one.subject,
            one.role,
            one.organizationalUnits?.join(", ") ?? "all",
            one.createdAt.slice(0, 10),
            one.createdBy,
            stateOf(one, io.now()),
          ]);
          const heads = ["token", "subject", "role", "units", "made", "by", "state"];
          io.out(`${table(heads, rows)}\n`);
        }
        return EXIT.ok;
      }),
    ),
  );
  return group.addCommand(createCommand(context)).addCommand(revokeCommand(context));
}

function stateOf(
  { expiresAt, revokedAt }: { readonly expiresAt?: string; readonly revokedAt?: string },
  now: number,
): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt.slice(0, 10)}`;
  if (expiresAt === undefined) return "good";
  const day = expiresAt.slice(0, 10);
  return Date.parse(expiresAt) > now ? `good until ${day}` : `over since ${day}`;
}

function createCommand(context: CliContext): Command {
  const command = withService(
    new Command("create")
      .description("Make a token and print it, this once (role admin)")
      .argument("<name>", "who gets it; a person with two tokens has one name")
      .addOption(
        new Option("--role <role>", "what it may do").choices([...ROLES]).makeOptionMandatory(),
      )
      .option("--ou <paths...>", "only accounts below these organizational units (workloads/prod)")
      .option("--expires-in-days <days>", "when it ends by itself", wholeNumber(1, 3650)),
  );
  describe(command, [
    "strongroom tokens create ann --role approver > ann-token",
    "strongroom tokens create team-a --role operator --ou workloads/team-a --expires-in-days 90",
    "strongroom tokens create ci --role operator --json | jq -r .token",
  ]);
  return command.action(
    context.ends(async (name: string, _options: CreateOptions, self: Command) => {
      // Options that the group knows too are kept there.
      const options: CreateOptions = self.optsWithGlobals();
      return withClient(context, options, "admin", async ({ client }) => {
        const { io } = context;
        const made = await client.createToken({
          name,
          role: options.role,
          ...(options.ou === undefined ? {} : { organizationalUnits: options.ou }),
          ...(options.expiresInDays === undefined ? {} : { expiresInDays: options.expiresInDays }),
        });
        if (options.json === true) printJson(io, made);
        else {
          io.err(`${made.id} of ${clean(made.subject)}; it cannot be shown again.\n`);
          io.out(`${made.token}\n`);
        }
        return EXIT.ok;
      });
    }),
  );
}

function revokeCommand(context: CliContext): Command {
  const command = withService(
    new Command("revoke")
      .description("Revoke a token: no service believes it any more (role admin)")
      .argument("<id>", "its id, as `strongroom tokens` shows it"),
  );
  describe(command, ["strongroom tokens revoke tok-0123456789abcdef"]);
  return command.action(
    context.ends(async (id: string, _options: ServiceOptions, self: Command) => {
      const options: ServiceOptions = self.optsWithGlobals();
      return withClient(context, options, "admin", async ({ client }) => {
        const { io } = context;
        const revoked = await client.revokeToken(id);
        if (options.json === true) printJson(io, revoked);
        else io.out(`${revoked.id} of ${clean(revoked.subject)} is revoked.\n`);
        return EXIT.ok;
      });
    }),
  );
}
