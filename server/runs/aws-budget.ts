import type { StackKind } from "../../stacks/kinds";
import type { RateLimit, SharedRate } from "../ports";
import type { RunJob } from "../store/types";

/** Calls to AWS per second that all workers of one database make together. */
export interface AwsRates {
  /** AssumeRole of the service's own account, which all operations begin with. */
  readonly sts: number;
  /** Calls to IAM in any one account. */
  readonly iam: number;
}

export const DEFAULT_AWS_RATES: AwsRates = { sts: 50, iam: 20 };

/** Sessions that an operation opens: each provider's plugin assumes the chain of roles, for the preview and the update. */
const SESSIONS = 8;
/** Calls to IAM of an operation on each kind of stack, by its roles and policies; counted in the emulator and rounded up. */
const IAM_CALLS: Readonly<Record<StackKind, number>> = { access: 60, vault: 160, member: 60 };
/** A rest of this long gives the whole burst back. */
const BURST_SECONDS = 10;

/**
 * Spaces out the starts of stack operations so that all hosts together stay below AWS's limits. The calls themselves are
 * made by the providers, which back off by themselves when AWS throttles; what they are going to need is taken beforehand.
 */
export class AwsBudget {
  constructor(
    private readonly shared: (name: string, rate: SharedRate) => RateLimit,
    private readonly rates: AwsRates,
  ) {}

  /** Resolves when an operation may start. Operations of the vault call its functions only: they cost nothing here. */
  async take(job: RunJob, signal: AbortSignal): Promise<void> {
    if (!("spec" in job)) return;
    const { sts, iam } = this.rates;
    const { kind, accountId } = job.spec;
    const calls = IAM_CALLS[kind];
    await this.rate("sts", sts, SESSIONS).take(signal, SESSIONS);
    await this.rate(`iam:${accountId}`, iam, calls).take(signal, calls);
  }

  private rate(name: string, perSecond: number, least: number): RateLimit {
    return this.shared(name, { perSecond, burst: Math.max(least, perSecond * BURST_SECONDS) });
  }
}
