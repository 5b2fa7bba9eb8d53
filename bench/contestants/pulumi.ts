import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../../engine/parts";
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
  const files = new Map(
    workload.map(({ stamp, file }) => {
      const own = path.join(folder, path.basename(file));
      copyFileSync(file, own); // the CLI writes into it
      return [stamp, own];
    }),
  );
  const pulumi = (...args: string[]): Promise<string> =>
    runCommand("pulumi", [...args, "--non-interactive"], { cwd: root, env, folder });
  const results: Result[] = [];
  for (const phase of ["first", "re-run"] as const) {
    say(`pulumi up, ${phase}: ${workload.length} stacks, one after the other`);
    const meter = new CostMeter([emulator.pid]);
    for (const { stamp } of workload) {
      const config = ["--config-file", files.get(stamp) ?? ""];
      if (phase === "first") await pulumi("stack", "init", stamp, "--no-select", ...config);
      await pulumi(
        "up",
        "--stack",
        stamp,
        ...config,
        "--yes",
        "--policy-pack",
        path.join(root, "policies/strongroom"),
      );
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
      cost,
      notes: [],
    });
  }
  return results;
}
