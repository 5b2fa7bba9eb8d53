import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `retire`: takes stamps down; keys and backups stay. */
export function retireCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "retire",
      summary:
        "Take stamps down; each must be confirmed by name. Keys and backups stay in the account",
      examples: [
        "strongroom retire member-111122223333 --confirm member-111122223333",
        "strongroom retire --account 111122223333 --confirm member-111122223333 --confirm access-111122223333",
      ],
    },
    context,
  );
}
