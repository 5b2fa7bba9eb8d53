import type { Command } from "commander";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { GitHubRefusal } from "../github/client";
import { gitHubContext, NoGitHub } from "../github/context";
import { publish } from "../github/publish";
import { renderMarkdown } from "../report/markdown";
import type { PreviewReport } from "../report/model";
import { renderSarif } from "../report/sarif";
import type { CliContext } from "./context";
import { CliFailure, EXIT } from "./failure";

/** Where a report goes beside the terminal. */
export interface ReportOptions {
  readonly reportJson?: string;
  readonly reportMarkdown?: string;
  readonly reportSarif?: string;
  readonly github?: boolean;
}

/** Options of every command that has a report. */
export function withReport(command: Command): Command {
  return command
    .option("--report-json <file>", "write the report as JSON")
    .option("--report-markdown <file>", "write the report as a comment of a pull request")
    .option("--report-sarif <file>", "write the findings as SARIF 2.1.0")
    .option(
      "--github",
      "keep the comment of the pull request up to date and make a check (GITHUB_TOKEN)",
    );
}

export function wantsReport(options: ReportOptions): boolean {
  const { reportJson, reportMarkdown, reportSarif, github } = options;
  return (
    [reportJson, reportMarkdown, reportSarif].some((file) => file !== undefined) || github === true
  );
}

/**
 * Writes the files and tells GitHub, in this order: a file is there even where GitHub is not. `folder` is the folder of
 * the repository in which the fleet file is.
 */
export async function publishReport(
  { io, parts }: CliContext,
  report: PreviewReport,
  options: ReportOptions,
  folder = "",
): Promise<void> {
  const files: readonly (readonly [string | undefined, () => string])[] = [
    [options.reportJson, () => `${JSON.stringify(report, null, 2)}\n`],
    [options.reportMarkdown, () => renderMarkdown(report)],
    [
      options.reportSarif,
      () => `${JSON.stringify(renderSarif(report, { version: parts.version, folder }), null, 2)}\n`,
    ],
  ];
  for (const [file, content] of files) {
    if (file === undefined) continue;
    try {
      await writeFile(path.resolve(io.workingDirectory, file), content());
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new CliFailure(`${file} cannot be written (${code ?? "unknown"}).`, EXIT.usage, {
        cause,
      });
    }
  }
  if (options.github === true) await toGitHub(io, report, folder);
}

async function toGitHub(
  io: CliContext["io"],
  report: PreviewReport,
  folder: string,
): Promise<void> {
  try {
    const context = await gitHubContext(io.environment);
    const { comment, check } = await publish(report, {
      context,
      folder,
      sleep: (milliseconds) => io.sleep(milliseconds),
      now: io.now,
    });
    if (comment === "read-only" || check === "read-only") {
      io.err(
        "The token may not write, as in pull requests of forks: GitHub shows nothing, the files and the exit code say the same.\n",
      );
    }
  } catch (error) {
    if (error instanceof NoGitHub) {
      throw new CliFailure(`--github: ${error.message}.`, EXIT.usage, {
        action: "Run it in a workflow, or set GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_SHA.",
      });
    }
    if (!(error instanceof GitHubRefusal)) throw error;
    throw new CliFailure(error.message, EXIT.unreachable, {
      action: "The workflow needs the permissions pull-requests: write and checks: write.",
    });
  }
}
