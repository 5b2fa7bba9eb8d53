import {
  exempts,
  expiredMessage,
  idleMessage,
  isExpired,
  type Exemption,
} from "../stacks/exemptions";
import type { Verdict } from "./rules";

/** An exemption that is itself wrong, and what is said of it. */
export interface ExemptionFault {
  readonly exemption: Exemption;
  readonly message: string;
}

/** The exemptions of one stack in one operation: which of them excuse, and which are expired or excuse nothing. */
export class Exempting {
  private readonly used = new Set<Exemption>();

  /** `today` is `YYYY-MM-DD`. */
  constructor(
    private readonly exemptions: readonly Exemption[],
    private readonly today: string,
  ) {}

  /** The exemption that accepts what a rule found or could not decide. */
  excuse({ rule, resource: { type, name, urn } }: Verdict): Exemption | undefined {
    const finding = { rule: rule.id, type, name, urn };
    const found = this.exemptions.find(
      (one) => !isExpired(one, this.today) && exempts(one, finding),
    );
    if (found !== undefined) this.used.add(found);
    return found;
  }

  /**
   * What is wrong with the exemptions once everything of the stack is judged. One without a stack, or with a pattern for it,
   * may excuse something in another stack, so that it is idle cannot be said from this one.
   */
  faults(stack: string, ruleIds: ReadonlySet<string>): readonly ExemptionFault[] {
    return this.exemptions.flatMap((exemption) => {
      if (!ruleIds.has(exemption.rule)) return [];
      if (isExpired(exemption, this.today)) {
        return [{ exemption, message: expiredMessage(exemption) }];
      }
      const idle = exemption.stack === stack && !this.used.has(exemption);
      return idle ? [{ exemption, message: idleMessage(exemption) }] : [];
    });
  }
}
