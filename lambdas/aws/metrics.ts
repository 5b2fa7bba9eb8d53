import type { Clock, Metrics } from "../ports";
import type { RotationMetrics } from "../rotate/ports";

import { toOutput, type WriteLine } from "./log";

type Unit = "Count" | "Seconds";
type Values = Readonly<Record<string, readonly [number, Unit]>>;

/**
 * Metrics as embedded metric format: CloudWatch reads them out of the log, so no call and no permission is needed. Each is
 * there once for all (no dimension), which alarms look at, and once for each dimension given.
 */
function metricWriter(clock: Clock, write: WriteLine) {
  return (values: Values, dimensions: Readonly<Record<string, string>> = {}) => {
    write(
      JSON.stringify({
        _aws: {
          Timestamp: clock.now().getTime(),
          CloudWatchMetrics: [
            {
              Namespace: "Strongroom",
              Dimensions: [[], ...Object.keys(dimensions).map((name) => [name])],
              Metrics: Object.entries(values).map(([Name, [, Unit]]) => ({ Name, Unit })),
            },
          ],
        },
        ...dimensions,
        ...Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value])),
      }),
    );
  };
}

/** The metrics of the function that rotates. */
export function createRotationMetrics(clock: Clock, write: WriteLine = toOutput): RotationMetrics {
  const put = metricWriter(clock, write);
  return {
    rotation: ({ outcome }) =>
      put({
        Rotated: [outcome === "rotated" ? 1 : 0, "Count"],
        RotationFailed: [outcome === "rotated" ? 0 : 1, "Count"],
      }),
    overdue: ({ accountId, environment }, count) =>
      put(
        { RotationsOverdue: [count, "Count"] },
        { AccountId: accountId, Environment: environment },
      ),
  };
}

/** The metrics of the functions that keep, restore and rehearse. */
export function createMetrics(clock: Clock, write: WriteLine = toOutput): Metrics {
  const put = metricWriter(clock, write);
  return {
    coverage: (coverage) =>
      put(
        {
          Secrets: [coverage.secrets, "Count"],
          Covered: [coverage.covered, "Count"],
          Missing: [coverage.missing, "Count"],
          Failed: [coverage.failed, "Count"],
          OldestMissing: [coverage.oldestMissingSeconds, "Seconds"],
          Unreachable: [coverage.error === undefined ? 0 : 1, "Count"],
          SweepTime: [coverage.seconds, "Seconds"],
        },
        { AccountId: coverage.accountId, Environment: coverage.environment },
      ),
    drill: (report) =>
      put({
        DrillFailed: [report.passed ? 0 : 1, "Count"],
        DrillRestored: [report.restored, "Count"],
        RecoveryTime: [report.rtoSeconds, "Seconds"],
        RecoveryPoint: [report.rpoSeconds, "Seconds"],
      }),
    backup: (written, failed, seconds) =>
      put({
        BackedUp: [written, "Count"],
        BackupFailed: [failed, "Count"],
        BackupTime: [seconds, "Seconds"],
      }),
  };
}
