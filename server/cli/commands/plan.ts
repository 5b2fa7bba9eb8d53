import { Command } from "commander";
import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Organization } from "../../../stacks/accounts";
import { AppError } from "../../../stacks/errors";
import type { Fleet } from "../../../stacks/fleet";
import { parseFleetFile, placeProblems } from "../../../stacks/fleet-file";
import { type Plan, planRun } from "../../../stacks/plan";
import { describeApprovals, describeGate, type RolloutRules } from "../../../stacks/rollout";
import { upRules } from "../../../stacks/rollout-rules";
import type { Accounts } from "../client";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  usage,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import type { CliIo } from "../io";
import { table } from "../table";
import { type TargetOptions, targetOf, withTarget } from "../target";
import { clean, counted } from "../text";

/** `plan`: which stamps a run would work on, in which order, and who is left out. Decided by the core, on the service's list of accounts. */
export function planCommand(context: CliContext): Command {
  const command = withService(
    withTarget(
      new Command("plan").description(
        "Show which stamps there will be, in which order, behind which gates, and who is left out",
      ),
    ),
  );
  describe(command, [
    "strongroom plan",
    "strongroom plan --fleet new-fleet.yaml",
    "strongroom plan --ou workloads/prod --kind member",
    "strongroom plan --json | jq '.skipped[] | {accountId, reason}'",
  ]);
  return command.action(
    context.ends(async (stamps: string[], options: ServiceOptions & TargetOptions) => {
      const { io } = context;
      const target = targetOf(stamps, options);
      // Read before anything is started: a file with mistakes needs no service to say so.
      const own = options.fleet === undefined ? undefined : await readFleet(io, options.fleet);
      return withClient(context, options, "viewer", async ({ client }) => {
        const fleet = own?.fleet ?? ((await client.fleet())["fleet"] as Fleet);
        const organization = organizationOf(await client.accounts(false));
        const plan = placed(own?.text, () => planRun(fleet, organization, target));
        const rules = upRules(
          fleet,
          plan.waves.map(({ name }) => name),
        );
        if (options.json === true) printJson(io, { ...plan, rules });
        else io.out(renderPlan(plan, rules, io));
        return EXIT.ok;
      });
    }),
  );
}

/** Reads and checks a fleet file of this machine; throws `SPEC_INVALID` with every mistake. */
export async function readFleet(io: CliIo, file: string): Promise<{ fleet: Fleet; text: string }> {
  let text: string;
  try {
    text = await readFile(path.resolve(io.workingDirectory, file), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(
      `The fleet file ${file} cannot be read (${code ?? "unknown"}).`,
      "Give --fleet or STRONGROOM_FLEET; stacks/fleet.example.yaml is a start.",
    );
  }
  return { fleet: parseFleetFile(text, path.basename(file)), text };
}

/** The organization as the service knows it. */
export function organizationOf({ organizationId, discoveredAt, items }: Accounts): Organization {
  return {
    id: organizationId,
    managementAccountId: items.find(({ isManagementAccount }) => isManagementAccount)?.id ?? "",
    accounts: items,
    discoveredAt,
  };
}

/** Gives mistakes that show only against the organization their place in the file. */
export function placed<T>(text: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (text === undefined || !(error instanceof AppError)) throw error;
    const { code, message, action } = error;
    const problems = error.problems.map((problem) =>
      problem.pointer?.startsWith("/target") === true
        ? problem
        : (placeProblems(text, [problem])[0] ?? problem),
    );
    throw new AppError(code, message, {
      problems,
      cause: error,
      ...(action === undefined ? {} : { action }),
    });
  }
}

/** A plan as people read it: waves with their stamps and gates, what needs an approval, then who is left out. */
export function renderPlan(
  plan: Plan,
  rules: RolloutRules,
  { paint }: Pick<CliIo, "paint">,
): string {
  const accounts = new Map(plan.accounts.map((account) => [account.accountId, account]));
  const parts = plan.waves.map(({ name, stamps }, index) => {
    const rows = stamps.map(({ stamp, accountId, dependsOn }) => [
      stamp,
      accounts.get(accountId)?.name ?? "",
      accounts.get(accountId)?.environment ?? "",
      dependsOn.join(", "),
    ]);
    const gate = rules.waves[index]?.gate;
    const isLast = index === plan.waves.length - 1;
    return [
      paint.bold(`Wave ${name}`),
      table(["stamp", "account", "environment", "after"], rows),
      ...(gate === undefined ? [] : [`${paint.bold("Gate:")} ${describeGate(gate, isLast)}`]),
    ].join("\n");
  });
  parts.push([paint.bold("Approvals"), ...describeApprovals(rules)].join("\n  "));
  if (plan.skipped.length > 0) {
    const rows = plan.skipped.map(({ accountId, name, reason }) => [accountId, name, reason]);
    parts.push(`${paint.bold("Left out")}\n${table(["account", "name", "reason"], rows)}`);
  }
  parts.push(...plan.warnings.map((warning) => `${paint.yellow("Warning:")} ${clean(warning)}`));
  const stamps = plan.waves.reduce((sum, wave) => sum + wave.stamps.length, 0);
  parts.push(
    `${counted(stamps, "stamp")} of ${counted(plan.accounts.length, "account")} in ${counted(plan.waves.length, "wave")}; ${plan.skipped.length} left out.`,
  );
  return `${parts.join("\n\n")}\n`;
}
