import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { Authenticator, Role } from "../../server/auth/roles";
import type {
  AccountView,
  ApprovalRequest,
  FleetService,
  Follows,
  IdempotencyKey,
  RunEvent,
  RunRecord,
  RunRequest,
  RunService,
  StampView,
} from "../../server/runs-ports";

const AT = "2026-01-02T03:04:05.000Z";

/** A run as the store would keep it, all fields filled. */
export function sampleRun(over: Partial<RunRecord> = {}): RunRecord {
  return {
    id: "run-1",
    operation: "up",
    target: {},
    status: "running",
    requestedBy: "token:operator",
    createdAt: AT,
    startedAt: AT,
    cancelRequested: false,
    stamps: [
      {
        stamp: "member-111122223333",
        accountId: "111122223333",
        kind: "member",
        status: "failed",
        counts: { create: 1, update: 0, replace: 0, delete: 0, same: 3 },
        changes: [
          {
            urn: "urn:pulumi:a",
            type: "aws:kms/key:Key",
            name: "k",
            operation: "create",
            properties: ["policy"],
          },
        ],
        violations: [
          {
            pack: "strongroom",
            rule: "kms-key-rotation-enabled",
            level: "mandatory",
            urn: "",
            message: "set it",
          },
        ],
        resources: 4,
        seconds: 1.5,
        peakMemoryMiB: 310.2,
        error: { code: "POLICY_VIOLATION", message: "stopped", problems: [{ message: "m" }] },
      },
    ],
    accounts: [
      { accountId: "111122223333", name: "app", status: "failed", reason: "A policy stopped it." },
      { accountId: "444455556666", name: "old", status: "skipped", reason: "It is suspended." },
    ],
    ...over,
  };
}

/** Runs in memory behind the real port. Tests push events and decide statuses. */
export class FakeRuns implements RunService {
  readonly runs = new Map<string, RunRecord>();
  readonly log = new Map<string, RunEvent[]>();
  readonly started: { request: RunRequest; key: IdempotencyKey }[] = [];
  readonly cancelled: string[] = [];
  readonly approved: { id: string; approval: ApprovalRequest; by: string }[] = [];
  readonly wentOn: { id: string; how: Follows["how"]; reason: string | undefined }[] = [];
  readonly #keys = new Map<string, { fingerprint: string; id: string }>();
  failure: Error | undefined;

  /** As new; a fake may serve many tests. */
  reset(): void {
    this.runs.clear();
    this.log.clear();
    this.#keys.clear();
    this.started.length = 0;
    this.cancelled.length = 0;
    this.approved.length = 0;
    this.wentOn.length = 0;
    this.failure = undefined;
  }

