import { Command } from "commander";
import path from "node:path";

import type { Affected } from "../../../stacks/affected";
import type { RunTarget } from "../../../stacks/target";
import { buildReport } from "../../report/build";
import type { RunRecord, RunRequest } from "../../runs-ports";
import type { ServiceClient } from "../client";
import { type CliContext, describe, printJson, usage, withClient, withService } from "../context";
import { EXIT, type ExitCode } from "../failure";
import { publishReport, type ReportOptions, wantsReport, withReport } from "../publish-report";
import { changesSince } from "../repository";
import { targetOf, withTarget } from "../target";
import { clean, counted } from "../text";
import { type RunOptions, runAndShow, withRun } from "./run";

interface PreviewOptions extends RunOptions, ReportOptions {
  readonly changedFrom?: string;
}

/** `preview`: what `up` would change, with the policy packs on; for a pull request, of what it can affect. */
export function previewCommand(context: CliContext): Command {
  const command = new Command("preview").description(
    "Show what `up` would change; changes nothing",
  );
  withService(withTarget(command))
    .option("--refresh", "read the real state of every resource before comparing")
    .option("--force", "look at stamps too that nothing has changed for")
    .option("--exit-code", `end with ${EXIT.changes} when there are changes`)
    .option(
      "--changed-from <ref>",
      "only stamps that the changes between this commit and the working tree can affect",
    );
  withRun(withReport(command));
  describe(command, [
    "strongroom preview",
    "strongroom preview member-111122223333",
    "strongroom preview --ou workloads/prod --exit-code",
    "strongroom preview --json | jq .summary.changed",
    "strongroom preview --changed-from origin/main --report-markdown preview.md --report-sarif preview.sarif",
  ]);
  return command.action(
    context.ends((stamps: string[], options: PreviewOptions) => {
      if (options.detach === true && wantsReport(options)) {
        throw usage(
          "A report needs the end of the run.",
          "Leave --detach out, or ask later with `strongroom report preview RUN`.",
        );
      }
      return withClient(context, options, "operator", async (connected) => {
        const { client } = connected;
        const asked = targetOf(stamps, options);
        const narrowed = await narrow(context, client, asked, options);
        if (narrowed === undefined) return nothingAffected(context, options);
        const request: RunRequest = {
          operation: "preview",
          target: narrowed,
          ...(options.refresh === true ? { refresh: true } : {}),
          ...(options.force === true ? { force: true } : {}),
        };
        return runAndShow(context, connected, request, options, async ({ id }) => {
          if (!wantsReport(options)) return;
          await publishReport(
            context,
            await client.report(id),
            options,
            folderOf(context, options),
          );
        });
      });
    }),
  );
}

/** The target without stamps that the change cannot affect; undefined where none is left. */
async function narrow(
  { io }: CliContext,
  client: ServiceClient,
  target: RunTarget,
  options: PreviewOptions,
): Promise<RunTarget | undefined> {
  if (options.changedFrom === undefined) return target;
  const change = await changesSince(
    options.changedFrom,
    fleetFileOf({ io }, options),
    io.workingDirectory,
  );
  const affected = await client.affected(change);
  if (options.json !== true) io.err(`${affectedText(affected)}\n`);
  const names = affected.stamps.map(({ stamp }) => stamp);
  const wanted = target.stamps;
  const stamps = wanted === undefined ? names : names.filter((name) => wanted.includes(name));
  return stamps.length === 0 ? undefined : { ...target, stamps };
}

function affectedText({ stamps, leaving, unaffected }: Affected): string {
  const reasons = new Map<string, number>();
  for (const { because } of stamps) reasons.set(because, (reasons.get(because) ?? 0) + 1);
  return [
    `The change can affect ${stamps.length} of ${counted(stamps.length + unaffected, "stamp")}.`,
    ...[...reasons].map(([because, count]) => `  ${count}: ${clean(because)}`),
    ...(leaving.length === 0
      ? []
      : [`  No longer asked for, and left as they are: ${leaving.join(", ")}`]),
  ].join("\n");
}

async function nothingAffected(context: CliContext, options: PreviewOptions): Promise<ExitCode> {
  const { io } = context;
  const run: RunRecord = {
    id: "none",
    operation: "preview",
    target: {},
    status: "succeeded",
    requestedBy: "",
    createdAt: new Date(io.now()).toISOString(),
    cancelRequested: false,
    stamps: [],
    accounts: [],
  };
  const report = buildReport(run, {
    accounts: [],
    placeOf: () => ({ file: "fleet.yaml", line: 1 }),
  });
  await publishReport(context, report, options, folderOf(context, options));
  if (options.json === true) printJson(io, run);
  else io.out("No stamp is affected: nothing to preview.\n");
  return EXIT.ok;
}

const fleetFileOf = ({ io }: Pick<CliContext, "io">, options: PreviewOptions): string =>
  options.fleet ?? (io.environment["STRONGROOM_FLEET"] || "fleet.yaml");

/** The folder of the fleet file, as the named files of a report are below it; empty where it is not below this one. */
function folderOf(context: CliContext, options: PreviewOptions): string {
  const folder = path.dirname(path.normalize(fleetFileOf(context, options)));
  return folder === "." || folder.startsWith("..") || path.isAbsolute(folder)
    ? ""
    : `${folder.split(path.sep).join("/")}/`;
}
