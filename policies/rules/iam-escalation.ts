import { findAction } from "../iam/action-table";
import { identitiesOf, type Identity } from "../model/identities";
import { identityEscalations, type IdentityEscalation } from "../model/identity-escalations";
import { Undetermined } from "../model/values";
import { defineRule, titleOf } from "./rule";

/** More ways than this are counted, not told: an administrator has them all. */
const TOLD = 3;

export const iamNoEscalation = defineRule<Identity>({
  id: "iam-no-escalation",
  catalogue: [38],
  objective: "least-privilege",
  severity: "critical",
  scope: "stack",
  checks:
    "No identity can get more permissions than it was given: by all its policies together, those of its groups too, within its boundary, through the roles that it can become, and through what runs with a stronger role and does what the identity says.",
  why: "Permissions that are harmless one by one make an administrator together.",
  fix: "Name the resources of these actions so that the identity, its roles and its policies are not among them, or demand iam:PermissionsBoundary, iam:PolicyARN or iam:PassedToService.",
  corresponds: [
    "CKV_AWS_110",
    "CKV_AWS_286",
    "PrivilegeEscalation",
    "iam_inline_policy_allows_privilege_escalation",
    "iam_policy_allows_privilege_escalation",
  ],
  subjects: (stack) => identitiesOf(stack).filter(({ isJudged }) => isJudged),
  *check(identity, _settings, stack) {
    const sure = identityEscalations(stack, identity);
    if (sure.length > 0) yield { wrong: told(sure) };
    const [doubt] = identity.doubts;
    if (doubt !== undefined) throw doubt;
    if (identityEscalations(stack, identity, "possible").length > sure.length) {
      throw new Undetermined(
        "its role or a role's trust",
        "is not known yet, and decides whether it could get more permissions",
      );
    }
  },
});

function told(found: readonly IdentityEscalation[]): string {
  const ways = found.slice(0, TOLD).map(({ path, grants, over }) => {
    const actions = path.steps.map(({ action }) => findAction(action)?.name ?? action).join(" + ");
    const places = new Set(
      grants.flatMap(({ sources }) =>
        sources.map(({ document, statement }) => `${document}, ${statement.label}`),
      ),
    );
    const roles = over.map(({ resource }) => titleOf(resource)).join(", ");
    const through = roles === "" ? "" : ` as ${roles}`;
    return `${path.gains}${through} by ${actions} (${[...places].join("; ")})`;
  });
  const more = found.length - ways.length;
  const rest = more === 0 ? "" : `; and ${more} more ${more === 1 ? "way" : "ways"}`;
  return `could get more permissions: ${ways.join("; ")}${rest}`;
}
