import type { Command } from "commander";

import type { CliContext } from "../context";
import { runCommand } from "./run";

/** `preview`: what `up` would change, with the policy packs on. */
export function previewCommand(context: CliContext): Command {
  return runCommand(
    {
      operation: "preview",
      summary: "Show what `up` would change; changes nothing",
      examples: [
        "strongroom preview",
        "strongroom preview member-111122223333",
        "strongroom preview --ou workloads/prod --exit-code",
        "strongroom preview --json | jq .summary.changed",
      ],
    },
    context,
  );
}
