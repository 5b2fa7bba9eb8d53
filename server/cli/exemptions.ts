import { readFile } from "node:fs/promises";
import path from "node:path";

import { RULES } from "../../policies/rules";
import type { Exemption } from "../../stacks/exemptions";
import { CliFailure, EXIT } from "./failure";
import type { CliIo } from "./io";

/** The day of now, as exemptions name it: `YYYY-MM-DD`. */
export const today = (io: Pick<CliIo, "now">): string =>
  new Date(io.now()).toISOString().slice(0, 10);

/** Reads the file of exemptions that an option names; none where it is not given. */
export async function readExemptions(
  io: CliIo,
  file: string | undefined,
): Promise<readonly Exemption[]> {
  if (file === undefined) return [];
  // Schemas and YAML are slow to load, and most files of resources are judged without exemptions.
  const { parseExemptions } = await import("../../stacks/exemptions-file.js");
  const ids = RULES.map(({ id }) => id);
  const text = await readFile(path.resolve(io.workingDirectory, file), "utf8").catch(
    (error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown";
      throw new CliFailure(`The file of exemptions ${file} cannot be read (${code}).`, EXIT.usage);
    },
  );
  return parseExemptions(text, file, ids);
}
