import { ownIdentity } from "./processes";
import { type Engine, type EngineContext, openParts, requireShared, undoAll } from "./parts";
import { createWorker } from "./runs/executor";
import type { ServiceConfig } from "./config";
import type { VaultPort } from "./vault-ports";

export interface StartWorkerOptions {
  /** Tells what is done while it is done, one line each. */
  readonly report: (line: string) => void;
  readonly engine: (context: EngineContext) => Promise<Engine>;
  /** Instead of the functions in the vault account, for tests. */
  readonly vault?: VaultPort;
  /** A worker that is silent for so long has lost what it works on; 60 s. */
  readonly leaseSeconds?: number;
}

/** A worker process that runs. */
export interface RunningWorker {
  /** Where the runs come from, without a password. */
  readonly database: string;
  /** Who works: `<host>:<pid>`. */
  readonly name: string;
  /** Takes no more work, interrupts what runs (others go on with it) and closes everything. May be called again. */
  close(): Promise<void>;
}

/**
 * Works on runs that services on this or other hosts accept, without a service of its own. Throws with one clear reason,
 * and nothing is left running then.
 */
export async function startWorker(
  config: ServiceConfig,
  options: StartWorkerOptions,
): Promise<RunningWorker> {
  requireShared(config, { works: true });
  const { report } = options;
  const undo: (() => Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= undoAll(undo, report));
  try {
    const { store, engine, vault, exemptions } = await openParts(config, options, undo);
    const { concurrency, awsRates } = config;
    const worker = createWorker({
      store,
      engine: engine.port,
      vault,
      ...(exemptions === undefined ? {} : { exemptions }),
      concurrency,
      awsRates,
      ...(options.leaseSeconds === undefined ? {} : { leaseSeconds: options.leaseSeconds }),
      report,
    });
    undo.push(() => worker.stop());
    await worker.start();
    const { host, pid } = ownIdentity();
    return { database: store.description, name: `${host}:${pid}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
