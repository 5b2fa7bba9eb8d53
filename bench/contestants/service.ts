import path from "node:path";

import type { ServiceClient } from "../../server/cli/client";
import { writeStackFile } from "../../server/cli/commands/config";
import { organizationOf } from "../../server/cli/commands/plan";
import { realParts } from "../../server/cli/parts";
import type { ChangeCounts } from "../../server/ports";
import { parseFleetFile } from "../../stacks/fleet-file";
import { planRun } from "../../stacks/plan";
import { connectionFor, specFor } from "../../stacks/specs";
import type { Bench, Result, Workload } from "../contestant";
import { CostMeter } from "../process-tree";
import { withService, type BenchService } from "../with-service";

export interface ServiceOutcome {
  readonly results: readonly Result[];
  readonly workload: readonly Workload[];
  /** Environment of a stock `pulumi` on the service's state. */
  readonly laptop: Readonly<Record<string, string>>;
}

/** The service: the whole workload in one run over HTTP, several stamps at a time, policy packs on. */
export async function runService(
  bench: Bench,
  accounts: readonly string[],
  concurrency: number,
): Promise<ServiceOutcome> {
  return withService(bench, concurrency, async (service) => {
    const results: Result[] = [];
    for (const phase of ["first", "re-run", "unchanged"] as const) {
      bench.say(`service, ${phase}: ${accounts.length} accounts, ${concurrency} stamps at a time`);
      results.push(await measure(service, accounts, phase, bench.emulator.pid));
    }
    const { client, fleetText, environment } = service;
    const workload = await workloadOf(client, fleetText, accounts, bench.folder);
    return { results, workload, laptop: await realParts.laptop(environment) };
  });
}

async function measure(
  { run }: BenchService,
  accounts: readonly string[],
  phase: Result["phase"],
  emulatorPid: number,
): Promise<Result> {
  const meter = new CostMeter([emulatorPid]);
  const { stamps, summary } = await run({
    operation: "up",
    target: { accounts },
    // Like the others, which look at everything each time.
    ...(phase === "re-run" ? { force: true } : {}),
  });
  const alone = summary?.unchanged ?? 0;
  return {
    contestant: "service",
    phase,
    stamps: stamps.length,
    resources: summary?.resources ?? 0,
    changes: stamps.reduce((sum, { counts }) => sum + changesOf(counts), 0),
    cost: meter.stop(),
    notes:
      phase === "unchanged" ? [`${alone} stamps left alone after a comparison of digests`] : [],
  };
}

const changesOf = (counts?: ChangeCounts): number =>
  counts === undefined ? 0 : counts.create + counts.update + counts.replace + counts.delete;

async function workloadOf(
  client: ServiceClient,
  fleetText: string,
  accounts: readonly string[],
  folder: string,
): Promise<Workload[]> {
  const fleet = parseFleetFile(fleetText, "fleet.yaml");
  const organization = organizationOf(await client.accounts(false));
  const plan = planRun(fleet, organization, { accounts });
  const stamps = plan.waves.flatMap((wave) => wave.stamps);
  // One after the other, each kind needs the kinds before it.
  const order = ["access", "vault", "member"];
  stamps.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const workload: Workload[] = [];
  for (const { stamp, kind, accountId } of stamps) {
    const spec = specFor(fleet, organization, stamp);
    const connection = connectionFor(fleet, kind, accountId, { s3UsePathStyle: true });
    const file = path.join(folder, `Pulumi.${stamp}.yaml`);
    await writeStackFile(file, spec, connection);
    workload.push({ stamp, spec, connection, file });
  }
  return workload;
}
