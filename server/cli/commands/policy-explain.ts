import { Command, Option } from "commander";
import { readFile } from "node:fs/promises";
import path from "node:path";

import {
  explainDocument,
  explainResources,
  KINDS,
  type ExplainedPolicy,
  type Explanation,
} from "../../../policies/explain";
import { jsonErrorAt } from "../../../policies/iam/json";
import type { PolicyKind } from "../../../policies/model/policies";
import { readResources } from "../../../policies/resource-file";
import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { CliFailure, EXIT } from "../failure";
import type { CliIo } from "../io";
import { table } from "../table";
import { clean, counted } from "../text";

interface ExplainOptions extends OutputOptions {
  readonly kind?: PolicyKind;
}

/** `policy explain`: what the judge makes of a policy document, or of all documents of a file of resources. */
export function policyExplainCommand(context: CliContext): Command {
  const command = new Command("explain")
    .description(
      "Show how a policy is judged: what it allows, which conditions restrict, who is let in, and what is wrong.\n" +
        "Ends with 0 where nothing mandatory is wrong, 1 where something is, 2 where the file cannot be read.",
    )
    .argument("<file>", "a policy document, or a list of resources; - reads standard input")
    .addOption(
      new Option("--kind <kind>", "what the document hangs on; guessed without it").choices(KINDS),
    );
  describe(command, [
    "strongroom policy explain policy.json",
    "strongroom policy explain trust.json --kind trust --json",
    "aws kms get-key-policy --key-id KEY --policy-name default --output text | strongroom policy explain - --kind key",
    "strongroom policy explain resources.json",
  ]);
  return command.action(
    context.ends(async (file: string, options: ExplainOptions) => {
      const { io } = context;
      const text = await read(io, file);
      const explanation = explain(file, text, options.kind);
      if (options.json === true) printJson(io, explanation);
      else io.out(rendered(io, explanation));
      return explanation.blocked ? EXIT.failed : EXIT.ok;
    }),
  );
}

async function read(io: CliIo, file: string): Promise<string> {
  try {
    const text =
      file === "-"
        ? await io.readInput()
        : await readFile(path.resolve(io.workingDirectory, file), "utf8");
    return text.replace(/^\uFEFF/, "");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new CliFailure(`${file} cannot be read (${code}).`, EXIT.usage, {
      action: "Name a file that exists, or - for standard input.",
    });
  }
}

function explain(file: string, text: string, kind: PolicyKind | undefined): Explanation {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // The parser's own message repeats part of the text, which can be a secret: only the place is told.
    throw new CliFailure(`${file} is not JSON.`, EXIT.usage, {
      problems: [{ message: "here the text stops being JSON", ...placeOf(text) }],
      action: "Give a policy document or a list of resources, as JSON.",
    });
  }
  if (Array.isArray(data)) {
    const { resources, problems } = readResources(data);
    if (problems.length > 0) {
      throw new CliFailure(`${counted(problems.length, "mistake")} in ${file}.`, EXIT.usage, {
        problems,
        action: 'Give each resource as {"type": …, "name": …, "props": {…}}.',
      });
    }
    return explainResources(resources);
  }
  if (typeof data !== "object" || data === null) {
    throw new CliFailure(`${file} is no policy document.`, EXIT.usage, {
      action: 'Give an object with "Statement", or a list of resources.',
    });
  }
  return explainDocument(text, kind);
}

function placeOf(text: string): { line: number; column: number } {
  const before = text.slice(0, jsonErrorAt(text)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function rendered(io: CliIo, { policies, findings, actionTable }: Explanation): string {
  const parts = policies.map((policy) => renderedPolicy(io, policy));
  if (findings.length > 0) {
    parts.push(
      table(
        ["verdict", "rule", "resource", "message"],
        findings.map(({ verdict, rule, resource, message }) => [verdict, rule, resource, message]),
      ),
    );
  }
  parts.push(
    `${counted(findings.length, "finding")}. Actions as AWS published them on ${actionTable}.`,
  );
  return `${parts.join("\n\n")}\n`;
}

/** Longer lists are cut: the whole is in `--json`. */
const SHOWN = 10;

function listed(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > SHOWN ? [`    and ${items.length - SHOWN} more`] : [];
  return [`  ${title}:`, ...items.slice(0, SHOWN).map((item) => `    ${clean(item)}`), ...more];
}

function renderedPolicy({ paint }: CliIo, policy: ExplainedPolicy): string {
  const lines = [paint.bold(clean(`${policy.resource} (${policy.kind} policy)`))];
  for (const { label, says, conditions, lets, unknownActions } of policy.statements) {
    lines.push(`  ${clean(`${label}: ${says}`)}`);
    for (const { operator, key, restricts, why } of conditions) {
      lines.push(
        `    ${clean(`if ${operator} ${key}: restricts ${restricts === "request" ? "the request" : restricts === "caller" ? "the caller" : "nothing"}, ${why}`)}`,
      );
    }
    for (const one of lets) lines.push(`    ${clean(`lets in ${one}`)}`);
    for (const name of unknownActions)
      lines.push(`    ${clean(`${name} is no action that AWS publishes`)}`);
  }
  lines.push(
    ...listed(
      "size",
      policy.sizes.map(({ of, size, most, counts, fits }) =>
        size === undefined
          ? `not known yet, of ${most} ${counts} for ${of}`
          : `${size} of ${most} ${counts} for ${of}${fits === false ? ": too long" : ""}`,
      ),
    ),
    ...listed("cannot be judged", policy.doubts),
    ...listed("taken away by a Deny", policy.deniedActions),
    ...listed("ways to more permissions", policy.escalations),
    `  ${counted(policy.allowedActions, "action")} allowed in the end.`,
  );
  return lines.join("\n");
}
