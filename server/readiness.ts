import type { ReadinessCheck } from "./routes/context";

export interface ReadinessOptions {
  /** Rejects if the database does not answer. */
  readonly ping: () => Promise<void>;
  readonly discoveryAge: () => Promise<number | undefined>;
  /** Age from which the list of accounts counts as lost, seconds. */
  readonly maxDiscoveryAgeSeconds: number;
  readonly engine: () => Promise<readonly ReadinessCheck[]>;
  /** Longest wait for any check, milliseconds; 2000. */
  readonly timeoutMs?: number;
}

/** What `/readyz` answers. Each check has its own time limit; one that hangs is one that failed. */
export function readinessOf(options: ReadinessOptions): () => Promise<readonly ReadinessCheck[]> {
  const timeoutMs = options.timeoutMs ?? 2000;
  const check = async (
    name: string,
    work: () => Promise<readonly ReadinessCheck[]>,
  ): Promise<readonly ReadinessCheck[]> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly ReadinessCheck[]>((resolve) => {
      timer = setTimeout(() => resolve([{ name, ok: false, detail: "no answer" }]), timeoutMs);
    });
    const failed = (): readonly ReadinessCheck[] => [{ name, ok: false, detail: "failed" }];
    try {
      return await Promise.race([work().catch(failed), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return async () => {
    const all = await Promise.all([
      check("database", async () => {
        await options.ping();
        return [{ name: "database", ok: true, detail: "answers" }];
      }),
      check("discovery", async () => {
        const age = await options.discoveryAge();
        if (age === undefined) {
          return [{ name: "discovery", ok: false, detail: "the accounts were never read" }];
        }
        const ok = age <= options.maxDiscoveryAgeSeconds;
        return [
          { name: "discovery", ok, detail: `the accounts were read ${Math.round(age)} s ago` },
        ];
      }),
      check("engine", options.engine),
    ]);
    return all.flat();
  };
}
