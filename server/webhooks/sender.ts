import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "../../stacks/errors";
import type { Clock } from "../ports";
import type { Store } from "../store/types";
import type { ClaimedDelivery, DeliveryEnd } from "../store/webhook-types";
import type { AddressRules } from "./addresses";
import { cloudEvent, messageHeaders } from "./message";
import { type LookUp, post, type Posted } from "./post";
import { waitAfter } from "./schedule";
import { type SecretBox, signingSecrets } from "./secrets";

export interface SenderOptions {
  readonly store: Pick<Store, "transaction" | "webhooks">;
  readonly box: SecretBox;
  readonly rules: AddressRules;
  /** `source` of the events: which organization they are about. */
  readonly source: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Longest time of a try, milliseconds; 15 s. */
  readonly timeoutMs?: number;
  readonly lookUp?: LookUp;
  /** Seconds until the next try; the recommended schedule by default. */
  readonly waitAfter?: typeof waitAfter;
}

const TIMEOUT_MS = 15_000;
const POLL_MS = 1000;
/** Tries at the same time: an endpoint that hangs must not hold up the others. */
const AT_ONCE = 8;
const KEEP_DAYS = 30;
const FORGET_MS = 3_600_000;
/** Longest wait for tries that are under way when the service stops, whose runs wait for it. */
const STOP_MS = 2000;
/** The receiver is gone for good, and says so. */
const GONE = 410;

/** Sends what is due, again and again, beside everything else; any number of processes may do so on one database. */
export class WebhookSender {
  private readonly sending = new Set<Promise<void>>();
  private timers: NodeJS.Timeout[] = [];
  private taking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: SenderOptions) {}

  start(): void {
    const { webhooks } = this.options.store;
    const poll = setInterval(() => this.fill(), POLL_MS);
    // The database is away: the next turn tries again.
    const forget = setInterval(
      () => void webhooks.forgetDeliveries(KEEP_DAYS).catch(() => undefined),
      FORGET_MS,
    );
    this.timers = [poll, forget];
    for (const timer of this.timers) timer.unref();
    this.fill();
  }

  /** Takes no more; what is on its way is waited for, but not for long: it comes back where nobody wrote down its end. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.taking;
    await Promise.race([Promise.all(this.sending), sleep(STOP_MS, undefined, { ref: false })]);
  }

  private fill(): void {
    this.taking ??= this.take()
      .catch(() => undefined)
      .finally(() => (this.taking = undefined));
  }

  private async take(): Promise<void> {
    while (!this.stopped && this.sending.size < AT_ONCE) {
      const claimed = await this.options.store.transaction((tx) => tx.webhooks.claim());
      if (claimed === undefined) return;
      if (claimed === "stale") continue;
      const sent = this.deliver(claimed)
        .catch((error: unknown) => {
          const { message } = AppError.from(error);
          // It stays claimed, and comes back when the claim is over.
          this.options.report(`webhook ${claimed.webhook.id}: ${message}`);
        })
        .finally(() => {
          this.sending.delete(sent);
          this.fill();
        });
      this.sending.add(sent);
    }
  }

  private async deliver(claimed: ClaimedDelivery): Promise<void> {
    const { store, report } = this.options;
    const { webhook, event } = claimed;
    const posted = await this.send(claimed);
    const end = this.judge(claimed, posted);
    await store.transaction(async (tx) => {
      await tx.webhooks.end(claimed, end);
      if (end.response !== GONE) return;
      const reason = "the receiver answered 410: it is gone for good";
      await tx.webhooks.disable(webhook.id, reason);
      const details = { webhook: webhook.id, reason };
      await tx.audit({ subject: "webhooks", action: "webhook.disable", details });
    });
    if (end.status === "dead") {
      report(`webhook ${webhook.id}: ${event.eventId} is given up: ${end.error ?? ""}`);
    }
  }

  private async send({ webhook, event }: ClaimedDelivery): Promise<Posted> {
    const { box, rules, source, userAgent, clock, timeoutMs = TIMEOUT_MS, lookUp } = this.options;
    const now = clock.now();
    const body = cloudEvent(event, source);
    let secrets: readonly string[];
    try {
      secrets = signingSecrets(webhook.secrets, now).map(({ sealed }) =>
        box.open(sealed, webhook.id),
      );
    } catch (error) {
      return { error: AppError.from(error).message };
    }
    const headers = {
      ...messageHeaders(event.eventId, body, secrets, now),
      "user-agent": userAgent,
    };
    return post(webhook.url, body, headers, {
      rules,
      timeoutMs,
      ...(lookUp === undefined ? {} : { lookUp }),
    });
  }

  private judge({ attempt }: ClaimedDelivery, posted: Posted): DeliveryEnd {
    const { clock, waitAfter: wait = waitAfter } = this.options;
    const answered = "status" in posted ? { response: posted.status } : {};
    if ("status" in posted && posted.status >= 200 && posted.status < 300) {
      return { status: "delivered", ...answered };
    }
    const error = problemOf(posted);
    if ("status" in posted && posted.status === GONE) return { status: "dead", ...answered, error };
    const now = clock.now();
    const seconds = wait(attempt, "status" in posted ? posted.retryAfter : undefined, now);
    if (seconds === undefined) return { status: "dead", ...answered, error };
    const nextAt = new Date(now.getTime() + seconds * 1000);
    return { status: "pending", ...answered, error, nextAt };
  }
}

function problemOf(posted: Posted): string {
  if ("error" in posted) return posted.error;
  const { status } = posted;
  return status >= 300 && status < 400
    ? `it answered ${status}: redirects are not followed`
    : `it answered ${status}`;
}
