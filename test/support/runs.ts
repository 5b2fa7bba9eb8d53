import { randomBytes, createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { StackKind } from "../../stacks/kinds";
import { parseStampName, stampName, type StampName } from "../../stacks/naming";
import type { RolloutRules } from "../../stacks/rollout";
import type { PlannedRun, PlannedStamp, RunPlanner } from "../../server/runs/planner";
import type { IdempotencyKey, RunRequest } from "../../server/runs-ports";
import { createRunService, type ManagedRunService } from "../../server/runs/service";
import { FakeVault } from "./fake-vault";

/** A folder for one test file; `remove` when the file is done. */
export function scratchFolder(name: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), `strongroom-${name}-`));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

type RunServiceOptions = Parameters<typeof createRunService>[0];

/** Runs with room for four stamps at a time, whatever memory the machine has; `parts` says what is of the test's own. */
export function runsOf(
  parts: Pick<RunServiceOptions, "store" | "engine" | "planner"> & Partial<RunServiceOptions>,
): ManagedRunService {
  return createRunService({
    vault: new FakeVault(),
    clock: { now: () => new Date() },
    concurrency: 4,
    reserveMiB: 0,
    availableMiB: () => 100_000,
    report: () => undefined,
    ...parts,
  });
}

export const VAULT = "222222222222";

/** Spec and connection are for the engine alone; the runs only carry them. */
function planned(kind: StackKind, accountId: string, dependsOn: StampName[]): PlannedStamp {
  return {
    stamp: stampName(kind, accountId),
    accountId,
    kind,
    wave: 0,
    dependsOn,
    spec: {
      kind: "access",
      version: 1,
      accountId,
      organizationId: "o-exampleorg1",
      vaultAccountId: VAULT,
      tags: {},
      region: "eu-central-1",
      trustedRoleArn: "arn:aws:iam::333333333333:role/strongroom/service",
      externalId: "an-external-id-of-tests",
      sessionSeconds: 3600,
      regions: ["eu-central-1"],
    },
    connection: { assumeRoles: [], s3UsePathStyle: true },
  };
}

/** Access, vault and member stamps of the given accounts, as the real plan orders them, and one suspended account. */
export function fleetPlan(members: readonly string[]): PlannedRun {
  const access = [VAULT, ...members].map((id) => planned("access", id, []));
  const vault = planned("vault", VAULT, [stampName("access", VAULT)]);
  const spokes = members.map((id) => planned("member", id, [stampName("access", id), vault.stamp]));
  return {
    stamps: [...access, vault, ...spokes],
    accounts: [
      ...[VAULT, ...members].map((accountId) => ({ accountId, name: `account ${accountId}` })),
      { accountId: "999999999999", name: "old", reason: "The account is suspended." },
    ],
  };
}

/** Plans what the target's stamps name, or the fleet where it names none. */
export class FakePlanner implements RunPlanner {
  calls = 0;
  driftSamplePercent = 0;
  rollout: RolloutRules | undefined;
  /** Of what is not an `up`: it begins when a second person has approved it. */
  secondPerson: RolloutRules | undefined;
  /** Waves of named stamps, by place in the target; all in the first one where it is not there. */
  waves: readonly number[] = [];
  constructor(private readonly fleet: readonly string[] = []) {}

  plan(request: RunRequest): Promise<PlannedRun> {
    this.calls++;
    const { driftSamplePercent } = this;
    const rollout = request.operation === "up" ? this.rollout : this.secondPerson;
    const gates = rollout === undefined ? {} : { rollout };
    const { stamps } = request.target;
    if (stamps === undefined) {
      return Promise.resolve({ ...fleetPlan(this.fleet), driftSamplePercent, ...gates });
    }
    const names = stamps.map((stamp) => parseStampName(stamp));
    return Promise.resolve({
      driftSamplePercent,
      ...gates,
      stamps: names.map(({ kind, accountId }, index) => ({
        ...planned(kind, accountId, []),
        wave: this.waves[index] ?? 0,
      })),
      accounts: [...new Set(names.map(({ accountId }) => accountId))].map((accountId) => ({
        accountId,
        name: `account ${accountId}`,
      })),
    });
  }
}

let accounts = 100_000_000_000;
/** An account id that no other test of this process uses: leases of different tests never meet. */
export const newAccount = (): string => String(++accounts);

/** A key that nobody used before, for a request. */
export function keyFor(request: RunRequest, key?: string, subject = "tester"): IdempotencyKey {
  return {
    subject,
    key: key ?? randomBytes(12).toString("hex"),
    fingerprint: createHash("sha256").update(JSON.stringify(request)).digest("hex"),
  };
}
