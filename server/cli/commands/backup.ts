import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `backup`: looks at every secret in scope and keeps what is not kept yet. */
export function backupCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "backup",
      summary: "Back up what is not kept yet: lists every secret in scope and compares",
      examples: [
        "strongroom backup",
        "strongroom backup --account 111122223333",
        "strongroom backup --ou workloads/prod --json",
      ],
    },
    context,
  );
}
