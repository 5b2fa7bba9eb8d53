import { setTimeout as sleep } from "node:timers/promises";

import type {
  AccountCoverage,
  DrillReport,
  DrillRequest,
  Member,
  RestoreItem,
  RestoreRequest,
  SecretCoverage,
} from "../../lambdas/model";
import type {
  AccountRotations,
  RotateNowRequest,
  RotationNote,
} from "../../lambdas/rotation-model";
import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { RestoreResult, RotateResult, VaultPort } from "../../server/vault-ports";

const AT = "2026-01-02T03:04:05.000Z";
const SUFFIX = "AbCdEf";

/** A secret of the fake, and how it behaves. */
export interface FakeSecret {
  readonly name: string;
  readonly region?: string;
  /** How many looks after the order it takes until it is kept; 0 is at once, Infinity never. */
  readonly looks?: number;
  /** Why it cannot be kept. */
  readonly failure?: string;
  /** Its restore is refused, and why. */
  readonly refused?: string;
  /** What its restore does. */
  readonly action?: RestoreItem["action"];
}

interface Kept {
  readonly secret: FakeSecret;
  left: number;
  ordered: boolean;
}

/** The vault's functions in memory behind the real port; two items a part, so that every restore has several. */
export class FakeVault implements VaultPort {
  readonly accounts = new Map<string, Kept[]>();
  readonly unreachable = new Set<string>();
  readonly swept = new Map<string, AccountCoverage>();
  readonly reports = new Map<string, DrillReport>();
  readonly calls: string[] = [];
  readonly orders: RestoreRequest[] = [];
  /** The members of the last sweep over all. */
  members: readonly Member[] = [];
  /** Thrown instead of an answer. */
  failure: Error | undefined;
  /** Milliseconds that each call takes; it can be interrupted. */
  takes = 0;
  drillPasses = true;

  put(accountId: string, ...secrets: readonly FakeSecret[]): void {
    const kept = secrets.map((secret) => ({ secret, left: secret.looks ?? 0, ordered: false }));
    this.accounts.set(accountId, [...(this.accounts.get(accountId) ?? []), ...kept]);
  }

  private async call(name: string, signal?: AbortSignal): Promise<void> {
    this.calls.push(name);
    signal?.throwIfAborted();
    await sleep(this.takes, undefined, signal === undefined ? {} : { signal });
    if (this.failure !== undefined) throw this.failure;
  }

  async sweepAccount(
    { member, backup }: { member: Member; backup: boolean },
    signal?: AbortSignal,
  ): Promise<AccountCoverage> {
    await this.call(`sweep ${member.accountId}${backup ? " with backup" : ""}`, signal);
    const { accountId, environment } = member;
    const kept = this.accounts.get(accountId) ?? [];
    for (const one of kept) {
      if (one.secret.failure === undefined && one.ordered && one.left > 0) one.left -= 1;
      if (backup) one.ordered = true;
    }
    const items = this.unreachable.has(accountId)
      ? []
      : kept.map((one): SecretCoverage => this.coverageOf(accountId, one));
    const count = (state: SecretCoverage["state"]): number =>
      items.filter((item) => item.state === state).length;
    const coverage: AccountCoverage = {
      schema: 1,
      accountId,
      environment,
      sweptAt: AT,
      seconds: 0.1,
      secrets: items.length,
      covered: count("covered"),
      missing: count("missing"),
      failed: count("failed"),
      oldestMissingSeconds: count("missing") > 0 ? 60 : 0,
      items,
      ...(this.unreachable.has(accountId)
        ? { error: { code: "ROLE_NOT_ASSUMED", message: "the reader role is not there" } }
        : {}),
    };
    this.swept.set(accountId, coverage);
    return coverage;
  }

  private coverageOf(accountId: string, { secret, left, ordered }: Kept): SecretCoverage {
    const { name, region = "eu-central-1", failure } = secret;
    const covered = failure === undefined && ordered && left === 0;
    const state = failure !== undefined ? "failed" : covered ? "covered" : "missing";
    return {
      accountId,
      region,
      name,
      suffix: SUFFIX,
      state,
      kept: covered ? 1 : 0,
      versions: 1,
      changedAt: AT,
      ...(covered ? { newestBackupAt: AT } : {}),
      ...(covered ? {} : { reason: failure ?? "its backup is ordered" }),
    };
  }

