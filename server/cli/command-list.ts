import type { Command } from "commander";

import type { CliContext } from "./context";

type Make = (context: CliContext) => Command;

/**
 * Every command by its name, in the order of the help. Each is loaded when it is asked for: most of what they need between
 * them (schemas, YAML, the engine's parts, other processes) is nothing to a command that judges a file.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Make>>> = {
  doctor: async () => (await import("./commands/doctor.js")).doctorCommand,
  serve: async () => (await import("./commands/serve.js")).serveCommand,
  worker: async () => (await import("./commands/worker.js")).workerCommand,
  accounts: async () => (await import("./commands/accounts.js")).accountsCommand,
  plan: async () => (await import("./commands/plan.js")).planCommand,
  preview: async () => (await import("./commands/preview.js")).previewCommand,
  up: async () => (await import("./commands/up.js")).upCommand,
  onboard: async () => (await import("./commands/onboard.js")).onboardCommand,
  approve: async () => (await import("./commands/approve.js")).approveCommand,
  resume: async () => (await import("./commands/go-on.js")).resumeCommand,
  retry: async () => (await import("./commands/go-on.js")).retryCommand,
  drift: async () => (await import("./commands/drift.js")).driftCommand,
  retire: async () => (await import("./commands/retire.js")).retireCommand,
  backup: async () => (await import("./commands/backup.js")).backupCommand,
  coverage: async () => (await import("./commands/coverage.js")).coverageCommand,
  restore: async () => (await import("./commands/restore.js")).restoreCommand,
  drill: async () => (await import("./commands/drill.js")).drillCommand,
  rotation: async () => (await import("./commands/rotation.js")).rotationCommand,
  rotate: async () => (await import("./commands/rotate.js")).rotateCommand,
  report: async () => (await import("./commands/report.js")).reportCommand,
  audit: async () => (await import("./commands/audit.js")).auditCommand,
  tokens: async () => (await import("./commands/tokens.js")).tokensCommand,
  "host-gone": async () => (await import("./commands/host-gone.js")).hostGoneCommand,
  webhooks: async () => (await import("./commands/webhooks.js")).webhooksCommand,
  runs: async () => (await import("./commands/runs.js")).runsCommand,
  logs: async () => (await import("./commands/logs.js")).logsCommand,
  env: async () => (await import("./commands/env.js")).envCommand,
  config: async () => (await import("./commands/config.js")).configCommand,
  policy: async () => (await import("./commands/policy.js")).policyCommand,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The commands that a command line needs: the one that it names, or all where it names none, as for help. */
export function commandsFor(argv: readonly string[]): Promise<readonly Make[]> {
  // No option before a command takes a value.
  const name = argv.find((word) => !word.startsWith("-"));
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all(
    (named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()),
  );
}
