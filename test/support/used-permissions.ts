import type { Decisions } from "../../emulator/decisions";
import { parseDocument, Permissions, type SourcedStatement } from "../../policies/iam";
import type { PolicyDocument } from "../../programs/iam/document";
import type { Unused } from "../../programs/iam/unused";
import { roleArn } from "../../stacks/naming";

/** A role as a stamp makes it: with all its policies, below its boundary. */
export interface StampedRole {
  readonly accountId: string;
  readonly name: string;
  readonly documents: readonly PolicyDocument[];
  readonly boundary: PolicyDocument;
}

export interface Comparison {
  /** `role Sid action`: allowed, used by nobody, and no reason stands for it. */
  readonly unused: readonly string[];
  /** A reason stands for it, and it was used or is not allowed. */
  readonly reasonsForNothing: readonly string[];
}

/**
 * Compares what the roles are allowed, statement by statement, with what IAM's record says was used. A permission counts
 * as used when that statement allowed that action at least once, its conditions included, to a role of the name in any of
 * the accounts. What a document and the boundary both allow is what counts as allowed.
 */
export function compare(
  roles: readonly StampedRole[],
  records: readonly Decisions[],
  reasons: readonly Unused[],
): Comparison {
  const allowed = new Set(
    roles.flatMap((role) => permissionsOf(role).map((permission) => `${role.name} ${permission}`)),
  );
  const used = new Set(
    roles.flatMap(({ accountId, name }) =>
      records.flatMap((record) =>
        Object.entries(record.allowed[roleArn(accountId, name)] ?? {}).flatMap(([action, sids]) =>
          sids.map((sid) => `${name} ${sid} ${action}`.toLowerCase()),
        ),
      ),
    ),
  );
  const excused = reasons.flatMap(({ role, sid, actions }) =>
    actions.map((action) => `${role} ${sid} ${action}`),
  );
  const isUsed = (permission: string) => used.has(permission.toLowerCase());
  return {
    unused: [...allowed]
      .filter((permission) => !isUsed(permission) && !excused.includes(permission))
      .sort(),
    reasonsForNothing: excused
      .filter((permission) => isUsed(permission) || !allowed.has(permission))
      .sort(),
  };
}

/** `Sid action` for every published action that a statement allows within the boundary. */
function permissionsOf({ documents, boundary }: StampedRole): string[] {
  const limits = statementsOf(boundary);
  const all = documents.flatMap(statementsOf);
  const denials = all.filter(({ statement }) => statement.effect === "Deny");
  return all
    .filter(({ statement }) => statement.effect === "Allow")
    .flatMap((source) => {
      const permissions = new Permissions({ policies: [source, ...denials], boundary: limits });
      const actions = [
        ...permissions.actions().map(({ name }) => name),
        ...permissions.unpublishedActions(),
      ];
      return actions.map((action) => `${source.statement.sid ?? ""} ${action}`);
    });
}

function statementsOf(document: PolicyDocument): SourcedStatement[] {
  const { statements, version } = parseDocument(JSON.stringify(document), "document");
  return statements.map((read) => ({ statement: read(), document: "document", version }));
}
