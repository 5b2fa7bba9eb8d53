import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { demoFleet } from "../emulator/fleet";
import { startEmulator, type Emulator } from "../emulator/start";
import { tokenPath } from "../server/auth/role-tokens";
import { printFailure } from "../server/cli/context";
import { connect } from "../server/cli/connect";
import { EXIT } from "../server/cli/failure";
import { followRun, type Followed } from "../server/cli/follow-run";
import type { CliIo } from "../server/cli/io";
import { realParts } from "../server/cli/parts";
import { renderRun } from "../server/cli/render-run";
import { terminal } from "../server/cli/terminal";
import type { RunRecord, StampResult } from "../server/runs-ports";
import { showKeeping, type Stage } from "./keeping";
import { demoOptions, type DemoOptions } from "./options";
import { accountTable, demoResult, keepingTable, type Keeping } from "./report";

/** Session credentials of the demo last twelve hours; they are renewed well before. */
const RENEW_MILLISECONDS = 6 * 3600 * 1000;

/**
 * The demo: the emulated organization and the service, in one folder. Uses the service as any client does, over HTTP;
 * nothing here does what a real installation could not.
 */
async function main(): Promise<number> {
  const options = demoOptions(process.argv.slice(2));
  const real = terminal(process, process.argv.includes("--no-color"));
  // With --json standard output belongs to the one document.
  const io: CliIo = options.json ? { ...real, out: real.err } : real;
  const state = path.resolve(options.state);
  mkdirSync(state, { recursive: true });
  const emulatorLog = createWriteStream(path.join(state, "emulator.log"), { flags: "a" });
  const emulator = await startEmulator({
    stateDir: path.join(state, "emulator"),
    onLog: (line) => emulatorLog.write(`${line}\n`),
    report: (line) => io.err(`${line}\n`),
    ...(options.members === undefined ? {} : { memberCount: options.members }),
  });
  const renewal = setInterval(() => void emulator.renew().then(useCredentials), RENEW_MILLISECONDS);
  renewal.unref();
  try {
    useCredentials(emulator.env);
    const { run, keeping } = await withService(io, options, state, emulator);
    if (options.json) real.out(`${JSON.stringify(demoResult(run, keeping))}\n`);
    if (keeping === undefined) return EXIT.interrupted;
    return keeping.problems.length === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    clearInterval(renewal);
    await emulator.stop();
    emulatorLog.end();
  }
}

/** The service's AWS clients and its child processes take their credentials from the environment, as anywhere. */
function useCredentials(env: Readonly<Record<string, string>>): void {
  Object.assign(process.env, env);
}

/** What the demo showed; no keeping where it was interrupted. */
interface Shown {
  readonly run: RunRecord;
  readonly keeping: Keeping | undefined;
}

async function withService(
  io: CliIo,
  options: DemoOptions,
  state: string,
  emulator: Emulator,
): Promise<Shown> {
  const fleet = path.join(state, "fleet.yaml");
  writeFileSync(fleet, demoFleet(emulator.organization));
  const stateDir = path.join(state, "service");
  const service = await realParts.startEmbedded(
    {
      STRONGROOM_LOG_LEVEL: "warn",
      // The emulator does not throttle; AWS Organizations does, and the default is for it.
      STRONGROOM_DISCOVERY_RATE: "100",
      ...process.env,
      STRONGROOM_STATE: stateDir,
      STRONGROOM_FLEET: fleet,
      STRONGROOM_PORT: String(options.port),
      ...(options.concurrency === undefined
        ? {}
        : { STRONGROOM_CONCURRENCY: String(options.concurrency) }),
    },
    (line) => io.err(`${line}\n`),
  );
  try {
    io.err(
      `\nThe page: ${service.url}/   (sign in with the token in ${tokenPath(stateDir, "operator")})\n`,
    );
    io.err(`The API:  ${service.url}/docs\n\n`);
    const shown = await show({ io, url: service.url, stateDir, emulator });
    if (!options.exit && shown.keeping !== undefined) {
      await stayUp(io, service.url, stateDir, state);
    }
    return shown;
  } finally {
    io.err("Stopping…\n");
    await service.close();
  }
}

async function show(stage: Stage): Promise<Shown> {
  const { io, url } = stage;
  const { run, interrupted } = await stampAll(stage);
  io.out(renderRun({ ...run, stamps: run.stamps.map(withoutChanges) }, io));
  io.out(`\n${accountTable(run.accounts, io.paint)}\n`);
  const keeping = interrupted === undefined ? await showKeeping(stage, run) : undefined;
  if (keeping !== undefined) {
    io.out(`\n${keepingTable(keeping, io.paint)}\n\n`);
    io.err(`The same on the page: ${url}/coverage and ${url}/drills\n`);
  }
  return { run, keeping };
}

/** A first stamping creates a thousand resources: nobody wants to read their list. */
function withoutChanges(stamp: StampResult): StampResult {
  return { ...stamp, changes: [] };
}

async function stampAll({ io, url, stateDir }: Stage): Promise<Followed> {
  const asService = { ...io, environment: { ...io.environment, STRONGROOM_STATE: stateDir } };
  const { client } = await connect(asService, { url }, "operator", realParts.startEmbedded);
  const started = await client.start({ operation: "up", target: {} });
  return followRun(io, client, started, { quiet: false, embedded: true });
}

async function stayUp(io: CliIo, url: string, stateDir: string, state: string): Promise<void> {
  io.err(
    [
      `\nThe service stays up at ${url}/ until Ctrl-C. In another terminal:`,
      `  export STRONGROOM_URL=${url} STRONGROOM_STATE=${stateDir}`,
      "  npx strongroom accounts",
      "  npx strongroom coverage --secrets",
      "  npx strongroom restore --account 600000000001 --name 'shop-prod/*'",
      "  npx strongroom preview --ou workloads/prod",
      `Everything is kept in ${state}; run the demo again and nothing changes.\n`,
    ].join("\n"),
  );
  await new Promise<void>((resolve) => {
    const stop = io.onInterrupt(() => {
      stop();
      resolve();
    });
  });
}

void main()
  .catch((error: unknown) => {
    const io = terminal(process, false);
    return printFailure(io, error, false);
  })
  .then((code) => process.stdout.write("", () => process.exit(code)));
