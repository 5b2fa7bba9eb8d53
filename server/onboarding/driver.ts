import type { Account } from "../../stacks/accounts";
import { digest } from "../../stacks/digest";
import { AppError, type ErrorRecord } from "../../stacks/errors";
import type { Onboarding, OnboardingResult } from "../onboarding-ports";
import { isOver } from "../onboarding-ports";
import type { Clock } from "../ports";
import type { RunRecord, RunRequest, RunService, StampState } from "../runs-ports";
import type { StampName } from "../../stacks/naming";
import type { OnboardingChange, StoredOnboarding } from "../store/onboarding-types";
import type { Store } from "../store/types";
import type { Announcement } from "../webhook-ports";
import {
  type AccountFact,
  coverageOf,
  mayStartLater,
  type Step,
  stepOfAccount,
  stepOfBackup,
  stepOfUp,
  waitBefore,
} from "./step";

/** What is known of an account: how it belongs to the fleet, and what it is. */
export interface LookedAt {
  readonly fact: AccountFact;
  readonly account?: Account;
  readonly environment?: string;
}

export interface OnboardingDriverOptions {
  readonly store: Pick<Store, "transaction" | "onboardings">;
  readonly runs: Pick<RunService, "start" | "get"> & {
    stampState(stamp: StampName): Promise<
      | {
          readonly state: StampState;
          readonly outputs: Readonly<Record<string, unknown>>;
        }
      | undefined
    >;
  };
  /** Looks an account up, in the organization as it is now where an older list does not have it. */
  readonly lookUp: (accountId: string) => Promise<LookedAt>;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Wait before another try, seconds. */
  readonly waitBefore?: (attempts: number) => number;
}

const POLL_MS = 1000;
/** Between two looks at a run that goes on, seconds. */
const WATCH_SECONDS = 2;
const AT_ONCE = 50;

/**
 * Brings onboardings forward, one look at a time: what it did is in the database before it counts, runs are started under
 * keys of their own, and a change counts only if nobody made another one since. Any number of services may drive, and any of
 * them may be killed at any time.
 */
