import { expect } from "chai";

import { parseFleetFile } from "../../../stacks/fleet-file";
import { thrown } from "./thrown";

/** The mistakes of a file as `line:column pointer message`. */
export function mistakes(text: string): string[] {
  const error = thrown(() => parseFleetFile(text, "fleet.yaml"));
  expect(error.code).to.equal("SPEC_INVALID");
  return error.problems.map(
    ({ line, column, pointer, message }) => `${line}:${column} ${pointer ?? "-"} ${message}`,
  );
}
