import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `rotate`: renews enrolled secrets now, with all that is done around it on a schedule. */
export function rotateCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "rotate",
      summary: "Renew enrolled secrets now: keep, rotate, ask the consumer, keep again",
      examples: [
        'strongroom rotate --name app/prod/db --account 111122223333 --reason "leaked, INC-4711"',
        'strongroom rotate --name "app/*-key" --ou workloads/dev --reason "OPS-90" --json',
      ],
      options: (command) =>
        command
          .requiredOption("--name <pattern>", "a secret's name, or a pattern with * and ?")
          .requiredOption("--reason <text>", "why; kept in the audit log")
          .option("--region <region>", "only secrets of this Region"),
      parts: ({ name, region, reason }) => ({
        reason: String(reason),
        rotate: {
          name: String(name),
          ...(typeof region === "string" ? { region } : {}),
        },
      }),
    },
    context,
  );
}
