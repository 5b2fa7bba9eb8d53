import { Command } from "commander";

import { renderMarkdown } from "../../report/markdown";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { publishReport, type ReportOptions, withReport } from "../publish-report";

/** `report preview`: the report of a preview that was made, again or elsewhere. */
export function reportPreviewCommand(context: CliContext): Command {
  const command = withReport(
    withService(
      new Command("preview")
        .description("Show the report of a preview, a drift or a check; write it, or tell GitHub")
        .argument("<run>", "id of the run"),
    ),
  );
  describe(command, [
    "strongroom report preview RUN",
    "strongroom report preview RUN --json | jq .totals",
    "strongroom report preview RUN --report-sarif preview.sarif --github",
  ]);
  return command.action(
    context.ends((id: string, _own: unknown, self: Command) => {
      // The group has some of the same options, and takes them wherever they stand.
      const options: ServiceOptions & ReportOptions = self.optsWithGlobals();
      return withClient(context, options, "viewer", async ({ client }) => {
        const report = await client.report(id);
        if (options.json === true) printJson(context.io, report);
        else context.io.out(renderMarkdown(report));
        await publishReport(context, report, options);
        return EXIT.ok;
      });
    }),
  );
}
