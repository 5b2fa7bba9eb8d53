import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `drift`: compares stamps with what is really there. */
export function driftCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "drift",
      summary: "Compare stamps with what is really there; changes nothing",
      examples: ["strongroom drift", "strongroom drift --kind vault --exit-code"],
    },
    context,
  );
}
