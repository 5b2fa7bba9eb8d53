import type { Organization } from "./accounts";
import { isInUnit } from "./criteria";
import { didYouMean } from "./did-you-mean";
import { AppError, type ErrorCode, type Problem } from "./errors";
import { isStackKind, STACK_KINDS } from "./kinds";
import { isAccountId, parseStampName, stampName, type StampName } from "./naming";
import type { Selection } from "./selection";
import type { RunTarget } from "./target";
import { pointerTo } from "./yaml-places";

type Finding = Problem & { readonly code: ErrorCode };

const list = <T>(
  name: keyof RunTarget,
  items: readonly T[] | undefined,
  check: (item: T) => Omit<Finding, "pointer"> | undefined,
) =>
  (items ?? []).flatMap((item, index): Finding[] => {
    const finding = check(item);
    return finding === undefined
      ? []
      : [{ ...finding, pointer: pointerTo(`/target/${name}`, index) }];
  });

/**
 * Refuses a target that names what does not exist, everything at once: `SPEC_INVALID` when something is malformed,
 * `PLAN_UNKNOWN_ACCOUNT` for accounts and units, `STACK_NOT_FOUND` for stamps that an existing account does not have.
 * `retiring`: a stamp may also be one that the fleet no longer asks for.
 */
export function checkTarget(
  target: RunTarget,
  organization: Organization,
  selection: Selection,
  retiring: boolean,
): void {
  const ids = organization.accounts.map(({ id }) => id);
  const unknownAccount = (id: string): Omit<Finding, "pointer"> => ({
    code: "PLAN_UNKNOWN_ACCOUNT",
    message: `there is no account ${id} in the organization${hint(id, ids)}`,
  });
  const findings = [
    ...list("accounts", target.accounts, (id) => {
      if (!isAccountId(id)) {
        return {
          code: "SPEC_INVALID",
          message: `${JSON.stringify(id)} is not an account id, 12 digits`,
        };
      }
      return ids.includes(id) ? undefined : unknownAccount(id);
    }),
    ...list("kinds", target.kinds, (kind: string) =>
      isStackKind(kind)
        ? undefined
        : {
            code: "SPEC_INVALID",
            message: `${JSON.stringify(kind)} is not a kind of stack: ${STACK_KINDS.join(", ")}`,
          },
    ),
    ...list("organizationalUnits", target.organizationalUnits, (unit) =>
      organization.accounts.some((account) => isInUnit(account, unit))
        ? undefined
        : {
            code: "PLAN_UNKNOWN_ACCOUNT",
            message: `no account is in an organizational unit ${JSON.stringify(unit)}${hint(unit, unitPaths(organization))}`,
          },
    ),
    ...list("stamps", target.stamps, (stamp) =>
      checkStamp(stamp, selection, retiring, ids, unknownAccount),
    ),
  ];
  if (findings.length === 0) return;
  const codes = findings.map(({ code }) => code);
  const code = (["SPEC_INVALID", "PLAN_UNKNOWN_ACCOUNT"] as const).find((first) =>
    codes.includes(first),
  );
  throw new AppError(code ?? "STACK_NOT_FOUND", "The target names what does not exist.", {
    action: "`strongroom accounts` lists the accounts, their units and their stamps.",
    problems: findings.map(({ message, pointer = "/target" }) => ({ message, pointer })),
  });
}

function checkStamp(
  stamp: StampName,
  selection: Selection,
  retiring: boolean,
  ids: readonly string[],
  unknownAccount: (id: string) => Omit<Finding, "pointer">,
): Omit<Finding, "pointer"> | undefined {
  let accountId: string;
  let kind: string;
  try {
    ({ accountId, kind } = parseStampName(stamp));
  } catch (error) {
    const { message, action } = AppError.from(error);
    return { code: "SPEC_INVALID", message: `${message}. ${action ?? ""}`.trim() };
  }
  if (!ids.includes(accountId)) return unknownAccount(accountId);
  const account = selection.selected.find((candidate) => candidate.account.id === accountId);
  // An account that is left out shows up in the plan with its reason, which says more than "no such stamp".
  if (account === undefined || (account.kinds as readonly string[]).includes(kind))
    return undefined;
  if (retiring && kind !== "vault") return undefined;
  const has = account.kinds.map((own) => stampName(own, accountId)).join(", ");
  return { code: "STACK_NOT_FOUND", message: `there is no stamp ${stamp}; the account has ${has}` };
}

const hint = (text: string, candidates: readonly string[]) => {
  const meant = didYouMean(text, candidates);
  return meant === undefined ? "" : ` (did you mean ${meant}?)`;
};

function unitPaths(organization: Organization): string[] {
  const paths = organization.accounts.flatMap(({ organizationalUnitPath: names }) =>
    names.map((_, index) => names.slice(0, index + 1).join("/")),
  );
  return [...new Set(paths)];
}
