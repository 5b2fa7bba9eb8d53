import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { demoFleet } from "../emulator/fleet";
import { connect } from "../server/cli/connect";
import type { ServiceClient } from "../server/cli/client";
import { followRun } from "../server/cli/follow-run";
import type { CliIo } from "../server/cli/io";
import { realParts } from "../server/cli/parts";
import { terminal } from "../server/cli/terminal";
import type { RunRecord, RunRequest } from "../server/runs-ports";
import type { Bench } from "./contestant";

/** A service of its own in this process, and a client of it that may do everything. */
export interface BenchService {
  readonly client: ServiceClient;
  readonly fleetText: string;
  /** Settings of the service, with the folder of its state. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Starts a run and waits for its end. Throws unless it succeeds, with what failed. */
  readonly run: (request: RunRequest) => Promise<RunRecord>;
}

/** Starts the service on an emulator for some work, with the emulator's own fleet file, and ends it afterwards. */
export async function withService<T>(
  { emulator, folder }: Bench,
  concurrency: number,
  work: (service: BenchService) => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const fleetFile = path.join(folder, "fleet.yaml");
  const fleetText = demoFleet(emulator.organization);
  writeFileSync(fleetFile, fleetText);
  const environment = {
    ...process.env,
    ...emulator.env,
    STRONGROOM_LOG_LEVEL: "error",
    STRONGROOM_STATE: path.join(folder, "state"),
    STRONGROOM_FLEET: fleetFile,
    STRONGROOM_PORT: "0",
    STRONGROOM_CONCURRENCY: String(concurrency),
  };
  const io: CliIo = { ...terminal(process, true), environment };
  const embedded = await realParts.startEmbedded(environment, () => undefined);
  try {
    const { client } = await connect(
      io,
      { url: embedded.url },
      "approver",
      realParts.startEmbedded,
    );
    const run = async (request: RunRequest): Promise<RunRecord> =>
      succeeded(
        await followRun(io, client, await client.start(request), { quiet: true, embedded: true }),
      );
    return await work({ client, fleetText, environment, run });
  } finally {
    await embedded.close();
  }
}

function succeeded({ run }: { readonly run: RunRecord }): RunRecord {
  if (run.status === "succeeded") return run;
  const bad = run.stamps
    .filter(({ status }) => status !== "succeeded")
    .map(({ stamp, error }) => `${stamp} ${error?.message ?? ""}`);
  throw new Error(`the ${run.operation} ended as ${run.status}: ${bad.join("; ")}`);
}
