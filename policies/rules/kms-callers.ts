import { accountOf, isAccountRoot, parseArn } from "../iam/arn";
import { demands, demandsOrganization, isRestricted } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isOpen } from "../iam/patterns";
import { foreignPrincipals, ownAccount } from "../model/own-account";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

export const kmsExternalPrincipalsBounded = defineRule<PolicySubject>({
  id: "kms-external-principals-bounded",
  catalogue: [8],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "A key policy that lets another account in names it exactly and demands the organization.",
  why: "An account that leaves the organization would keep the key.",
  fix: "Name the account or role by its ARN and add a condition on aws:PrincipalOrgID.",
  corresponds: [],
  subjects: (stack) => policiesOfKind(stack, "key"),
  check(policy) {
    const own = ownAccount(policy, policy.known());
    return policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const others = foreignPrincipals(statement, own).filter((name) => name !== "*");
      if (others.length === 0) return;
      const place = `${policy.property}, ${statement.label}`;
      if (others.some((name) => accountOf(name) === undefined || isOpen(name))) {
        yield { wrong: `lets in another account that it does not name exactly (${place})` };
      } else if (!demandsOrganization(statement)) {
        yield { wrong: `lets in another account without the organization (${place})` };
      }
    });
  },
});

export const kmsServicePrincipalsConfined = defineRule<PolicySubject>({
  id: "kms-service-principals-confined",
  catalogue: [10],
  objective: "no-outsiders",
  severity: "high",
  checks: "A key policy that lets an AWS service in says for whose resources.",
  why: "The service works for everybody: another customer could have it use the key for them.",
  fix: "Add a condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID, on kms:ViaService with kms:CallerAccount, or on the encryption context.",
  corresponds: ["RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"],
  subjects: (stack) => policiesOfKind(stack, "key"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow" || (statement.principals?.services.length ?? 0) === 0)
        return;
      if (isRestricted(statement) || namesOwnerInContext(statement)) return;
      yield {
        wrong: `lets a service in for everybody's resources (${policy.property}, ${statement.label})`,
      };
    }),
});

/** An encryption context that is the ARN of something in an exact account. */
function namesOwnerInContext(statement: Statement): boolean {
  return statement.conditions.some(
    (condition) =>
      condition.key.startsWith("kms:encryptioncontext:") &&
      demands(condition) &&
      condition.values.every((value) => /^\d{12}$/.test(parseArn(value)?.account ?? "")),
  );
}

export const kmsViaServiceNotAlone = defineRule<PolicySubject>({
  id: "kms-via-service-not-alone",
  catalogue: [11],
  objective: "no-outsiders",
  severity: "high",
  checks: "No key policy takes kms:ViaService for a restriction of who may call.",
  why: "It says through which service, not for whom: every account can call through the same service.",
  fix: "Add kms:CallerAccount, or name the principals.",
  corresponds: ["def-000-fdu"],
  subjects: (stack) => policiesOfKind(stack, "key"),
  check(policy) {
    const own = ownAccount(policy, policy.known());
    return policy.check(function* (statement) {
      if (statement.effect !== "Allow" || isRestricted(statement)) return;
      if (!statement.conditions.some(({ key }) => key === "kms:viaservice")) return;
      const open =
        statement.principals?.everybody === true ||
        (statement.principals?.aws ?? []).some(
          (name) => isAccountRoot(name) && accountOf(name) !== own,
        );
      if (open) {
        yield {
          wrong: `is restricted by kms:ViaService alone (${policy.property}, ${statement.label})`,
        };
      }
    });
  },
});
