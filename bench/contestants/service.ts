import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { demoFleet } from "../../emulator/fleet";
import { connect } from "../../server/cli/connect";
import type { ServiceClient } from "../../server/cli/client";
import { writeStackFile } from "../../server/cli/commands/config";
import { organizationOf } from "../../server/cli/commands/plan";
import { followRun } from "../../server/cli/follow-run";
import type { CliIo } from "../../server/cli/io";
import { realParts } from "../../server/cli/parts";
import { terminal } from "../../server/cli/terminal";
import { parseFleetFile } from "../../stacks/fleet-file";
import { planRun } from "../../stacks/plan";
import { connectionFor, specFor } from "../../stacks/specs";
import type { Bench, Result, Workload } from "../contestant";
import { CostMeter } from "../process-tree";

export interface ServiceOutcome {
  readonly results: readonly Result[];
  readonly workload: readonly Workload[];
  /** Environment of a stock `pulumi` on the service's state. */
  readonly laptop: Readonly<Record<string, string>>;
}

/** The service: the whole workload in one run over HTTP, several stamps at a time, policy packs on. */
export async function runService(
  { emulator, folder, say }: Bench,
  accounts: readonly string[],
  concurrency: number,
): Promise<ServiceOutcome> {
  mkdirSync(folder, { recursive: true });
  const fleetFile = path.join(folder, "fleet.yaml");
  const fleetText = demoFleet(emulator.organization);
  writeFileSync(fleetFile, fleetText);
  const stateDir = path.join(folder, "state");
  const environment = {
    ...process.env,
    ...emulator.env,
    STRONGROOM_LOG_LEVEL: "error",
    STRONGROOM_STATE: stateDir,
    STRONGROOM_FLEET: fleetFile,
    STRONGROOM_PORT: "0",
    STRONGROOM_CONCURRENCY: String(concurrency),
  };
  const io: CliIo = { ...terminal(process, true), environment };
  const service = await realParts.startEmbedded(environment, () => undefined);
  try {
    const { client } = await connect(io, { url: service.url }, "operator", realParts.startEmbedded);
    const results: Result[] = [];
    for (const phase of ["first", "re-run"] as const) {
      say(`service, ${phase}: ${accounts.length} accounts, ${concurrency} stamps at a time`);
      results.push(await measure(io, client, accounts, phase, emulator.pid));
    }
    const workload = await workloadOf(client, fleetText, accounts, folder);
    return { results, workload, laptop: await realParts.laptop(environment) };
  } finally {
    await service.close();
  }
}

async function measure(
  io: CliIo,
  client: ServiceClient,
  accounts: readonly string[],
  phase: Result["phase"],
  emulatorPid: number,
): Promise<Result> {
  const meter = new CostMeter([emulatorPid]);
  const started = await client.start({ operation: "up", target: { accounts } });
  const { run } = await followRun(io, client, started, { quiet: true, embedded: true });
  const cost = meter.stop();
  const bad = run.stamps.filter(({ status }) => status !== "succeeded");
  if (run.status !== "succeeded") {
    throw new Error(
      `the run ended as ${run.status}: ${bad.map(({ stamp, error }) => `${stamp} ${error?.message ?? ""}`).join("; ")}`,
    );
  }
  const changed = run.summary?.changed ?? 0;
  return {
    contestant: "service",
    phase,
    stamps: run.stamps.length,
    resources: run.summary?.resources ?? 0,
    cost,
    notes: phase === "re-run" && changed > 0 ? [`${changed} stamps changed on the re-run`] : [],
  };
}

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
