import { Command } from "commander";

import { ruleList, type ListedRule } from "../../../policies/rule-list";
import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { EXIT } from "../failure";
import { table } from "../table";
import { counted } from "../text";

/** `policy list`: every rule with all that is known of it. */
export function policyListCommand(context: CliContext): Command {
  const command = new Command("list").description(
    "List the rules: what each one checks, why, the fix, and the public rules that it corresponds to",
  );
  describe(command, [
    "strongroom policy list",
    "strongroom policy list --json | jq '.[] | select(.corresponds | index(\"CKV_AWS_7\")) | .id'",
  ]);
  return command.action(
    context.ends((options: OutputOptions) => {
      const { io } = context;
      const rules = ruleList();
      if (options.json === true) printJson(io, rules);
      else io.out(rendered(rules));
      return Promise.resolve(EXIT.ok);
    }),
  );
}

function rendered(rules: readonly ListedRule[]): string {
  const rows = rules.map(({ id, level, severity, checks }) => [id, level, severity, checks]);
  return `${table(["rule", "level", "severity", "checks"], rows)}\n\n${counted(rules.length, "rule")}.\n`;
}
