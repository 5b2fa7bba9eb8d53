import { mkdirSync } from "node:fs";
import path from "node:path";

import { resolveToolchain } from "../../engine/toolchain";
import { readOrganizationFile } from "../../emulator/organization-file";
import type { Emulator } from "../../emulator/start";
import type { Result } from "../contestant";
import { runPulumi } from "../contestants/pulumi";
import { runService } from "../contestants/service";
import { runTerraform, type TerraformTools } from "../contestants/terraform";
import { findExecutable } from "../find-executable";
import {
  compareInventories,
  readInventory,
  type InventoryDifference,
  type InventoryEntry,
} from "../inventory";
import { reachableMembers } from "../members";
import type { BenchOptions } from "../options";
import { withEmulator } from "../with-emulator";

/** What the part `stamps` measured. */
export interface StampsReport {
  readonly results: readonly Result[];
  /** How what each other contestant left in the emulator differs from what the service left. */
  readonly inventory: Readonly<Record<string, InventoryDifference>>;
  /** Who was asked for and could not take part. */
  readonly absent: readonly string[];
}

/**
 * The same stamps by the service, the stock pulumi CLI and terraform, one contestant after the other, each in a fresh
 * organization, so that all do the same work; that it was the same is shown by what they leave behind.
 */
export async function runStamps(
  folder: string,
  options: Pick<BenchOptions, "accounts" | "concurrency" | "against">,
  say: (line: string) => void,
): Promise<StampsReport> {
  const organizationFile = await readOrganizationFile();
  const { ids, memberCount } = reachableMembers(organizationFile, options.accounts);
  const place = (name: string): string => {
    const own = path.join(folder, name);
    mkdirSync(own);
    return own;
  };
  /** Runs a contestant in an organization of its own, and looks at what it leaves there. */
  const alone = <T>(
    name: string,
    work: (bench: { emulator: Emulator; folder: string; say: typeof say }) => Promise<T>,
  ): Promise<{ outcome: T; left: readonly InventoryEntry[] }> =>
    withEmulator(memberCount, async (emulator) => {
      const outcome = await work({ emulator, folder: place(name), say });
      return { outcome, left: await readInventory(emulator.endpoint) };
    });

  const service = await alone("service", (bench) =>
    runService(bench, [bench.emulator.organization.vaultAccountId, ...ids], options.concurrency),
  );
  const { workload, laptop } = service.outcome;
  const results = [...service.outcome.results];
  const inventory: Record<string, InventoryDifference> = {};
  const absent: string[] = [];
  if (options.against.includes("pulumi")) {
    const { outcome, left } = await alone("pulumi", (bench) => runPulumi(bench, workload, laptop));
    results.push(...outcome);
    inventory["pulumi"] = compareInventories(service.left, left);
  }
  if (options.against.includes("terraform")) {
    const tools = await terraformTools();
    if (tools === undefined) {
      const why =
        "terraform is not installed, or its aws provider is in no plugin folder: left out";
      say(why);
      absent.push(why);
    } else {
      const { outcome, left } = await alone("terraform", (bench) =>
        runTerraform(bench, workload, laptop, tools),
      );
      results.push(...outcome);
      inventory["terraform"] = compareInventories(service.left, left);
    }
  }
  return { results, inventory, absent };
}

async function terraformTools(): Promise<TerraformTools | undefined> {
  const searchPath = process.env["PATH"];
  const command = findExecutable("terraform", searchPath) ?? findExecutable("tofu", searchPath);
  const { parts } = await resolveToolchain();
  const provider = parts.find(({ name }) => name === "terraform-provider-aws")?.path;
  return command === undefined || provider === undefined ? undefined : { command, provider };
}
