import { setTimeout as sleep } from "node:timers/promises";

import { Counter, Gauge, type Registry } from "prom-client";

import { COVERAGE_STATES, type VaultService } from "../vault-ports";

/** What was read from the vault is good for this long: scraping must not cost calls to AWS each time. */
const FRESH_MS = 60_000;
/** A scrape waits no longer for the vault; the numbers read before are shown then. */
const PATIENCE_MS = 5000;

/** How the secrets are kept, as measurements. They are absent until the vault was read once. */
function vaultGauges(registry: Registry) {
  const registers = [registry];
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name, help, registers });
    // Else it begins as 0, and a drill that was never held would look like one that failed.
    made.remove();
    return made;
  };
  return {
    secrets: new Gauge({
      name: "strongroom_coverage_secrets",
      help: "Secrets in scope by state, of the accounts that the last sweep could look at",
      labelNames: ["state"],
      registers,
    }),
    accounts: new Gauge({
      name: "strongroom_coverage_accounts",
      help: "Accounts by state; unreachable ones could not be looked at by the last sweep",
      labelNames: ["state"],
      registers,
    }),
    oldest: gauge(
      "strongroom_coverage_oldest_missing_seconds",
      "Age of the oldest change of a secret that is not kept; 0 when everything is",
    ),
    sweep: gauge(
      "strongroom_coverage_oldest_sweep_seconds",
      "Time since the last sweep of the account that was swept longest ago",
    ),
    drillPassed: gauge(
      "strongroom_drill_passed",
      "1 when the last drill passed, 0 when it did not",
    ),
    drillAge: gauge("strongroom_drill_age_seconds", "Time since the last drill was begun"),
    drillTime: gauge(
      "strongroom_drill_recovery_time_seconds",
      "Longest time from the order to a proven value in the last drill",
    ),
    drillPoint: gauge(
      "strongroom_drill_recovery_point_seconds",
      "Longest time between a secret's last change and its backup in the last drill",
    ),
    errors: new Counter({
      name: "strongroom_vault_read_errors_total",
      help: "Attempts to read coverage and drills for these measurements that failed",
      registers,
    }),
  };
}

/**
 * Measurements of coverage and of the last drill, read from the vault when they are scraped, at most once a minute. Where the
 * vault cannot be read, the numbers of the last time stay and an error is counted; a scrape never fails on it.
 */
export function vaultMetrics(
  registry: Registry,
  vault: Pick<VaultService, "coverage" | "drills">,
  now: () => number = Date.now,
): () => Promise<void> {
  const gauges = vaultGauges(registry);
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const [coverage, [drill]] = await Promise.all([vault.coverage(), vault.drills(1)]);
    const at = now();
    const ages = (times: readonly string[]) => times.map((time) => (at - Date.parse(time)) / 1000);
    for (const state of ["covered", "missing", "failed"] as const) {
      gauges.secrets.set({ state }, coverage[state]);
    }
    for (const state of COVERAGE_STATES) {
      const count = coverage.accounts.filter((account) => account.state === state).length;
      gauges.accounts.set({ state }, count);
    }
    gauges.oldest.set(coverage.oldestMissingSeconds);
    const members = coverage.accounts.filter(({ state }) => state !== "former");
    const sweeps = ages(members.flatMap(({ sweptAt }) => sweptAt ?? []));
    if (sweeps.length > 0) gauges.sweep.set(Math.max(...sweeps));
    if (drill === undefined) return;
    gauges.drillPassed.set(drill.passed ? 1 : 0);
    gauges.drillAge.set(Math.max(...ages([drill.startedAt])));
    gauges.drillTime.set(drill.rtoSeconds);
    gauges.drillPoint.set(drill.rpoSeconds);
  }

  return async () => {
    if (reading === undefined && now() - readAt >= FRESH_MS) {
      readAt = now();
      reading = read()
        .catch(() => gauges.errors.inc())
        .finally(() => (reading = undefined));
    }
    if (reading === undefined) return;
    const enough = new AbortController();
    const patience = sleep(PATIENCE_MS, undefined, { signal: enough.signal, ref: false });
    await Promise.race([reading, patience.catch(() => undefined)]);
    enough.abort();
  };
}
