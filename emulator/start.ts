import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { roleArn } from "../stacks/naming";
import { emulatorSettings } from "./config";
import { callDoor } from "./calls";
import { loginKey, rootCredentials, serviceSession, type Credentials } from "./identity";
import { readOrganizationFile, type OrganizationFile } from "./organization-file";
import { prepareEmulator } from "./prepare";
import { launch } from "./process";
import { seedOrganization, type SeedResult } from "./seed";

export interface StartOptions {
  /** Tool cache; `STRONGROOM_HOME` or the user's cache folder when it is left out. */
  readonly home?: string;
  /** Keeps the organization here over restarts; without it nothing outlives `stop`. */
  readonly stateDir?: string;
  /** 0 or left out: the port of the last time on this state, else a free one. */
  readonly port?: number;
  /** Number of members; the seed file's own when it is left out or smaller. */
  readonly memberCount?: number;
  /** False leaves the emulator as it is: empty, or as its state was. */
  readonly seed?: boolean;
  /** Where the secrets' values are drawn from; random when it is left out. For tests that must know the values. */
  readonly valueSeed?: string;
  /** Another seed file than `emulator/organization.yaml`. */
  readonly organizationFile?: string;
  /** Gaps of MiniStack to leave open. For the tests that watch them. */
  readonly withoutGaps?: readonly string[];
  /** Gets progress lines; silent when it is left out. */
  readonly report?: (line: string) => void;
  /** Gets what the emulator itself says. */
  readonly onLog?: (line: string) => void;
}

/** What is fixed about the seeded organization. */
export interface EmulatedOrganization {
  readonly id: string;
  readonly managementAccountId: string;
  readonly delegatedAdministratorAccountId: string;
  readonly vaultAccountId: string;
  readonly region: string;
  readonly recoveryRegion: string;
  /** ARN of the service's own role, which the stampers trust. */
  readonly serviceRoleArn: string;
  readonly bootstrapRoleArn: string;
  readonly bootstrapExternalId: string;
}

/** A running organization. */
export interface Emulator {
  /** `http://localhost:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  /** Of its process, for whoever measures processes. */
  readonly pid: number;
  readonly organization: EmulatedOrganization;
  /** What a client of the service's identity needs: endpoint, Region and twelve hours of session credentials. */
  readonly env: Readonly<Record<string, string>>;
  readonly seeded: SeedResult | undefined;
  /** The key of an account's root. For tests that set a scene; proofs use real identities. */
  credentialsOf(accountId: string): Credentials;
  /** New session credentials of the service's role, in the form of `env`. */
  renew(): Promise<Readonly<Record<string, string>>>;
  /** Takes everything away and, where it was seeded, seeds it again. The old `env` is void then: `renew()`. */
  reset(): Promise<void>;
  /**
   * Has every call that is signed for one of these Regions refused with 503, whoever makes it, until it is told otherwise;
   * an empty list ends the outage. Answers how many calls the outage before refused.
   */
  outage(regions: readonly string[]): Promise<number>;
  stop(): Promise<void>;
  /** Resolves when the emulator has ended, however it ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts the emulated organization: prepares MiniStack where needed, starts it with IAM enforced, seeds it and takes the
 * service's credentials. Stopped by `stop()`, and by itself when this process ends. Throws `EMULATOR_*` and, for a seed
 * file with mistakes, `SPEC_INVALID`.
 */
export async function startEmulator(options: StartOptions = {}): Promise<Emulator> {
  const report = options.report ?? (() => undefined);
  const file = await readOrganizationFile(options.organizationFile);
  const settings = emulatorSettings();
  const install = await prepareEmulator(report, {
    ...settings,
    home: options.home ?? settings.home,
  });
  const { stateDir } = options;
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const port = options.port || (await lastPort(stateDir));
  const running = await launch(install, {
    port,
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(options.withoutGaps === undefined ? {} : { withoutGaps: options.withoutGaps }),
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
  });
  try {
    await rememberPort(stateDir, running.port);
    const world = new RunningWorld(running.endpoint, file, options, report);
    const seeded = options.seed === false ? undefined : await world.seed();
    const env = seeded === undefined ? world.plainEnvironment() : await world.environment();
    return {
      endpoint: running.endpoint,
      port: running.port,
      pid: running.pid,
      organization: describeOrganization(file),
      env,
      seeded,
      credentialsOf: rootCredentials,
      renew: () => world.environment(),
      reset: () => world.reset(),
      outage: (regions) => world.outage(regions),
      stop: () => running.stop(),
      ended: running.ended,
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

class RunningWorld {
  constructor(
    private readonly endpoint: string,
    private readonly file: OrganizationFile,
    private readonly options: StartOptions,
    private readonly report: (line: string) => void,
  ) {}

  async seed(): Promise<SeedResult> {
    const { stateDir, memberCount } = this.options;
    return seedOrganization(this.endpoint, {
      file: this.file,
      valueSeed: this.options.valueSeed ?? randomBytes(32).toString("hex"),
      report: this.report,
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(memberCount === undefined ? {} : { memberCount }),
    });
  }

  plainEnvironment(): Record<string, string> {
    return { AWS_ENDPOINT_URL: this.endpoint, AWS_REGION: this.file.region };
  }

  async environment(): Promise<Record<string, string>> {
    const login = await loginKey(this.endpoint, this.file, this.options.stateDir);
    const session = await serviceSession(this.endpoint, this.file, login);
    return {
      ...this.plainEnvironment(),
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      ...(session.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: session.sessionToken }),
    };
  }

  async outage(regions: readonly string[]): Promise<number> {
    const address = "/_strongroom/outages";
    const { refused } = await callDoor<{ refused: number }>(this.endpoint, "GET", address);
    await callDoor(this.endpoint, "PUT", address, { regions });
    return refused;
  }

  async reset(): Promise<void> {
    const { stateDir } = this.options;
    // First what says "seeded": a reset that is cut off must not leave an empty organization that counts as full.
    if (stateDir !== undefined) {
      await rm(path.join(stateDir, "seeded.json"), { force: true });
      await rm(path.join(stateDir, "login-key.json"), { force: true });
    }
    await callDoor(this.endpoint, "POST", "/_ministack/reset");
    if (this.options.seed !== false) await this.seed();
  }
}

/** What the seed file fixes about the organization; known without starting it. */
export function describeOrganization(file: OrganizationFile): EmulatedOrganization {
  return {
    id: file.id,
    managementAccountId: file.managementAccount,
    delegatedAdministratorAccountId: file.delegatedAdministratorAccount,
    vaultAccountId: file.vaultAccount,
    region: file.region,
    recoveryRegion: file.recoveryRegion,
    serviceRoleArn: roleArn(file.delegatedAdministratorAccount, file.service.role),
    bootstrapRoleArn: roleArn(file.managementAccount, file.service.bootstrapRole),
    bootstrapExternalId: file.service.bootstrapExternalId,
  };
}

/** Queue addresses hold the port, and stack states hold queue addresses: the same state keeps its port. */
async function lastPort(stateDir: string | undefined): Promise<number> {
  if (stateDir === undefined) return 0;
  const text = await readFile(path.join(stateDir, "port"), "utf8").catch(() => "0");
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : 0;
}

async function rememberPort(stateDir: string | undefined, port: number): Promise<void> {
  if (stateDir !== undefined) await writeFile(path.join(stateDir, "port"), String(port));
}
