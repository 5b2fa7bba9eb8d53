import { AppError, type ErrorRecord } from "../../stacks/errors";
import { idleExemptions, idleMessage, type Exemption, type Finding } from "../../stacks/exemptions";
import type { ExemptionsOf, Operation } from "../ports";
import type { RunTarget, StampResult } from "../runs-ports";
import { utcDay } from "./execute-check";

/** What is known of a run once all of its stamps have ended. */
export interface EndedRun {
  readonly operation: Operation;
  readonly target: RunTarget;
  readonly stamps: readonly StampResult[];
}

/** Says what is wrong with a run as a whole, where its stamps do not say it. Never throws. */
export type Conclude = (run: EndedRun) => ErrorRecord | undefined;

/**
 * Says which exemptions excused nothing anywhere, once a check has looked at every stack of the fleet: only then is it
 * known. Those that name a stack of the run exactly are told of there.
 */
export function checkConclusion(exemptions: ExemptionsOf, today = utcDay): Conclude {
  return ({ operation, target, stamps }) => {
    const everything = Object.values(target).every((part) => part === undefined);
    const judged = stamps.every(({ verdicts }) => verdicts !== undefined);
    if (operation !== "check" || !everything || !judged) return undefined;
    try {
      const names = new Set<string>(stamps.map(({ stamp }) => stamp));
      const idle = idleExemptions(exemptions(), stamps.flatMap(excusedIn), today()).filter(
        ({ stack }) => stack === undefined || !names.has(stack),
      );
      return idle.length === 0 ? undefined : complaint(idle);
    } catch (error) {
      return AppError.from(error).toRecord();
    }
  };
}

function excusedIn({ violations = [] }: StampResult): Finding[] {
  return violations
    .filter(({ verdict }) => verdict === "exempt")
    .map(({ rule, urn }) => ({ rule, urn, ...typeAndName(urn) }));
}

/** The last type of a URN's path of types, and the name at its end. */
function typeAndName(urn: string): { readonly type: string; readonly name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

function complaint(idle: readonly Exemption[]): ErrorRecord {
  return {
    code: "POLICY_VIOLATION",
    message: `exemptions excuse nothing in any stack of the fleet: ${idle.length}`,
    action: "Take them out of the file of exemptions.",
    problems: idle.map((exemption) => ({
      message: `${exemption.rule}${where(exemption)}: ${idleMessage(exemption)}`,
    })),
  };
}

const where = ({ stack, resource }: Exemption): string =>
  [
    ...(resource === undefined ? [] : [` on ${resource}`]),
    ...(stack === undefined ? [] : [` in ${stack}`]),
  ].join("");
