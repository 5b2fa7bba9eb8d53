import type {
  Onboarding,
  OnboardingRequest,
  OnboardingService,
} from "../../server/onboarding-ports";
import type { IdempotencyKey } from "../../server/runs-ports";

const AT = "2026-01-02T03:04:05.000Z";

/** An onboarding, all fields filled. */
export function sampleOnboarding(over: Partial<Onboarding> = {}): Onboarding {
  return {
    id: "onb-1",
    accountId: "111122223333",
    state: "ready",
    requestedBy: "token:operator",
    reason: "CHG-1",
    webhook: "wh-0123456789abcdef",
    createdAt: AT,
    endedAt: AT,
    attempts: 2,
    nextAt: AT,
    upRun: "run-1",
    backupRun: "run-2",
    note: { code: "ACCESS_ROLE", message: "the role cannot be assumed", action: "Wait." },
    result: {
      stamps: [{ stamp: "member-111122223333", outputs: { keyArn: "arn:aws:kms:::key/1" } }],
      coverage: { secrets: 3, covered: 3 },
    },
    ...over,
  };
}

/** Onboardings in memory behind the real port. */
export class FakeOnboardings implements OnboardingService {
  readonly started: { request: OnboardingRequest; key: IdempotencyKey }[] = [];
  /** What `get` answers, one after the other; the last one stays. */
  states: Onboarding[] = [sampleOnboarding()];

  start(request: OnboardingRequest, key: IdempotencyKey): ReturnType<OnboardingService["start"]> {
    this.started.push({ request, key });
    const onboarding = this.states[0]!;
    return Promise.resolve({ onboarding, replayed: this.started.length > 1 });
  }

  get(id: string): Promise<Onboarding | undefined> {
    const next = this.states.length > 1 ? this.states.shift() : this.states[0];
    return Promise.resolve(next?.id === id ? next : undefined);
  }

  list(): Promise<readonly Onboarding[]> {
    return Promise.resolve(this.states);
  }
}
