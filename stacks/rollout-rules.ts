import type { Fleet, GuardedOperation } from "./fleet";
import type { Gate, RolloutRules } from "./rollout";

/** The gate of a wave that nothing stops. */
const OPEN: Gate = {
  tolerance: { percent: 100 },
  stopsWithin: false,
  pauseSeconds: 0,
  approval: false,
};

/** Who has to decide about an operation, where one approver is not enough or must be another person. */
function deciders(
  { approvals: { twoPerson, approvers } }: Fleet,
  operation: GuardedOperation,
): Pick<RolloutRules, "twoPerson" | "approvers"> {
  return {
    ...(twoPerson.includes(operation) ? { twoPerson: true } : {}),
    ...(approvers > 1 ? { approvers } : {}),
  };
}

/** The rules of an `up` through waves, in their order. */
export function upRules(fleet: Fleet, waves: readonly string[]): RolloutRules {
  const { gate: ofRest, approval, preciousAccounts } = fleet.rollout;
  return {
    waves: waves.map((name) => ({
      name,
      gate: fleet.waves.find((wave) => wave.name === name)?.gate ?? ofRest,
    })),
    approval,
    preciousAccounts,
    ...deciders(fleet, "up"),
  };
}

/** The rules of an `up` that nobody asked for: in no account does a key, a secret or a bucket go unseen. */
export function unaskedUpRules(fleet: Fleet, waves: readonly string[]): RolloutRules {
  return { ...upRules(fleet, waves), preciousAccounts: 0 };
}

/** The rules of a `retire` that nobody asked for: it begins when an approver has seen it. */
export function unaskedRetireRules(fleet: Fleet, waves: readonly string[]): RolloutRules {
  return {
    waves: waves.map((name) => ({ name, gate: OPEN })),
    approval: true,
    preciousAccounts: 0,
    ...deciders(fleet, "retire"),
  };
}

/**
 * The rules of an operation that begins only when a second person has approved it, as the fleet file asks for: its waves
 * have no gates. Undefined where nobody is asked.
 */
export function secondPersonRules(
  fleet: Fleet,
  operation: Exclude<GuardedOperation, "up">,
  waves: readonly string[],
): RolloutRules | undefined {
  if (!fleet.approvals.twoPerson.includes(operation)) return undefined;
  return {
    waves: waves.map((name) => ({ name, gate: OPEN })),
    approval: true,
    preciousAccounts: 0,
    ...deciders(fleet, operation),
  };
}
