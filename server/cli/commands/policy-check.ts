import { Command } from "commander";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { judgeDeployed, type DeployedJudgement } from "../../../policies/deployed";
import { readStateFile } from "../../../policies/state-file";
import { isAbout, stackOf } from "../../../stacks/exemptions";
import { readExemptions, today } from "../exemptions";
import type { ExitCode } from "../failure";
import { type CliContext, describe, printJson, usage, withService } from "../context";
import { CliFailure, EXIT } from "../failure";
import type { CliIo } from "../io";
import { verdictsText } from "../run-state";
import { table } from "../table";
import { counted } from "../text";
import { targetOf, withTarget } from "../target";
import { type RunOptions, startAndShow, withRun } from "./run";

interface CheckOptions extends RunOptions {
  readonly deployed?: boolean;
  readonly state?: string;
  readonly exemptions?: string;
}

/** `policy check`: judges what is deployed, as the service's backend knows it or as a file holds it. */
export function policyCheckCommand(context: CliContext): Command {
  const command = withRun(
    withService(
      withTarget(
        new Command("check").description(
          "Judge what is deployed by the rules: the states of stacks, whoever deployed them",
        ),
      ),
    ),
  )
    .option("--deployed", "judge the states that the service's backend keeps")
    .option(
      "--state <file>",
      "judge one state, as `pulumi stack export` prints it, without a service; - reads standard input",
    )
    .option("--exemptions <file>", "with --state: what is accepted, by whom and until when");
  describe(command, [
    "strongroom policy check --deployed",
    "strongroom policy check --deployed member-111122223333 --json",
    "pulumi stack export --stack member-111122223333 | strongroom policy check --deployed --state -",
    "strongroom policy check --deployed --state state.json --exemptions exemptions.yaml",
  ]);
  return command.action(
    context.ends(async (stamps: string[], options: CheckOptions) => {
      if (options.state !== undefined) {
        if (stamps.length > 0) throw usage("--state is about one file, not about stamps.");
        return checkFile(context.io, options.state, options);
      }
      if (options.exemptions !== undefined) {
        throw usage(
          "--exemptions is about a state in a file: the service has a file of its own.",
          "Set STRONGROOM_EXEMPTIONS for it.",
        );
      }
      if (options.deployed !== true) {
        throw usage(
          "What is to be judged?",
          "Give --deployed for what the service deployed, or --state for a file.",
        );
      }
      return startAndShow(
        context,
        { operation: "check", target: targetOf(stamps, options) },
        options,
      );
    }),
  );
}

async function checkFile(
  io: CliIo,
  file: string,
  { json, exemptions }: CheckOptions,
): Promise<ExitCode> {
  const { resources, problems } = readStateFile(await readJson(io, file));
  if (problems.length > 0) {
    throw new CliFailure(`${file} is not a state that can be judged.`, EXIT.usage, {
      problems,
      action: "Give a file that `pulumi stack export` wrote.",
    });
  }
  const stack = stackOf(resources[0]?.urn ?? "");
  const excusing = await readExemptions(io, exemptions);
  const judged = judgeDeployed(resources, {
    stack,
    exemptions: excusing.filter((one) => isAbout(one, [stack])),
    today: today(io),
  });
  if (json === true) printJson(io, { resources: resources.length, ...judged });
  else io.out(rendered(io, resources.length, judged));
  return judged.failed ? EXIT.failed : EXIT.ok;
}

async function readJson(io: CliIo, file: string): Promise<unknown> {
  let text: string;
  try {
    text =
      file === "-"
        ? await io.readInput()
        : await readFile(path.resolve(io.workingDirectory, file), "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliFailure(`${file} cannot be read (${code ?? "unknown"}).`, EXIT.usage, { cause });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The parser's own message repeats part of the text, which can be a secret.
    throw new CliFailure(`${file} is not JSON.`, EXIT.usage);
  }
}

function rendered(
  { paint }: CliIo,
  resources: number,
  { counts, findings }: DeployedJudgement,
): string {
  const rows = findings.map(({ verdict, level, rule, urn, message }) => [
    { painted: level === "mandatory" ? paint.red(verdict) : paint.yellow(verdict) },
    level,
    rule,
    urn === "" ? "" : urn.slice(urn.lastIndexOf("::") + 2),
    message,
  ]);
  const found =
    rows.length === 0 ? [] : [table(["verdict", "level", "rule", "resource", "message"], rows)];
  return `${[...found, `${counted(resources, "resource")}: ${verdictsText(counts)}.`].join("\n\n")}\n`;
}
