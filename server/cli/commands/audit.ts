import { Command } from "commander";

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

interface AuditOptions extends ServiceOptions {
  readonly limit: number;
  readonly run?: string;
}

/** `audit`: who did what and why; `audit verify` checks that nobody changed it. */
export function auditCommand(context: CliContext): Command {
  const group = withService(
    new Command("audit").description("Show who did what, when and why, newest first"),
  )
    .option("--limit <n>", "most entries", wholeNumber(1, 1000), 50)
    .option("--run <id>", "only about this run");
  describe(group, ["strongroom audit", "strongroom audit --run RUN", "strongroom audit verify"]);
  group.action(
    context.ends(async (options: AuditOptions) =>
      withClient(context, options, "approver", async ({ client }) => {
        const { io } = context;
        const found = await client.audit(options.limit, options.run);
        if (options.json === true) printJson(io, found);
        else {
          const rows = found.items.map((one) => [
            String(one.seq),
            one.at,
            one.subject,
            one.action,
            one.runId ?? "",
            one.reason ?? "",
          ]);
          io.out(`${table(["entry", "at", "who", "what", "run", "why"], rows)}\n`);
        }
        return EXIT.ok;
      }),
    ),
  );
  return group.addCommand(verifyCommand(context));
}

function verifyCommand(context: CliContext): Command {
  const command = withService(
    new Command("verify").description(
      "Check the chain of hashes of the audit log; ends with 1 when it is broken",
    ),
  );
  describe(command, ["strongroom audit verify", "strongroom audit verify --json | jq -r .head"]);
  return command.action(
    context.ends(async (_options: ServiceOptions, self: Command) => {
      // Options that the group knows too are kept there.
      const options: ServiceOptions = self.optsWithGlobals();
      return withClient(context, options, "approver", async ({ client }) => {
        const { io } = context;
        const verdict = await client.verifyAudit();
        const { intact, entries, head, problem } = verdict;
        if (options.json === true) printJson(io, verdict);
        else if (intact) io.out(`Intact: ${entries} entries, head ${head}.\n`);
        else {
          io.out(
            `Broken at entry ${problem?.seq ?? 0}: ${clean(problem?.message ?? "unknown")}.\n`,
          );
        }
        return intact ? EXIT.ok : EXIT.failed;
      });
    }),
  );
}
