import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../../engine/parts";
import { pulumiChanges } from "../changes";
import { runCommand, type Bench, type Result, type Workload } from "../contestant";
import { CostMeter } from "../process-tree";

/** The stock CLI as a careful person uses it: `pulumi up` with the policy pack, one stack after the other. */
export async function runPulumi(
  { emulator, folder, say }: Bench,
  workload: readonly Workload[],
  laptop: Readonly<Record<string, string>>,
): Promise<Result[]> {
  const state = path.join(folder, "state");
  const home = path.join(folder, "home");
  mkdirSync(state, { recursive: true });
  mkdirSync(home, { recursive: true });
  const root = projectRoot();
  const env = {
    ...process.env,
    ...emulator.env,
    ...laptop,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
  };
  // A project folder of its own: the CLI writes into the stacks' files.
  const project = path.join(folder, "project");
  mkdirSync(project);
  for (const name of ["Pulumi.yaml", "package.json"]) {
    copyFileSync(path.join(root, name), path.join(project, name));
  }
  for (const name of ["dist", "node_modules"]) {
    symlinkSync(path.join(root, name), path.join(project, name));
  }
  for (const { file } of workload) copyFileSync(file, path.join(project, path.basename(file)));
  const pulumi = (...args: string[]): Promise<string> =>
    runCommand("pulumi", [...args, "--non-interactive"], { cwd: project, env, folder });
  const results: Result[] = [];
  for (const phase of ["first", "re-run"] as const) {
    say(`pulumi up, ${phase}: ${workload.length} stacks, one after the other`);
    const meter = new CostMeter([emulator.pid]);
    let changes = 0;
    for (const { stamp } of workload) {
      if (phase === "first") await pulumi("stack", "init", stamp, "--no-select");
      const output = await pulumi(
        "up",
        "--stack",
        stamp,
        "--yes",
        "--policy-pack",
        path.join(root, "policies/strongroom"),
      );
      changes += pulumiChanges(output) ?? NaN;
    }
    const cost = meter.stop();
    let resources = 0;
    for (const { stamp } of workload) {
      const exported = JSON.parse(await pulumi("stack", "export", "--stack", stamp)) as {
        deployment: { resources?: { custom: boolean; type: string }[] };
      };
      resources += (exported.deployment.resources ?? []).filter(
        ({ custom, type }) => custom && !type.startsWith("pulumi:"),
      ).length;
    }
    results.push({
      contestant: "pulumi",
      phase,
      stamps: workload.length,
      resources,
      changes,
      cost,
      notes: [],
    });
  }
  return results;
}
