import type { OneOrMany, PolicyDocument, Statement } from "../../programs/iam/document";

/** One value or several, as a list. */
export const list = (value: OneOrMany | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

/** Whether an IAM pattern covers a text; a `*` in the text is only covered by a `*` of the pattern. */
export function covers(pattern: string, text: string, ignoreCase = false): boolean {
  const source = pattern
    .split(/([*?])/)
    .map((part) =>
      part === "*" ? ".*" : part === "?" ? "." : part.replace(/[.+^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
  return new RegExp(`^${source}$`, ignoreCase ? "is" : "s").test(text);
}

/** The statements of a document that are about an action on a resource, whatever their conditions. */
export function statementsFor(
  document: PolicyDocument,
  effect: Statement["Effect"],
  action: string,
  resource: string,
): Statement[] {
  return document.Statement.filter(
    (statement) =>
      statement.Effect === effect &&
      list(statement.Action).some((pattern) => covers(pattern, action, true)) &&
      list(statement.Resource).some((pattern) => covers(pattern, resource)),
  );
}

/** The statement of a Sid; throws where there is none. */
export function statement(document: PolicyDocument, sid: string): Statement {
  const found = document.Statement.find((it) => it.Sid === sid);
  if (found === undefined) throw new Error(`The document has no statement ${sid}`);
  return found;
}
