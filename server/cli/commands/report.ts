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
import { reportPreviewCommand } from "./report-preview";
import { clean, counted } from "../text";

/** `report`: the last drills, or the whole report of one; `report preview` is about previews. */
export function reportCommand(context: CliContext): Command {
  const command = withService(
    new Command("report")
      .description("Show the last drills with their times, or the whole report of one")
      .argument("[drill]", "a drill's id"),
  );
  describe(command, ["strongroom report", "strongroom report DRILL", "strongroom report --json"]);
  command.addCommand(reportPreviewCommand(context));
  return command.action(
    context.ends(async (id: string | undefined, options: ServiceOptions) =>
      withClient(context, options, "viewer", async ({ client }) => {
        const { io } = context;
        if (id === undefined) {
          const { items } = await client.drills(20);
          if (options.json === true) printJson(io, { items });
          else if (items.length === 0) io.out("No drill yet: `strongroom drill --reason …`.\n");
          else {
            const rows = items.map((one) => [
              one.drillId,
              one.startedAt,
              one.passed ? "passed" : "failed",
              String(one.restored),
              `${one.rtoSeconds} of ${one.targets.rtoSeconds}`,
              `${one.rpoSeconds} of ${one.targets.rpoSeconds}`,
            ]);
            io.out(
              `${table(["drill", "started", "result", "restored", "recovery time s", "recovery point s"], rows)}\n`,
            );
          }
          return EXIT.ok;
        }
        const report = await client.drill(id);
        if (options.json === true) printJson(io, report);
        else {
          const rows = report.accounts.map((one) => [
            one.accountId,
            one.from,
            `${one.equal}/${one.restored}`,
            one.seconds.toFixed(1),
            one.problems.join(" "),
          ]);
          const refused = report.refusals.filter(({ refused: was }) => was).length;
          io.out(
            [
              `Drill ${clean(report.drillId)} ${report.passed ? "passed" : "failed"}, started ${report.startedAt}`,
              `recovery time ${report.rtoSeconds} s (target ${report.targets.rtoSeconds}), recovery point ${report.rpoSeconds} s (target ${report.targets.rpoSeconds})`,
              `${refused} of ${counted(report.refusals.length, "forbidden call")} refused`,
              ...report.problems.map(clean),
              "",
              table(["account", "from", "equal", "seconds", "problems"], rows),
              "",
            ].join("\n"),
          );
        }
        return report.passed ? EXIT.ok : EXIT.failed;
      }),
    ),
  );
}
