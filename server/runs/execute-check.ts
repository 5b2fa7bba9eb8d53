import { judgeDeployed } from "../../policies/deployed";
import { AppError, type ErrorRecord } from "../../stacks/errors";
import { exemptionsDigest } from "../../stacks/exemptions-digest";
import type { StampName } from "../../stacks/naming";
import type { CheckJob, EnginePort, ExemptionsOf, PolicyViolation, StackEvent } from "../ports";
import type { JobOutcome } from "./outcome";

/** The pack whose rules are the service's own: it has all of them. */
const PACK = "strongroom";

/** The day of now, as exemptions name it: `YYYY-MM-DD`. */
export const utcDay = (): string => new Date().toISOString().slice(0, 10);

/**
 * Judges the states of stacks by the rules, and accepts what is exempt. Never throws: a failure is in the outcome, as the
 * engine does it.
 */
export function checkExecutor(
  engine: Pick<EnginePort, "deployed">,
  exemptions: ExemptionsOf = () => [],
  today = utcDay,
) {
  return async ({ stamp }: CheckJob, onEvent: (event: StackEvent) => void): Promise<JobOutcome> => {
    const started = Date.now();
    const seconds = (): number => (Date.now() - started) / 1000;
    try {
      return { ...(await judge(stamp, onEvent)), seconds: seconds() };
    } catch (thrown) {
      return { status: "failed", seconds: seconds(), error: AppError.from(thrown).toRecord() };
    }
  };

  async function judge(
    stamp: StampName,
    onEvent: (event: StackEvent) => void,
  ): Promise<Omit<JobOutcome, "seconds">> {
    const resources = await engine.deployed(stamp);
    if (resources === undefined) {
      const text = "nothing is deployed, so there was nothing to judge";
      onEvent({ type: "message", level: "warning", text });
      return { status: "succeeded", resources: 0, verdicts: NOTHING };
    }
    const accepted = { exemptions: exemptions(stamp), today: today() };
    const { counts, findings, failed } = judgeDeployed(resources, { stack: stamp, ...accepted });
    const exempt = exemptionsDigest(accepted.exemptions, accepted.today);
    const violations = findings.map(({ rule, level, verdict, urn, message }) => ({
      pack: PACK,
      rule,
      level,
      verdict,
      urn,
      message,
    }));
    for (const violation of violations) onEvent({ type: "policy", violation });
    const result = {
      resources: resources.length,
      verdicts: counts,
      violations,
      ...(exempt === undefined ? {} : { exemptions: exempt }),
    };
    if (!failed) return { ...result, status: "succeeded" };
    return { ...result, status: "failed", error: refusal(stamp, violations) };
  }
}

const NOTHING = { pass: 0, fail: 0, undetermined: 0, exempt: 0 } as const;

function refusal(stamp: StampName, violations: readonly PolicyViolation[]): ErrorRecord {
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  const doubts = mandatory.filter(({ verdict }) => verdict === "undetermined").length;
  return {
    code: "POLICY_VIOLATION",
    message: `what is deployed as ${stamp} does not keep to the mandatory rules: ${mandatory.length - doubts} failed, ${doubts} undetermined`,
    action: `Run \`strongroom preview ${stamp}\`: an up from the reviewed program puts right what it differs in.`,
  };
}