  async sweepAll(members: readonly Member[], signal?: AbortSignal): Promise<void> {
    await this.call("sweep all", signal);
    this.members = members;
  }

  private planned(request: RestoreRequest): RestoreResult {
    const { selection, destination, point, overwriteNewer } = request;
    const items = selection.accountIds.flatMap((accountId) =>
      (this.accounts.get(accountId) ?? [])
        .filter(({ secret }) => selection.name === undefined || secret.name === selection.name)
        .map(({ secret }): RestoreItem => {
          const { name, region = "eu-central-1", refused } = secret;
          return {
            from: { accountId, region, name, suffix: SUFFIX },
            to: {
              accountId: destination.accountId ?? accountId,
              region: destination.region ?? region,
              name,
            },
            versionId: "v1",
            changedAt: AT,
            action: refused === undefined ? (secret.action ?? "create") : "refuse",
            cancelsDeletion: false,
            ...(refused === undefined ? {} : { reason: refused }),
          };
        }),
    );
    return { planDigest: digest({ selection, point, overwriteNewer, items }), items };
  }

  async restorePlan(request: RestoreRequest, signal?: AbortSignal): Promise<RestoreResult> {
    await this.call(`plan ${request.selection.accountIds.join()}`, signal);
    this.orders.push(request);
    return this.planned(request);
  }

  async restoreWrite(
    request: RestoreRequest,
    onPart: (items: readonly RestoreItem[]) => void,
    signal?: AbortSignal,
  ): Promise<RestoreResult> {
    await this.call(`write ${request.selection.accountIds.join()}`, signal);
    this.orders.push(request);
    const { planDigest, items } = this.planned(request);
    if (request.planDigest !== planDigest) {
      throw new AppError("RESTORE_PLAN_CHANGED", "the plan is another one by now");
    }
    const written = items.map((item) =>
      item.action === "refuse" ? item : { ...item, verified: true },
    );
    for (let from = 0; from < written.length; from += 2) onPart(written.slice(from, from + 2));
    return { planDigest, items: written };
  }

  /** Notes that a rotation answers, in two parts. */
  readonly notes: RotationNote[] = [];
  readonly rotated: RotateNowRequest[] = [];
  readonly looks: AccountRotations[] = [];

  async rotate(
    request: RotateNowRequest,
    onPart: (items: readonly RotationNote[]) => void,
    signal?: AbortSignal,
  ): Promise<RotateResult> {
    await this.call(`rotate ${request.member.accountId} ${request.name}`, signal);
    this.rotated.push(request);
    const items = this.notes.filter(({ accountId }) => accountId === request.member.accountId);
    onPart(items.slice(0, 1));
    onPart(items.slice(1));
    return { items };
  }

  async rotations(): Promise<readonly AccountRotations[]> {
    await this.call("rotations");
    return this.looks;
  }

  async drill(request: DrillRequest, signal?: AbortSignal): Promise<DrillReport> {
    await this.call(`drill ${request.wholeAccountId ?? ""}`, signal);
    const report = sampleReport({
      drillId: request.drillId,
      passed: this.drillPasses,
      targets: request.targets,
      problems: this.drillPasses ? [] : ["a value was not the one that was backed up"],
    });
    this.reports.set(report.drillId, report);
    return report;
  }

  async coverage(): Promise<readonly AccountCoverage[]> {
    await this.call("coverage");
    return [...this.swept.values()];
  }

  async drillIds(): Promise<readonly string[]> {
    await this.call("drill ids");
    return [...this.reports.keys()].reverse();
  }

  async drillReport(id: string): Promise<DrillReport | undefined> {
    await this.call(`report ${id}`);
    return this.reports.get(id);
  }
}

/** A report of a drill, all fields filled. */
export function sampleReport(over: Partial<DrillReport> = {}): DrillReport {
  return {
    schema: 1,
    drillId: "run-1",
    startedAt: AT,
    passed: true,
    rtoSeconds: 4.2,
    rpoSeconds: 31,
    targets: { rtoSeconds: 900, rpoSeconds: 3600 },
    restored: 3,
    accounts: [
      {
        accountId: "111122223333",
        from: "primary",
        restored: 2,
        equal: 2,
        seconds: 1.5,
        problems: [],
      },
    ],
    refusals: [{ role: "strongroom-reader", call: "PutSecretValue", refused: true }],
    problems: [],
    mac: "bWFj",
    ...over,
  };
}
