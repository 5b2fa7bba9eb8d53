import {
  appendFileSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { demoFleet } from "../../emulator/fleet";
import { startEmulator, type Emulator } from "../../emulator/start";
import { tellLostAnswers } from "./lost-answers";
import { projectRoot } from "../../engine/parts";
import { tokenPath } from "../../server/auth/role-tokens";
import { readConfig } from "../../server/config";
import { connect } from "../../server/cli/connect";
import type { Role } from "../../server/auth/roles";
import type { ServiceClient } from "../../server/cli/client";
import type { CliParts } from "../../server/cli/context";
import { followRun } from "../../server/cli/follow-run";
import type { CliIo } from "../../server/cli/io";
import { realParts } from "../../server/cli/parts";
import { runCli } from "../../server/cli/program";
import { terminal } from "../../server/cli/terminal";
import { startService, type Service } from "../../server/main";
import { realEngine } from "../../server/real-engine";
import type { RunRecord, RunRequest } from "../../server/runs-ports";

export interface CliAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The whole product on an emulated organization of its own, in a folder of its own; `close` leaves nothing. */
export class Product {
  private service: Service | undefined;
  // One for all commands: each listens to the streams of this process.
  private readonly terminal = terminal(process, true);

  private constructor(
    private readonly environmentBefore: Readonly<Record<string, string | undefined>>,
    readonly folder: string,
    readonly emulator: Emulator,
    private readonly childScript: string | undefined,
    private readonly everythingStays: boolean,
  ) {}

  /**
   * `folder`: an empty one to work in, which `close` removes. `everythingStays`: until then all that the service, the
   * engine, the functions and the emulator write is below the folder, logs of all levels and temporary files included.
   */
  static async start(
    options: { childScript?: string; folder?: string; everythingStays?: boolean } = {},
  ): Promise<Product> {
    const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "strongroom-product-"));
    const before = { ...process.env };
    const { everythingStays = false } = options;
    if (everythingStays) {
      process.env["TMPDIR"] = path.join(folder, "tmp");
      mkdirSync(process.env["TMPDIR"], { mode: 0o777 });
    }
    const emulator = await startEmulator({
      valueSeed: "test",
      onLog: (line) => {
        tellLostAnswers(line);
        if (everythingStays) appendFileSync(path.join(folder, "emulator.log"), `${line}\n`);
      },
      ...(everythingStays ? { stateDir: path.join(folder, "emulator") } : {}),
    });
    const product = new Product(before, folder, emulator, options.childScript, everythingStays);
    // Where the AWS SDK looks for credentials; put back by close().
    Object.assign(process.env, emulator.env);
    writeFileSync(product.fleetFile, demoFleet(emulator.organization));
    try {
      await product.startService();
    } catch (error) {
      await product.close();
      throw error;
    }
    return product;
  }

  get fleetFile(): string {
    return path.join(this.folder, "fleet.yaml");
  }

  get stateDir(): string {
    return path.join(this.folder, "state");
  }

  get url(): string {
    return this.service?.url ?? "";
  }

  /** The environment of the service, and of whoever works beside it. */
  get environment(): Record<string, string | undefined> {
    return {
      ...process.env,
      ...this.emulator.env,
      STRONGROOM_STATE: this.stateDir,
      STRONGROOM_FLEET: this.fleetFile,
      STRONGROOM_PORT: "0",
      STRONGROOM_LOG_LEVEL: this.everythingStays ? "trace" : "error",
      STRONGROOM_CONCURRENCY: "2",
      STRONGROOM_DISCOVERY_RATE: "100",
      STRONGROOM_WEBHOOK_ALLOW: "127.0.0.1",
      STRONGROOM_WEBHOOK_HTTP: "true",
    };
  }

  private async startService(): Promise<void> {
    const environment = this.environment;
    this.service = await startService(readConfig(environment), {
      engine: realEngine(environment, this.childScript),
      logStream: this.everythingStays
        ? createWriteStream(path.join(this.folder, "service.log"), { flags: "a" })
        : process.stderr,
    });
  }

  private get io(): CliIo {
    return { ...this.terminal, environment: this.environment };
  }

  client(role: Role = "operator"): Promise<ServiceClient> {
    return connect(this.io, { url: this.url }, role, realParts.startEmbedded).then(
      ({ client }) => client,
    );
  }

  /** Starts a run over HTTP and waits for its end. */
  async run(request: RunRequest, role: "operator" | "approver" = "operator"): Promise<RunRecord> {
    const client = await this.client(role);
    const started = await client.start(request);
    const { run } = await followRun(this.io, client, started, { quiet: true, embedded: false });
    return run;
  }

  /** The command line, in this process, against the running service. */
  cli(...argv: string[]): Promise<CliAnswer> {
    return this.cliIn({}, ...argv);
  }

  /** The same with more in its environment. */
  async cliIn(
    environment: Readonly<Record<string, string>>,
    ...argv: string[]
  ): Promise<CliAnswer> {
    let out = "";
    let err = "";
    const io: CliIo = {
      ...this.io,
      out: (text) => (out += text),
      err: (text) => (err += text),
      live: false,
      interactive: false,
      environment: { ...this.environment, STRONGROOM_URL: this.url, ...environment },
      workingDirectory: this.folder,
    };
    const parts: CliParts = realParts;
    const code = await runCli(argv, io, parts);
    return { code, out, err };
  }

  /** The environment of a stock `pulumi` on the same state, as `strongroom env` prints it. */
  async laptop(): Promise<Record<string, string | undefined>> {
    return {
      ...this.environment,
      ...(await realParts.laptop(this.environment)),
      PULUMI_HOME: path.join(this.folder, "pulumi-home"),
    };
  }

  get projectFolder(): string {
    return projectRoot();
  }

  /** A token of the service, as it stands in its state folder. */
  token(role: "viewer" | "operator" | "approver"): string {
    return readFileSync(tokenPath(this.stateDir, role), "utf8").trim();
  }

  /** Ends the service and the emulator; the folder stays. */
  async stop(): Promise<void> {
    const { service } = this;
    this.service = undefined;
    await service?.close();
    await this.emulator.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    for (const name of Object.keys(process.env)) {
      if (!(name in this.environmentBefore)) Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, this.environmentBefore);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What went wrong in a run, for the message of a failed expectation. */
export function failuresOf(run: RunRecord): string[] {
  return run.stamps.flatMap(({ stamp, error }) =>
    error === undefined ? [] : [`${stamp}: ${error.code} ${error.message}`],
  );
}
