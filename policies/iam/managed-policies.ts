import type { Statement } from "./document";
import type { SourcedStatement } from "./permissions";

const allow = (part: Pick<Statement, "actions" | "notActions">): Statement => ({
  label: "statement 1",
  sid: undefined,
  effect: "Allow",
  principals: undefined,
  notPrincipals: undefined,
  resources: ["*"],
  notResources: undefined,
  conditions: [],
  ...part,
});

/** The core of AWS's own policies that give whole accounts away, as of 2026; all others are not looked into. */
const KNOWN: ReadonlyMap<string, Statement> = new Map([
  ["AdministratorAccess", allow({ actions: ["*"], notActions: undefined })],
  ["IAMFullAccess", allow({ actions: ["iam:*"], notActions: undefined })],
  [
    "PowerUserAccess",
    allow({ actions: [], notActions: ["iam:*", "organizations:*", "account:*"] }),
  ],
]);

/** The statements of one of AWS's own policies, by its ARN in any partition; undefined for all others. */
export function managedPolicy(arn: string): readonly SourcedStatement[] | undefined {
  const name = /^arn:aws[a-z-]*:iam::aws:policy\/([\w+=,.@-]+)$/.exec(arn)?.[1];
  const statement = name === undefined ? undefined : KNOWN.get(name);
  if (statement === undefined || name === undefined) return undefined;
  return [{ statement, document: `AWS's policy ${name}`, version: "2012-10-17" }];
}
