import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `up`: makes the stamps what the fleet file says. */
export function upCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "up",
      summary: "Stamp accounts: make their stacks what the fleet file says",
      examples: [
        "strongroom up",
        "strongroom up --account 111122223333",
        "strongroom up --ou workloads/dev --kind member",
        "strongroom up --url https://strongroom.example --detach --key vending-4711",
      ],
    },
    context,
  );
}