  #check(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  async start(request: RunRequest, key: IdempotencyKey): ReturnType<RunService["start"]> {
    await this.#check();
    const scoped = `${key.subject}\n${key.key}`;
    const known = this.#keys.get(scoped);
    if (known !== undefined) {
      if (known.fingerprint !== key.fingerprint) {
        throw new AppError("SPEC_IDEMPOTENCY_KEY_REUSED", "Another request used this key.");
      }
      return { run: this.runs.get(known.id)!, replayed: true };
    }
    this.started.push({ request, key });
    const run = sampleRun({
      id: `run-${this.runs.size + 1}`,
      operation: request.operation,
      target: request.target,
      status: "queued",
      requestedBy: key.subject,
      ...(request.reason === undefined ? {} : { reason: request.reason }),
      ...(request.restore === undefined ? {} : { restore: request.restore }),
      ...(request.drill === undefined ? {} : { drill: request.drill }),
      ...(request.rotate === undefined ? {} : { rotate: request.rotate }),
    });
    this.runs.set(run.id, run);
    this.#keys.set(scoped, { fingerprint: key.fingerprint, id: run.id });
    return { run, replayed: false };
  }

  async approve(id: string, approval: ApprovalRequest, by: string): Promise<RunRecord> {
    await this.#check();
    this.approved.push({ id, approval, by });
    return this.runs.get(id)!;
  }

  async goOn(
    id: string,
    how: Follows["how"],
    key: IdempotencyKey,
    reason?: string,
  ): ReturnType<RunService["goOn"]> {
    this.wentOn.push({ id, how, reason });
    const { operation, target } = this.runs.get(id)!;
    return this.start({ operation, target }, key);
  }

  async get(id: string): Promise<RunRecord | undefined> {
    await this.#check();
    return this.runs.get(id);
  }

  async list({
    limit,
    cursor,
  }: {
    limit: number;
    cursor?: string;
  }): ReturnType<RunService["list"]> {
    await this.#check();
    const from = cursor === undefined ? 0 : Number(cursor);
    const all = [...this.runs.values()].reverse();
    const items = all.slice(from, from + limit);
    return { items, ...(from + limit < all.length ? { nextCursor: String(from + limit) } : {}) };
  }

  async events(id: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    await this.#check();
    return (this.log.get(id) ?? []).filter((event) => event.seq > after).slice(0, limit);
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncIterable<RunEvent> {
    for (let seen = after; !signal.aborted;) {
      for (const event of await this.events(id, seen, 100)) {
        yield event;
        seen = event.seq;
        if (event.type === "run.ended") return;
      }
      await sleep(2);
    }
  }

  async cancel(id: string, requestedBy: string): Promise<RunRecord> {
    await this.#check();
    this.cancelled.push(`${id} by ${requestedBy}`);
    const run = { ...this.runs.get(id)!, cancelRequested: true };
    this.runs.set(id, run);
    return run;
  }

  /** Adds an event to a run's log; ends the run with `run.ended`. */
  push(id: string, type: RunEvent["type"], data: Record<string, unknown> = {}): RunEvent {
    const log = this.log.get(id) ?? [];
    const event: RunEvent = { runId: id, seq: log.length + 1, at: AT, type, data };
    this.log.set(id, [...log, event]);
    const run = this.runs.get(id);
    if (type === "run.ended" && run !== undefined) {
      this.runs.set(id, { ...run, status: "succeeded", endedAt: AT });
    }
    return event;
  }
}

/** An account as the fleet shows it. */
export function sampleAccount(over: Partial<AccountView> = {}): AccountView {
  return {
    id: "111122223333",
    name: "app",
    status: "ACTIVE",
    organizationalUnitPath: ["workloads", "prod"],
    organizationalUnitIds: ["ou-aaaa-11111111", "ou-aaaa-22222222"],
    tags: { team: "a" },
    isManagementAccount: false,
    selected: true,
    environment: "prod",
    stamps: [
      { stamp: "member-111122223333", lastRunId: "run-1", lastStatus: "succeeded", stampedAt: AT },
    ],
    ...over,
  };
}

export class FakeFleet implements FleetService {
  items: AccountView[] = [sampleAccount()];
  readonly stamps = new Map<string, StampView>();
  refreshes = 0;
  failure: Error | undefined;

  accounts({ refresh }: { refresh: boolean }): ReturnType<FleetService["accounts"]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (refresh) this.refreshes += 1;
    return Promise.resolve({
      organizationId: "o-exampleorg1",
      discoveredAt: AT,
      ageSeconds: 12.5,
      items: this.items,
    });
  }

  stamp(name: StampName): Promise<StampView | undefined> {
    return Promise.resolve(this.stamps.get(name));
  }

  fleet(): Promise<Readonly<Record<string, unknown>>> {
    return Promise.resolve({ digest: "abc", file: { version: 1 }, plan: { waves: [] } });
  }
}

/** Tokens for tests: the token of a role is the role's name with `-token` behind it. */
export const fakeAuthenticator: Authenticator = {
  authenticate(bearer) {
    const role = /^(viewer|operator|approver|admin)-token$/.exec(bearer)?.[1] as Role | undefined;
    return Promise.resolve(role === undefined ? undefined : { subject: `token:${role}`, role });
  },
};

export const bearer = (role: Role): { authorization: string } => ({
  authorization: `Bearer ${role}-token`,
});
