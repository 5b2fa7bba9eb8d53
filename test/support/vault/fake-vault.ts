import type {
  AccountCoverage,
  BackupOrder,
  DrillReport,
  Member,
  SweepRequest,
} from "../../../lambdas/model";
import type { FunctionError, Log, Metrics } from "../../../lambdas/ports";

import { FakeBucket } from "./fake-bucket";
import { FakeClock } from "./fake-clock";
import { FakeEnvelope } from "./fake-envelope";
import { FakeSecrets } from "./fake-secrets";

export const ORGANIZATION = "o-abcdefghij";
export const ACCOUNT = "111122223333";
export const VAULT_ACCOUNT = "333344445555";
export const REGION = "eu-central-1";
export const RECOVERY_REGION = "eu-west-1";

/** A member with every secret in scope, with the differences given. */
export function member(changes: Partial<Member> = {}): Member {
  return {
    accountId: ACCOUNT,
    regions: [REGION, RECOVERY_REGION],
    environment: "prod",
    scope: { namePrefixes: [], tags: {} },
    retentionDays: 30,
    lockMode: "COMPLIANCE",
    ...changes,
  };
}

/** A queue, in memory. */
export class FakeQueue<Message> {
  readonly sent: Message[] = [];
  readonly givenBack: { readonly receipt: string; readonly seconds: number }[] = [];
  failure: FunctionError | undefined;
  onCall: ((call: string) => void) | undefined;

  async send(messages: readonly Message[]): Promise<void> {
    await this.asked(`send ${messages.length}`);
    this.sent.push(...messages);
  }

  async retryIn(receipt: string, seconds: number): Promise<void> {
    await this.asked(`retryIn ${receipt}`);
    this.givenBack.push({ receipt, seconds });
  }

  /** Takes everything out, as Lambda does. */
  take(): Message[] {
    return this.sent.splice(0);
  }

  private async asked(call: string): Promise<void> {
    await Promise.resolve();
    this.onCall?.(call);
    if (this.failure !== undefined) throw this.failure;
  }
}

/** Keeps what was logged. */
export class FakeLog implements Log {
  readonly lines: {
    readonly level: "info" | "warn";
    readonly message: string;
    readonly fields: Readonly<Record<string, string | number | boolean>>;
  }[] = [];

  info: Log["info"] = (message, fields = {}) =>
    void this.lines.push({ level: "info", message, fields });
  warn: Log["warn"] = (message, fields = {}) =>
    void this.lines.push({ level: "warn", message, fields });
}

/** Keeps what was measured. */
export class FakeMetrics implements Metrics {
  readonly coverages: AccountCoverage[] = [];
  readonly drills: DrillReport[] = [];
  readonly backups: { readonly written: number; readonly failed: number }[] = [];

  coverage = (coverage: AccountCoverage) => void this.coverages.push(coverage);
  drill = (report: DrillReport) => void this.drills.push(report);
  backup = (written: number, failed: number) => void this.backups.push({ written, failed });
}

/** Everything that the functions reach, in memory, with a clock that stands still. */
export class FakeVault {
  readonly organizationId = ORGANIZATION;
  readonly vaultAccountId = VAULT_ACCOUNT;
  readonly clock = new FakeClock();
  readonly members = new FakeSecrets(this.clock);
  readonly bucket = new FakeBucket(this.clock);
  readonly envelope = new FakeEnvelope();
  readonly work = new FakeQueue<BackupOrder>();
  readonly sweeps = new FakeQueue<Extract<SweepRequest, { order: "sweep-account" }>>();
  readonly log = new FakeLog();
  readonly metrics = new FakeMetrics();
  readonly random = () => 0.5;

  /** The account's secrets in a Region. */
  secrets(accountId = ACCOUNT, region = REGION) {
    return this.members.region(accountId, region);
  }

  /** Calls `hook` with the name of each call of any port of the account, before the call. */
  onCall(hook: ((call: string) => void) | undefined): void {
    const ports = [
      this.bucket,
      this.envelope,
      this.work,
      this.sweeps,
      this.secrets(),
      this.secrets(ACCOUNT, RECOVERY_REGION),
    ];
    for (const port of ports) port.onCall = hook;
  }
}

/** A batch as Lambda hands it over. */
export function batchOf(
  bodies: readonly unknown[],
  receives = 1,
): { Records: readonly Record<string, unknown>[] } {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: `r${index}`,
      body: typeof body === "string" ? body : JSON.stringify(body),
      attributes: { ApproximateReceiveCount: String(receives) },
    })),
  };
}
