import type { EnginePort, ExemptionsOf } from "../ports";
import type { Store } from "../store/types";
import type { VaultPort } from "../vault-ports";
import { type AwsRates, AwsBudget, DEFAULT_AWS_RATES } from "./aws-budget";
import { checkConclusion } from "./conclude-check";
import { checkExecutor } from "./execute-check";
import { vaultExecutor } from "./execute-vault";
import type { ExecuteJob } from "./outcome";
import { Worker } from "./worker";

/** What is needed to work on runs. */
export interface WorkOptions {
  readonly store: Store;
  readonly engine: EnginePort;
  readonly vault: VaultPort;
  /** What the rules accept all the same in what is deployed; nothing by default. */
  readonly exemptions?: ExemptionsOf;
  /** How long a backup waits for what it ordered, milliseconds; 10 minutes. */
  readonly backupWaitMs?: number;
  /** Most stack operations at the same time. */
  readonly concurrency: number;
  /** Memory in MiB left to the rest of the machine; 512 by default. */
  readonly reserveMiB?: number;
  /** Memory in MiB that programs can still get; the system's own number by default. */
  readonly availableMiB?: () => number;
  readonly awsRates?: AwsRates;
  /** A worker that is silent for so long has lost what it works on; 60 s. */
  readonly leaseSeconds?: number;
  /** How long a stamp waits for word from the host that holds its lock, seconds; 10 minutes. */
  readonly proofSeconds?: number;
  readonly report: (line: string) => void;
}

/** Stacks go to the engine, their states to the rules, everything else to the vault's functions. */
function executorOf({ engine, vault, exemptions, backupWaitMs }: WorkOptions): ExecuteJob {
  const toVault = vaultExecutor({ vault, ...(backupWaitMs === undefined ? {} : { backupWaitMs }) });
  const check = checkExecutor(engine, exemptions);
  return (job, onEvent, signal, watch) => {
    if ("spec" in job) return engine.execute(job, onEvent, signal, watch);
    return job.operation === "check" ? check(job, onEvent) : toVault(job, onEvent, signal);
  };
}

/** A worker over an open store; it takes work after `start`. */
export function createWorker(options: WorkOptions): Worker {
  const { store, concurrency, leaseSeconds, proofSeconds, report } = options;
  return new Worker({
    store,
    execute: executorOf(options),
    ...(options.exemptions === undefined ? {} : { conclude: checkConclusion(options.exemptions) }),
    concurrency,
    reserveMiB: options.reserveMiB ?? 512,
    availableMiB: options.availableMiB ?? (() => process.availableMemory() / 2 ** 20),
    budget: new AwsBudget(
      (name, rate) => store.sharedRate(name, rate),
      options.awsRates ?? DEFAULT_AWS_RATES,
    ),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    ...(proofSeconds === undefined ? {} : { proofSeconds }),
    report,
  });
}
