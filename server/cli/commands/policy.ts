import { Command } from "commander";

import type { CliContext } from "../context";
import { policyEvaluateCommand } from "./policy-evaluate";
import { policyExplainCommand } from "./policy-explain";
import { policyListCommand } from "./policy-list";

const COMMANDS = [policyListCommand, policyEvaluateCommand, policyExplainCommand] as const;

/** `policy`: what the rules are, and what they say of resources. None of it starts a service or an engine. */
export function policyCommand(context: CliContext): Command {
  const group = new Command("policy").description("List the rules, and judge resources by them");
  for (const command of COMMANDS) group.addCommand(command(context));
  return group;
}
