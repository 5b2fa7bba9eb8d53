import { type Command, InvalidArgumentError } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

function whole(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("Give a whole number above 0.");
}

/** Which option stands for which part of the request. */
const PARTS = {
  sample: "samplePerAccount",
  wholeAccount: "wholeAccount",
  rto: "rtoSeconds",
  rpo: "rpoSeconds",
} as const;

/** `drill`: restores a sample into a name space of its own, compares, measures and cleans up. */
export function drillCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "drill",
      summary: "Rehearse the restore: restore a sample apart, compare it, measure, clean up",
      examples: [
        'strongroom drill --reason "monthly rehearsal"',
        'strongroom drill --account 111122223333 --sample 5 --whole-account 111122223333 --reason "OPS-812"',
      ],
      options: (command) =>
        command
          .requiredOption("--reason <text>", "why; kept in the audit log")
          .option("--sample <n>", "secrets of each account that are restored", whole)
          .option("--whole-account <id>", "this account as a whole, from the recovery Region")
          .option("--rto <seconds>", "longest recovery time that passes", whole)
          .option("--rpo <seconds>", "longest recovery point that passes", whole),
      parts: (options) => ({
        reason: String(options["reason"]),
        drill: Object.fromEntries(
          Object.entries(PARTS).flatMap(([option, part]) =>
            options[option] === undefined ? [] : [[part, options[option]]],
          ),
        ),
      }),
    },
    context,
  );
}
