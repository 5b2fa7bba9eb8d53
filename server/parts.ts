import { RULES } from "../policies/rules";
import { AppError, type Problem } from "../stacks/errors";
import type { Fleet } from "../stacks/fleet";
import type { ServiceConfig } from "./config";
import { exemptionsFile } from "./engine/exemptions";
import { fleetFileSource, type FleetSource } from "./fleet/fleet-source";
import type { EnginePort, ExemptionsOf } from "./ports";
import type { ReadinessCheck } from "./routes/context";
import { lockState, type StateLock } from "./state-lock";
import { openStore } from "./store/store";
import type { Store } from "./store/types";
import { createVaultAdapter } from "./vault/adapter";
import type { VaultPort } from "./vault-ports";

/** The engine with what the service needs around it. */
export interface Engine {
  readonly port: EnginePort;
  /** Whether its parts are there, for `/readyz`. */
  check(): Promise<readonly ReadinessCheck[]>;
  /** Looks after what earlier processes of the state folder left; called once the folder is held. */
  recover?(): Promise<void>;
  close(): Promise<void>;
}

/** What the engine is made for. */
export interface EngineContext {
  readonly stateDir: string;
  readonly backendUrl?: string;
  readonly passphraseFile?: string;
  readonly secretsProvider?: string;
  /** What the policy packs accept all the same. */
  readonly exemptions?: ExemptionsOf;
  /** Address buckets as `/bucket`. */
  readonly s3UsePathStyle?: boolean;
  readonly report: (line: string) => void;
}

/** What the service and a worker are both made of. */
export interface Parts {
  readonly lock: StateLock;
  readonly source: FleetSource;
  /** As it was at the start. */
  readonly fleet: Fleet;
  readonly store: Store;
  readonly engine: Engine;
  readonly vault: VaultPort;
  /** What the policy rules accept all the same; undefined where no file is set. */
  readonly exemptions: ExemptionsOf | undefined;
}

export interface PartsOptions {
  readonly report: (line: string) => void;
  readonly engine: (context: EngineContext) => Promise<Engine>;
  /** Instead of the functions in the vault account, for tests. */
  readonly vault?: VaultPort;
}

/**
 * Holds the state folder and opens what is in it. Each step that has to be undone is added to `undo` as soon as it is done.
 * Throws `RUN_STATE_HELD`, `SPEC_INVALID` (fleet file), `RUN_STORE`, `ENGINE_MISSING`, …
 */
export async function openParts(
  config: ServiceConfig,
  options: PartsOptions,
  undo: (() => Promise<void>)[],
): Promise<Parts> {
  const { report } = options;
  const { stateDir, databaseUrl, backendUrl, passphraseFile, secretsProvider } = config;
  const lock = await lockState(stateDir);
  undo.push(() => lock.release());

  // Before anything slow: mistakes in the fleet file and in the exemptions are known at once.
  const source = fleetFileSource(config.fleetFile);
  const { fleet } = await source();
  const exemptions = exemptionsOf(config);

  const store = await openStore({
    stateDir,
    report,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  undo.push(() => store.close());
  const engine = await options.engine({
    stateDir,
    report,
    s3UsePathStyle: config.s3UsePathStyle,
    ...(exemptions === undefined ? {} : { exemptions }),
    ...(backendUrl === undefined ? {} : { backendUrl }),
    ...(passphraseFile === undefined ? {} : { passphraseFile }),
    ...(secretsProvider === undefined ? {} : { secretsProvider }),
  });
  undo.push(() => engine.close());
  await engine.recover?.();
  const vault = options.vault ?? vaultOf(config, source);
  return { lock, source, fleet, store, engine, vault, exemptions };
}

/** The exemptions of the file, where one is set. */
function exemptionsOf({ exemptionsFile: file }: ServiceConfig): ExemptionsOf | undefined {
  if (file === undefined) return undefined;
  return exemptionsFile(
    file,
    RULES.map(({ id }) => id),
  );
}

function vaultOf({ s3UsePathStyle }: ServiceConfig, source: FleetSource): VaultPort {
  return createVaultAdapter({
    settings: async () => {
      const { fleet } = await source();
      return {
        organizationId: fleet.organization.id,
        accountId: fleet.vault.account,
        primaryRegion: fleet.vault.primaryRegion,
        recoveryRegion: fleet.vault.recoveryRegion,
        externalId: fleet.service.externalId,
      };
    },
    s3UsePathStyle,
  });
}

/**
 * Refuses settings with which processes on several hosts would not work on the same runs and states (`SPEC_SETTINGS`, with
 * everything that is missing).
 */
export function requireShared(config: ServiceConfig, { works }: { readonly works: boolean }): void {
  const problems: Problem[] = [];
  const miss = (name: string, why: string): void => {
    problems.push({ pointer: `/${name}`, message: `${name} is not set: ${why}` });
  };
  if (config.databaseUrl === undefined) {
    miss("DATABASE_URL", "the runs are in a Postgres server that all processes reach");
  }
  if (config.backendUrl === undefined) {
    miss("PULUMI_BACKEND_URL", "the states are in S3 or in a folder that all hosts share");
  }
  if (works && config.passphraseFile === undefined && config.secretsProvider === undefined) {
    miss(
      "STRONGROOM_PASSPHRASE_FILE",
      "all hosts need the same passphrase, or STRONGROOM_SECRETS_PROVIDER",
    );
  }
  if (problems.length === 0) return;
  throw new AppError("SPEC_SETTINGS", "Several processes need settings that they share.", {
    action: "Set the variables; docs/several-hosts.md says how.",
    problems,
  });
}

/** Undoes the start, last step first. A step that fails does not keep the others from being done. */
export async function undoAll(
  steps: (() => Promise<void>)[],
  report: (line: string) => void,
): Promise<void> {
  for (const step of steps.toReversed()) {
    await step().catch((error: unknown) =>
      report(`while stopping: ${AppError.from(error).message}`),
    );
  }
}
