import { isAccountRoot } from "../iam/arn";
import { demandsOrganization } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isOpen } from "../iam/patterns";
import { foreignPrincipals } from "../model/own-account";
import type { PolicySubject } from "../model/policies";
import type { Problem } from "../model/subject";

interface ExactPrincipals {
  /** Who may be let in: `roles`. */
  readonly who: string;
  /** Whether a principal that is not of the own account is one of another; by default each one is. */
  readonly isOther?: (principal: string) => boolean;
}

/**
 * The check that the policy of a resource lets in exact principals only, and those of another account only within the
 * organization. Everybody is another rule's matter.
 */
export function onlyExactPrincipals({
  who,
  isOther = () => true,
}: ExactPrincipals): (policy: PolicySubject) => Iterable<Problem> {
  return (policy) =>
    policy.check(function* (statement: Statement) {
      if (statement.effect !== "Allow") return;
      const own = policy.resource.accountId;
      const place = `${policy.property}, ${statement.label}`;
      const named = (statement.principals?.aws ?? []).filter((name) => name !== "*");
      const foreign = foreignPrincipals(statement, own).filter((name) => name !== "*");
      if (named.some(isOpen) || foreign.some(isAccountRoot)) {
        yield { wrong: `lets in more than exact ${who} (${place})` };
      } else if (own !== undefined && foreign.some(isOther) && !demandsOrganization(statement)) {
        yield { wrong: `lets another account in without the organization (${place})` };
      }
    });
}
