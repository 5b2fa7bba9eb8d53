import { isRestricted } from "../iam/conditions";
import type { Statement } from "../iam/document";
import { isEveryAction, isEveryActionOfService } from "../iam/statements";

/** How an allowing statement of a resource's policy opens it: to everybody, or for everything. `place` says where it is. */
export function* openings(statement: Statement, place: string): Generator<{ wrong: string }> {
  if (statement.principals?.everybody === true && !isRestricted(statement)) {
    yield { wrong: `lets everybody in (${place})` };
  }
  if (statement.actions.some((a) => isEveryAction(a) || isEveryActionOfService(a))) {
    yield { wrong: `allows every action (${place})` };
  }
}
