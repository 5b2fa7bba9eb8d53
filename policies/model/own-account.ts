import { accountOf, isAccountRoot } from "../iam/arn";
import type { Statement } from "../iam/document";
import type { PolicySubject } from "./policies";

/** The account of a key policy: the stack's, else the only one whose root the policy names, as every key policy must. */
export function ownAccount(
  policy: PolicySubject,
  statements: readonly Statement[],
): string | undefined {
  if (policy.resource.accountId !== undefined) return policy.resource.accountId;
  const roots = new Set(
    statements.flatMap(({ principals }) => principals?.aws.filter(isAccountRoot).map(accountOf)),
  );
  return roots.size === 1 ? [...roots][0] : undefined;
}

/** AWS principals of another account than the owner's; all of them where the owner's account is not known. */
export function foreignPrincipals(statement: Statement, own: string | undefined): string[] {
  return (statement.principals?.aws ?? []).filter(
    (principal) => own === undefined || accountOf(principal) !== own,
  );
}
