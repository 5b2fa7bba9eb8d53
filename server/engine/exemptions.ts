import { readFileSync } from "node:fs";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import { isAbout, type Exemption } from "../../stacks/exemptions";
import { parseExemptions } from "../../stacks/exemptions-file";
import type { ExemptionsOf } from "../ports";

export const NO_EXEMPTIONS: ExemptionsOf = () => [];

/**
 * Reads the file of exemptions now and whenever it is asked, so that an edit counts without a restart; parses it again only
 * when it changed. `ruleIds` are the rules that there are. Throws `SPEC_INVALID` with every mistake in the file.
 */
export function exemptionsFile(file: string, ruleIds: readonly string[]): ExemptionsOf {
  const name = path.basename(file);
  let last: { readonly text: string; readonly exemptions: readonly Exemption[] } | undefined;
  const read = (): readonly Exemption[] => {
    const text = readText(file, name);
    if (last?.text !== text) last = { text, exemptions: parseExemptions(text, name, ruleIds) };
    return last.exemptions;
  };
  read();
  return (stamp) =>
    stamp === undefined ? read() : read().filter((exemption) => isAbout(exemption, [stamp]));
}

function readText(file: string, name: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError(
      "SPEC_INVALID",
      `The file of exemptions ${name} cannot be read (${code ?? "unknown"}).`,
      { action: "Set STRONGROOM_EXEMPTIONS to the file, or take the setting away.", cause },
    );
  }
}
