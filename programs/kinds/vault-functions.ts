import path from "node:path";

import type { Output } from "@pulumi/pulumi";

import { bucketName, NAMES } from "../../stacks/naming";
import { createAlarm, type AlarmArgs } from "../components/alarm";
import type { BoundedRole } from "../components/bounded-role";
import { FunctionSchedule } from "../components/function-schedule";
import type { MultiRegionKey } from "../components/multi-region-key";
import { VaultFunction, type VaultFunctionArgs } from "../components/vault-function";
import { functionNames, logGroupOf, regionsOf, type FunctionName } from "../iam/function-places";
import type { VaultOutputs } from "../outputs";

import type { Vault } from "./vault-context";
import type { Events } from "./vault-events";

/** What the functions need of the rest of the vault. */
export interface FunctionParts {
  readonly roles: Readonly<Record<FunctionName, BoundedRole>>;
  readonly backupKey: MultiRegionKey;
  readonly digestKey: MultiRegionKey;
  readonly serviceKey: MultiRegionKey;
  readonly events: Events;
}

type Own = Pick<VaultFunctionArgs, "description" | "timeoutSeconds" | "memory">;

/** Timeouts leave room for a slow member: what is cut off is begun again from the start. */
const FUNCTIONS: Readonly<Record<FunctionName, Own>> = {
  backup: {
    description: "Keeps every version of a changed secret",
    timeoutSeconds: 300,
    memory: 512,
  },
  sweep: {
    description: "Compares what exists with what is kept, account by account",
    timeoutSeconds: 900,
    memory: 1024,
  },
  restore: {
    description: "Plans a restore, and writes what a plan says",
    timeoutSeconds: 900,
    memory: 1024,
  },
  drill: {
    description: "Restores samples below a name of its own and says how long it took",
    timeoutSeconds: 900,
    memory: 1024,
  },
  rotate: {
    description: "Enrols secrets, starts rotations that are due, and sees each through",
    timeoutSeconds: 900,
    memory: 512,
  },
};

/** Time between two looks for rotations that are due, minutes; windows are hours. */
const ROTATE_MINUTES = 15;

/** Secrets of each account that a scheduled drill restores. */
const DRILL_SAMPLE = 3;

/** The functions, with what calls them and the alarms on them. */
export function createFunctions(
  it: Vault,
  parts: FunctionParts,
): Pick<VaultOutputs, "functionArns"> {
  const made = functionNames(it.spec).flatMap((name) =>
    regionsOf(name, it.spec).map((region) => ({
      name,
      region,
      lambda: createFunction(it, parts, name, region),
    })),
  );
  createSchedules(it, parts, (wanted) => {
    const found = made.find(({ name }) => name === wanted);
    return found?.lambda;
  });
  for (const { name, region } of made) createFunctionAlarms(it, parts, name, region);
  createOutcomeAlarms(it, parts);
  const { primaryRegion, recoveryRegion } = it.spec;
  return {
    functionArns: Object.fromEntries(
      [primaryRegion, recoveryRegion].map((region) => [
        region,
        Object.fromEntries(
          made
            .filter((one) => one.region === region)
            .map(({ name, lambda }) => [name, lambda.arn] as const),
        ),
      ]),
    ),
  };
}

/** A function of the recovery Region has a name of its own in the stack; in AWS both have the same. */
const nameIn = (it: Vault, name: FunctionName, region: string) =>
  region === it.spec.primaryRegion ? name : `recovery-${name}`;

function createFunction(
  it: Vault,
  parts: FunctionParts,
  name: FunctionName,
  region: string,
): VaultFunction {
  const { queues } = parts.events;
  return new VaultFunction(
    `${nameIn(it, name, region)}-function`,
    {
      ...FUNCTIONS[name],
      functionName: NAMES.functionRoles[name],
      region,
      // Beside this file as it is built: setup/build.mjs puts the bundles there.
      code: path.resolve(__dirname, "../../lambdas/bundles", name),
      roleArn: parts.roles[name].arn,
      environment: {
        ...environment(it, parts),
        ...(name === "rotate" && queues.rotations !== undefined
          ? { STRONGROOM_ROTATION_QUEUE_URL: queues.rotations.url }
          : {}),
      },
      logGroup: logGroupOf(name),
      logKeyArn: parts.serviceKey.arnIn(region),
      // Those that a schedule asks, and nobody waits for.
      ...(["sweep", "drill", "rotate"].includes(name)
        ? { deadLetterArn: queues.failures.arn }
        : {}),
      ...(name === "backup"
        ? { source: { queueArn: queues.work.arn, batchSize: 10, atOnce: 20 } }
        : {}),
      // An account at a time: a slow one holds up nobody else's.
      ...(name === "sweep"
        ? { source: { queueArn: queues.sweeps.arn, batchSize: 1, atOnce: 20 } }
        : {}),
      // What a burst may ask of Secrets Manager and of the databases behind it.
      ...(name === "rotate" && queues.rotations !== undefined
        ? { source: { queueArn: queues.rotations.arn, batchSize: 1, atOnce: 10 } }
        : {}),
    },
    it.opts,
  );
}

