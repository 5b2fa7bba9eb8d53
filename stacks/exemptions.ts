import type { Exemption } from "./exemptions-file";
import { globMatches } from "./glob";

export type { Exemption };

/** A day as an exemption names it. */
export const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** What an exemption may be for: one finding of a rule on one resource. */
export interface Finding {
  readonly rule: string;
  readonly type: string;
  readonly name: string;
  readonly urn: string;
}

/** The name of the stack in a URN. */
export const stackOf = (urn: string): string => urn.split(":")[2] ?? "";

/** Tells whether an exemption has come to its end; its day is the last one that it holds. `today` is `YYYY-MM-DD`. */
export function isExpired({ expires }: Exemption, today: string): boolean {
  return expires < today;
}

/** Tells whether an exemption speaks of a finding. */
export function exempts({ rule, stack, resource }: Exemption, finding: Finding): boolean {
  if (rule !== finding.rule) return false;
  if (stack !== undefined && !globMatches(stack, stackOf(finding.urn))) return false;
  if (resource === undefined) return true;
  const names = [finding.name, `${finding.type}::${finding.name}`, finding.urn];
  return names.some((name) => globMatches(resource, name));
}

/** Tells whether an exemption could have been used over some stacks: only of these can it be said to be unused. */
export function isAbout({ stack }: Exemption, stacks: readonly string[]): boolean {
  return stack === undefined || stacks.some((name) => globMatches(stack, name));
}

/**
 * Exemptions that excused nothing in any of the findings that were excused. The first one that speaks of a finding is the
 * one that excused it. `today` is `YYYY-MM-DD`; those that have expired are not among them.
 */
export function idleExemptions(
  exemptions: readonly Exemption[],
  excusedFindings: readonly Finding[],
  today: string,
): readonly Exemption[] {
  const valid = exemptions.filter((exemption) => !isExpired(exemption, today));
  const used = new Set(
    excusedFindings.map((finding) => valid.find((exemption) => exempts(exemption, finding))),
  );
  return valid.filter((exemption) => !used.has(exemption));
}

/** What is said of a finding that an exemption accepts. */
export function excused(message: string, { expires, owner }: Exemption): string {
  return `${message} (Exempt until ${expires}, ${owner} answers for it.)`;
}

/** What is said of an exemption that has come to its end. */
export function expiredMessage({ owner, expires }: Exemption): string {
  return `The exemption of ${owner} expired on ${expires}. Mend what it excuses, or renew it.`;
}

/** What is said of an exemption that excuses nothing. */
export function idleMessage({ owner }: Exemption): string {
  return `The exemption of ${owner} excuses nothing. Remove it.`;
}
