import { auditHash, createAuditService, FIRST_PREVIOUS } from "../../server/audit/chain";
import { fleetCoverage, secretsPage } from "../../server/fleet/coverage";
import { summaryOf } from "../../server/fleet/vault-service";
import type { AuditAnchor, AuditEntry, AuditService, AuditVerdict } from "../../server/runs-ports";
import type {
  FleetCoverage,
  FleetRotations,
  SecretQuery,
  VaultService,
} from "../../server/vault-ports";
import type { AccountCoverage, DrillReport, SecretCoverage } from "../../lambdas/model";
import type { RotationItem } from "../../lambdas/rotation-model";

const AT = "2026-01-02T03:04:05.000Z";

/** A secret as a sweep found it. */
export const sampleSecret = (over: Partial<SecretCoverage> = {}): SecretCoverage => ({
  accountId: "111122223333",
  region: "eu-central-1",
  name: "app/database",
  suffix: "AbCdEf",
  state: "covered",
  kept: 2,
  versions: 2,
  changedAt: AT,
  newestBackupAt: AT,
  ...over,
});

/** The coverage of an account whose secrets are these. */
export function sampleCoverage(
  accountId: string,
  items: readonly SecretCoverage[],
  over: Partial<AccountCoverage> = {},
): AccountCoverage {
  const count = (state: SecretCoverage["state"]): number =>
    items.filter((item) => item.state === state).length;
  return {
    schema: 1,
    accountId,
    environment: "prod",
    sweptAt: AT,
    seconds: 1.2,
    secrets: items.length - count("kept-after-deletion"),
    covered: count("covered"),
    missing: count("missing"),
    failed: count("failed"),
    oldestMissingSeconds: count("missing") > 0 ? 90 : 0,
    items,
    ...over,
  };
}

/** What is kept, in memory behind the real port. */
export class FakeVaultService implements VaultService {
  swept: readonly AccountCoverage[] = [];
  members = [{ accountId: "111122223333", name: "app", environment: "prod" }];
  reports: readonly DrillReport[] = [];
  rotated: readonly RotationItem[] = [];
  failure: Error | undefined;

  #check(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  async coverage(account?: string): Promise<FleetCoverage> {
    await this.#check();
    const isAsked = ({ accountId }: { accountId: string }): boolean =>
      account === undefined || account === accountId;
    return fleetCoverage(this.members.filter(isAsked), this.swept.filter(isAsked));
  }

  async secrets(query: SecretQuery): ReturnType<VaultService["secrets"]> {
    await this.#check();
    return secretsPage(this.swept, query);
  }

  async drills(limit: number): ReturnType<VaultService["drills"]> {
    await this.#check();
    return this.reports.slice(0, limit).map(summaryOf);
  }

  async rotations(account?: string): Promise<FleetRotations> {
    await this.#check();
    const items = this.rotated.filter(({ accountId }) => (account ?? accountId) === accountId);
    const accounts = this.members.map(({ accountId, environment }) => ({
      accountId,
      environment,
      lookedAt: AT,
    }));
    return { items, accounts };
  }

  async drill(id: string): Promise<DrillReport | undefined> {
    await this.#check();
    return this.reports.find(({ drillId }) => drillId === id);
  }
}

/** A chain of entries, one for each action. */
export function sampleEntries(...actions: readonly string[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const [index, action] of actions.entries()) {
    const entry = {
      seq: index + 1,
      at: AT,
      subject: "token:approver",
      action,
      runId: "run-1",
      reason: "because",
      details: { operation: "restore" },
      previous: entries.at(-1)?.hash ?? FIRST_PREVIOUS,
    };
    entries.push({ ...entry, hash: auditHash(entry) });
  }
  return entries;
}

/** The audit log in memory; tests may spoil it. */
export class FakeAudit implements AuditService {
  log: AuditEntry[] = [];

  entries({
    limit,
    before = Infinity,
    runId,
  }: {
    limit: number;
    before?: number;
    runId?: string;
  }): Promise<readonly AuditEntry[]> {
    const found = this.log.filter(
      (entry) => entry.seq < before && (runId === undefined || entry.runId === runId),
    );
    return Promise.resolve(found.reverse().slice(0, limit));
  }

  verify(seen?: AuditAnchor): Promise<AuditVerdict> {
    return createAuditService({
      audit: (query) => this.entries(query),
      auditAfter: (after, limit) =>
        Promise.resolve(this.log.filter(({ seq }) => seq > after).slice(0, limit)),
    }).verify(seen);
  }
}
