import { Command } from "commander";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { evaluate, type Evaluation, type EvaluationLine } from "../../../policies/evaluate";
import { readResources, type ResourceFile } from "../../../policies/resource-file";
import type { Problem } from "../../../stacks/errors";
import {
  expiredMessage,
  idleMessage,
  isAbout,
  isExpired,
  stackOf,
  type Exemption,
} from "../../../stacks/exemptions";
import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { readExemptions, today } from "../exemptions";
import { CliFailure, EXIT } from "../failure";
import type { CliIo } from "../io";
import { table } from "../table";
import { counted } from "../text";

interface EvaluateOptions extends OutputOptions {
  readonly exemptions?: string;
  readonly notApplicable?: boolean;
}

/** `policy evaluate`: judges files of resources, each file as a stack of its own, without engine and service. */
export function policyEvaluateCommand(context: CliContext): Command {
  const command = new Command("evaluate")
    .description('Judge files of resources, [{"type", "name", "props"}], without an engine')
    .argument("<file...>", "JSON files, each one a stack of its own; - reads standard input")
    .option(
      "--exemptions <file>",
      "file of what is accepted, by whom and until when; expired and unused ones fail",
    )
    .option("--not-applicable", "also list the rules that found nothing to look at");
  describe(command, [
    "strongroom policy evaluate resources.json",
    "strongroom policy evaluate stacks/*.json --json",
    "strongroom policy evaluate resources.json --exemptions exemptions.yaml",
    "some-tool | strongroom policy evaluate - --json",
  ]);
  return command.action(
    context.ends(async (files: string[], options: EvaluateOptions) => {
      const { io } = context;
      const given = await readAll(io, files);
      const day = today(io);
      const exemptions = await readExemptions(io, options.exemptions);
      const judged: Judged[] = given.map(({ file, resources }) => ({
        file,
        ...evaluate(resources, {
          notApplicable: options.notApplicable === true,
          exemptions: exemptions.filter((one) => !isExpired(one, day)),
        }),
      }));
      const faults = faultsOf(exemptions, judged, given, day);
      if (faults.length > 0) {
        const file = options.exemptions ?? "";
        judged.push({ file, lines: faults, used: new Set(), blocked: true });
      }
      if (options.json === true) printJson(io, linesOf(judged));
      else io.out(rendered(io, judged));
      return judged.some(({ blocked }) => blocked) ? EXIT.failed : EXIT.ok;
    }),
  );
}

type Judged = Evaluation & { readonly file: string };

/** Exemptions that have expired, and those that speak of a stack that was judged and found nothing to excuse. */
function faultsOf(
  exemptions: readonly Exemption[],
  judged: readonly Evaluation[],
  given: readonly ResourceFile[],
  today: string,
): EvaluationLine[] {
  const stacks = given.flatMap(({ resources }) => resources.map(({ urn }) => stackOf(urn)));
  return exemptions.flatMap((exemption): EvaluationLine[] => {
    const fault = (message: string): EvaluationLine[] => [
      { rule: exemption.rule, resource: exemption.resource ?? "", verdict: "fail", message },
    ];
    if (isExpired(exemption, today)) return fault(expiredMessage(exemption));
    const idle = !judged.some(({ used }) => used.has(exemption)) && isAbout(exemption, stacks);
    return idle ? fault(idleMessage(exemption)) : [];
  });
}

/** All lines; with the file where there are several. */
function linesOf(judged: readonly Judged[]): readonly (EvaluationLine & { file?: string })[] {
  return judged.flatMap(({ file, lines }) =>
    judged.length === 1 ? lines : lines.map((line) => ({ ...line, file })),
  );
}

/** Reads every file before anything is judged, and tells of all mistakes at once. */
async function readAll(
  io: CliIo,
  files: readonly string[],
): Promise<(ResourceFile & { file: string })[]> {
  const problems: Problem[] = [];
  const read: (ResourceFile & { file: string })[] = [];
  for (const file of files) {
    const content = await readOne(io, file);
    const found = content.problems.map(({ pointer, message }) => ({
      pointer: files.length === 1 ? pointer : `${file}${pointer === "" ? "" : `#${pointer}`}`,
      message: pointer === "" ? `${file} ${message}` : message,
    }));
    problems.push(...found);
    read.push({ file, ...content });
  }
  if (problems.length > 0) {
    throw new CliFailure(
      `${counted(problems.length, "mistake")} in what should be judged.`,
      EXIT.usage,
      {
        problems,
        action: 'Give each file a JSON list of resources: [{"type": …, "name": …, "props": {…}}].',
      },
    );
  }
  return read;
}

async function readOne(io: CliIo, file: string): Promise<ResourceFile> {
  const failed = (message: string): ResourceFile => ({
    resources: [],
    problems: [{ pointer: "", message }],
  });
  let text: string;
  try {
    text =
      file === "-"
        ? await io.readInput()
        : await readFile(path.resolve(io.workingDirectory, file), "utf8");
  } catch (error) {
    return failed(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`);
  }
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The parser's own message repeats part of the text, which can be a secret.
    return failed("is not JSON");
  }
  return readResources(data);
}

/** What is wrong as people read it: one row for each finding, then how many there are of each verdict. */
function rendered(io: CliIo, judged: readonly Judged[]): string {
  const { red, yellow, bold } = io.paint;
  const colours: Partial<Record<EvaluationLine["verdict"], (text: string) => string>> = {
    fail: red,
    undetermined: yellow,
    exempt: yellow,
  };
  const parts = judged.flatMap(({ file, lines }) => {
    const found = lines.filter(({ verdict }) => verdict !== "pass");
    if (found.length === 0) return [];
    const rows = found.map(({ rule, resource, verdict, message }) => [
      { painted: colours[verdict]?.(verdict) ?? verdict },
      rule,
      resource,
      message,
    ]);
    return [`${bold(file)}\n${table(["verdict", "rule", "resource", "message"], rows)}`];
  });
  const count = (wanted: EvaluationLine["verdict"]): number =>
    judged.flatMap(({ lines }) => lines).filter(({ verdict }) => verdict === wanted).length;
  const exempt = count("exempt") === 0 ? "" : `, ${count("exempt")} exempt`;
  parts.push(
    `${counted(judged.length, "file")}: ${count("pass")} passed, ${count("fail")} failed, ${count("undetermined")} undetermined${exempt}.`,
  );
  return `${parts.join("\n\n")}\n`;
}
