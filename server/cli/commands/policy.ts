import { Command } from "commander";

import type { CliContext } from "../context";
import { policyCheckCommand } from "./policy-check";
import { policyEvaluateCommand } from "./policy-evaluate";
import { policyExplainCommand } from "./policy-explain";
import { policyListCommand } from "./policy-list";

const COMMANDS = [
  policyListCommand,
  policyEvaluateCommand,
  policyExplainCommand,
  policyCheckCommand,
] as const;

/** `policy`: what the rules are, and what they say of resources, in files and deployed. */
export function policyCommand(context: CliContext): Command {
  const group = new Command("policy").description("List the rules, and judge resources by them");
  for (const command of COMMANDS) group.addCommand(command(context));
  return group;
}
