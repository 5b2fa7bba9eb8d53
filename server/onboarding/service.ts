import { randomBytes } from "node:crypto";

import { AppError } from "../../stacks/errors";
import type { Onboarding, OnboardingRequest, OnboardingService } from "../onboarding-ports";
import type { Clock } from "../ports";
import type { IdempotencyKey } from "../runs-ports";
import type { Store } from "../store/types";

export interface OnboardingServiceOptions {
  readonly store: Pick<Store, "transaction" | "findKey" | "onboardings" | "webhooks">;
  readonly clock: Clock;
}

/** Ids sort by the time they were made. */
function newId(now: Date): string {
  return `onb-${now.getTime().toString(16).padStart(12, "0")}-${randomBytes(8).toString("hex")}`;
}

/** Accepts and shows onboardings; the {@link OnboardingDriver} brings them forward. */
export function createOnboardingService(options: OnboardingServiceOptions): OnboardingService {
  const { store, clock } = options;

  async function existing(id: string): Promise<Onboarding> {
    const found = await store.onboardings.get(id);
    if (found !== undefined) return found;
    throw new AppError("ONBOARDING_NOT_FOUND", `there is no onboarding ${id}`);
  }

  async function replay(
    known: { readonly fingerprint: string; readonly runId: string },
    key: IdempotencyKey,
  ): Promise<{ onboarding: Onboarding; replayed: boolean }> {
    if (known.fingerprint !== key.fingerprint) {
      throw new AppError(
        "SPEC_IDEMPOTENCY_KEY_REUSED",
        `this Idempotency-Key belongs to ${known.runId}, which was asked for differently`,
        { action: "Use a new key for a new request." },
      );
    }
    return { onboarding: await existing(known.runId), replayed: true };
  }

  async function requireWebhook(id: string | undefined): Promise<void> {
    if (id === undefined || (await store.webhooks.get(id)) !== undefined) return;
    throw new AppError("SPEC_INVALID", `there is no webhook ${id}`, {
      action: "Name one of GET /v1/webhooks, or leave it out.",
      problems: [{ message: `there is no webhook ${id}`, pointer: "/webhook" }],
    });
  }

  return {
    async start({ accountId, webhook, reason }: OnboardingRequest, key: IdempotencyKey) {
      const known = await store.findKey(key);
      if (known !== undefined) return replay(known, key);
      await requireWebhook(webhook);
      const now = clock.now();
      const onboarding: Onboarding = {
        id: newId(now),
        accountId,
        state: "waiting_for_account",
        requestedBy: key.subject,
        ...(reason === undefined ? {} : { reason }),
        ...(webhook === undefined ? {} : { webhook }),
        createdAt: now.toISOString(),
        attempts: 0,
      };
      const answer = await store
        .transaction(async (tx) => {
          const open = await tx.onboardings.insert(onboarding);
          const kept = await tx.keepKey(key, open?.id ?? onboarding.id);
          if (kept !== undefined && open === undefined) throw new KeptMeanwhile(kept);
          if (open !== undefined) return kept ?? { fingerprint: key.fingerprint, runId: open.id };
          await tx.audit({
            subject: key.subject,
            action: "account.onboard",
            ...(reason === undefined ? {} : { reason }),
            details: { account: accountId, onboarding: onboarding.id, webhook },
          });
          return undefined;
        })
        .catch((error: unknown) => {
          if (error instanceof KeptMeanwhile) return error.kept;
          throw error;
        });
      if (answer !== undefined) return replay(answer, key);
      return { onboarding: await existing(onboarding.id), replayed: false };
    },

    get: (id) => store.onboardings.get(id),
    list: (limit) => store.onboardings.list(limit),
  };
}

/** The same key came twice at once, and the other one's onboarding has ended already: this one is not to be. */
class KeptMeanwhile extends Error {
  constructor(readonly kept: { readonly fingerprint: string; readonly runId: string }) {
    super("the key was kept meanwhile");
  }
}