/** The settings of lambdas/aws/config.ts; the same for each function and in both Regions. */
function environment(
  { spec }: Vault,
  { backupKey, digestKey, events }: FunctionParts,
): Record<string, string | Output<string>> {
  const { primaryRegion, recoveryRegion } = spec;
  const bucket = (region: string) =>
    bucketName("backup", spec.accountId, region, spec.organizationId);
  return {
    STRONGROOM_ORGANIZATION_ID: spec.organizationId,
    STRONGROOM_VAULT_ACCOUNT_ID: spec.accountId,
    STRONGROOM_EXTERNAL_ID: spec.externalId,
    STRONGROOM_PRIMARY_REGION: primaryRegion,
    STRONGROOM_RECOVERY_REGION: recoveryRegion,
    STRONGROOM_BACKUP_BUCKET: bucket(primaryRegion),
    STRONGROOM_RECOVERY_BUCKET: bucket(recoveryRegion),
    STRONGROOM_BACKUP_KEY_ARN: backupKey.arnIn(primaryRegion),
    STRONGROOM_DIGEST_KEY_ARN: digestKey.arnIn(primaryRegion),
    STRONGROOM_WORK_QUEUE_URL: events.queues.work.url,
    STRONGROOM_SWEEP_QUEUE_URL: events.queues.sweeps.url,
  };
}

function createSchedules(
  { spec, opts }: Vault,
  { events }: FunctionParts,
  functionOf: (name: FunctionName) => VaultFunction | undefined,
): void {
  const schedule = (
    name: "sweep" | "drill" | "rotate",
    description: string,
    expression: string,
    order: Readonly<Record<string, unknown>>,
  ) => {
    const called = functionOf(name);
    if (called === undefined) return;
    new FunctionSchedule(
      `${name}-schedule`,
      {
        ruleName: NAMES.scheduleRules[name],
        region: spec.primaryRegion,
        accountId: spec.accountId,
        description,
        expression,
        functionArn: called.arn,
        order,
        deadLetterArn: events.queues.failures.arn,
      },
      opts,
    );
  };
  schedule("sweep", "Compares all secrets with the backups", rate(spec.sweepMinutes, "minute"), {
    order: "sweep-all",
  });
  schedule("drill", "Holds a drill", rate(spec.drillHours, "hour"), {
    order: "drill-scheduled",
    samplePerAccount: DRILL_SAMPLE,
    targets: spec.drillTargets,
  });
  schedule("rotate", "Looks for secrets to rotate", rate(ROTATE_MINUTES, "minute"), {
    order: "rotations-all",
  });
}

/** EventBridge wants the singular for one. */
const rate = (count: number, unit: string) => `rate(${count} ${unit}${count === 1 ? "" : "s"})`;

function createFunctionAlarms(
  it: Vault,
  { events }: FunctionParts,
  name: FunctionName,
  region: string,
): void {
  const topicArn = events.topics[region]?.arn;
  if (topicArn === undefined) return;
  const place = nameIn(it, name, region);
  const alarm = (what: string, args: Pick<AlarmArgs, "description" | "metricName">) =>
    createAlarm(
      `${place}-${what}-alarm`,
      {
        ...args,
        alarmName: `strongroom-${place}-${what}`,
        region,
        topicArn,
        namespace: "AWS/Lambda",
        dimensions: { FunctionName: NAMES.functionRoles[name] },
        statistic: "Sum",
        above: 0,
      },
      it.opts,
    );
  alarm("errors", {
    metricName: "Errors",
    description: `The function ${NAMES.functionRoles[name]} failed. Its log says why; what was in a queue is tried again.`,
  });
  alarm("throttles", {
    metricName: "Throttles",
    description: `The function ${NAMES.functionRoles[name]} was held back: the account's concurrency is used up.`,
  });
}

/** Alarms on what the functions find, from the metrics that they write into their logs. */
function createOutcomeAlarms({ spec, opts }: Vault, { events }: FunctionParts): void {
  const region = spec.primaryRegion;
  const topicArn = events.topics[region]?.arn;
  if (topicArn === undefined) return;
  const alarm = (name: string, metricName: string, description: string, above = 0) =>
    createAlarm(
      `${name}-alarm`,
      {
        alarmName: `strongroom-${name}`,
        region,
        topicArn,
        description,
        namespace: "Strongroom",
        metricName,
        dimensions: {},
        statistic: "Maximum",
        above,
      },
      opts,
    );
  // One sweep finds what is missing and orders its backup; at the second one it must be there.
  alarm(
    "coverage-missing",
    "OldestMissing",
    "A change of a secret is not backed up after two sweeps. `strongroom coverage` says which and why.",
    2 * spec.sweepMinutes * 60,
  );
  alarm(
    "coverage-failed",
    "Failed",
    "The backup of a secret failed. `strongroom coverage` says which and why.",
  );
  alarm(
    "account-unreachable",
    "Unreachable",
    "A sweep could not look at an account: its role, its key or the organization keeps the vault out.",
  );
  alarm(
    "drill-failed",
    "DrillFailed",
    "A drill failed: a backup could not be restored, was not equal, or took too long. Its report says which.",
  );
  if (spec.rotates !== true) return;
  alarm(
    "rotation-failed",
    "RotationFailed",
    "A rotation failed or was taken back; the value before is the current one. `strongroom rotation` says which and why.",
  );
  alarm(
    "rotation-overdue",
    "RotationsOverdue",
    "A secret was not rotated in its time. `strongroom rotation` says which and why.",
  );
}
