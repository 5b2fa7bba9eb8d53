import { readFileSync } from "node:fs";
import path from "node:path";

import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import { isAbout, isExpired, type Exemption } from "../../stacks/exemptions";
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

/**
 * SHA-256, hex, of exemptions and of which of them have expired by `today` (`YYYY-MM-DD`): a stamp that an exemption let
 * through is not unchanged the day after. Undefined where there are none.
 */
export function exemptionsDigest(
  exemptions: readonly Exemption[],
  today = new Date().toISOString().slice(0, 10),
): string | undefined {
  if (exemptions.length === 0) return undefined;
  return digest({ exemptions, expired: exemptions.map((one) => isExpired(one, today)) });
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