export class OnboardingDriver {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: OnboardingDriverOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        // The database is away: the next turn tries again.
        .catch(() => undefined)
        .finally(() => (this.looking = undefined));
    }, POLL_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Brings forward what is due. */
  async look(): Promise<void> {
    const { store, report } = this.options;
    for (const onboarding of await store.onboardings.due(AT_ONCE)) {
      await this.advance(onboarding).catch((error: unknown) => {
        report(`the onboarding of ${onboarding.accountId}: ${AppError.from(error).message}`);
      });
    }
  }

  private async advance(onboarding: StoredOnboarding): Promise<void> {
    const { clock } = this.options;
    const now = clock.now();
    switch (onboarding.state) {
      case "waiting_for_account": {
        const fact = await this.fact(onboarding);
        if ("note" in fact) return this.take(onboarding, fact);
        return this.take(onboarding, stepOfAccount(onboarding, fact, now));
      }
      case "stamping":
        return this.take(
          onboarding,
          stepOfUp(onboarding, await this.run(onboarding.upRun ?? ""), now),
        );
      case "backing_up": {
        const { backupRun } = onboarding;
        const run = backupRun === undefined ? undefined : await this.run(backupRun);
        return this.take(onboarding, stepOfBackup(onboarding, run), run);
      }
      default:
    }
  }

  /** How the account belongs to the fleet; where that cannot be known just now, that it is to be looked at again. */
  private async fact({
    accountId,
    state,
  }: Onboarding): Promise<AccountFact | (Step & { kind: "again" })> {
    try {
      return (await this.options.lookUp(accountId)).fact;
    } catch (error) {
      const failure = AppError.from(error);
      if (failure.source === "us") throw error;
      // Also what is wrong with the fleet file is put right by somebody, and says nothing about this account.
      return { kind: "again", state, note: failure.toRecord() };
    }
  }

  private async run(id: string): Promise<RunRecord> {
    const run = await this.options.runs.get(id);
    if (run === undefined) throw new AppError("RUN_NOT_FOUND", `there is no run ${id}`);
    return run;
  }

  private async take(onboarding: StoredOnboarding, step: Step, run?: RunRecord): Promise<void> {
    const { upRun, backupRun, attempts, state } = onboarding;
    const runs = { upRun, backupRun };
    switch (step.kind) {
      case "start":
        return this.begin(onboarding, step.operation);
      case "watch": {
        const nextAt = this.after(WATCH_SECONDS);
        return this.write(onboarding, { ...runs, state, attempts, nextAt, note: step.note });
      }
      case "next":
        // What was tried in vain before says nothing about what comes now.
        return this.write(onboarding, {
          ...runs,
          state: step.state,
          attempts: 0,
          nextAt: this.after(0),
        });
      case "again": {
        const wait = (this.options.waitBefore ?? waitBefore)(attempts);
        // The next try is another run.
        const without = state === "backing_up" ? { upRun } : {};
        return this.write(onboarding, {
          ...without,
          state: step.state,
          attempts: attempts + 1,
          nextAt: this.after(wait),
          note: step.note,
        });
      }
      case "end": {
        const result =
          step.state === "ready" && run !== undefined
            ? await this.result(onboarding, run)
            : undefined;
        return this.write(onboarding, {
          ...runs,
          state: step.state,
          attempts,
          note: step.note,
          result,
        });
      }
    }
  }

  private after(seconds: number): Date {
    return new Date(this.options.clock.now().getTime() + seconds * 1000);
  }

  private async begin(onboarding: StoredOnboarding, operation: "up" | "backup"): Promise<void> {
    const { id, accountId, attempts, requestedBy, upRun, reason } = onboarding;
    const request: RunRequest = {
      operation,
      target: { accounts: [accountId] },
      cause: "joined",
      reason: `onboarding ${id}${reason === undefined ? "" : `: ${reason}`}`,
    };
    const key = `${id}-${operation}-${attempts}`;
    try {
      const { run } = await this.options.runs.start(request, {
        subject: requestedBy,
        key,
        fingerprint: digest({ key }),
      });
      const state = operation === "up" ? "stamping" : "backing_up";
      const runs = operation === "up" ? { upRun: run.id } : { upRun, backupRun: run.id };
      await this.write(onboarding, { ...runs, state, attempts, nextAt: this.after(WATCH_SECONDS) });
    } catch (error) {
      const failure = AppError.from(error);
      const note = failure.toRecord();
      if (failure.source === "us") throw error;
      await (mayStartLater(failure.code)
        ? this.take(onboarding, { kind: "again", state: onboarding.state, note })
        : this.take(onboarding, { kind: "end", state: "failed", note }));
    }
  }

  /** What the account has now: the outputs of its stamps, secret ones left out, and how its secrets are kept. */
  private async result(
    { accountId, upRun }: Onboarding,
    backup: RunRecord,
  ): Promise<OnboardingResult> {
    const { stamps } = await this.run(upRun ?? "");
    const found = await Promise.all(
      stamps.map(async ({ stamp }) => ({
        stamp,
        outputs: (await this.options.runs.stampState(stamp))?.outputs ?? {},
      })),
    );
    return { stamps: found, coverage: coverageOf(accountId, backup) };
  }

  private async write(
    onboarding: StoredOnboarding,
    change: Omit<OnboardingChange, "ended">,
  ): Promise<void> {
    const ended = isOver(change);
    const announcement = ended ? await this.announcement(onboarding, change) : undefined;
    await this.options.store.transaction(async (tx) => {
      if (!(await tx.onboardings.change(onboarding, { ...change, ended }))) return;
      if (announcement === undefined) return;
      await tx.webhooks.announce([announcement]);
      await tx.audit({
        subject: onboarding.requestedBy,
        action: "account.onboarded",
        details: { account: onboarding.accountId, onboarding: onboarding.id, state: change.state },
      });
    });
  }

  private async announcement(
    onboarding: Onboarding,
    { state, upRun, backupRun, note, result }: Omit<OnboardingChange, "ended">,
  ): Promise<Announcement> {
    const { id, accountId, webhook } = onboarding;
    const { account, environment } = await this.options
      .lookUp(accountId)
      .catch((): Partial<LookedAt> => ({}));
    const problem: ErrorRecord | undefined = note;
    return {
      type: state === "ready" ? "strongroom.account.ready" : "strongroom.account.failed",
      subject: accountId,
      ...(webhook === undefined ? {} : { webhookId: webhook }),
      data: {
        onboarding: id,
        accountId,
        state,
        name: account?.name,
        organizationalUnit: account?.organizationalUnitPath.join("/"),
        environment,
        upRun,
        backupRun,
        ...result,
        ...(problem === undefined ? {} : { error: problem }),
      },
    };
  }
}
