import { Command } from "commander";

import { type CliContext, describe, type OutputOptions, printJson } from "../context";
import { EXIT } from "../failure";
import { table } from "../table";
import { clean, counted } from "../text";

interface DoctorOptions extends OutputOptions {
  readonly fix?: boolean;
}

/** `doctor`: the engine's parts, where each one came from, and what to do about those that are missing. */
export function doctorCommand(context: CliContext): Command {
  const command = new Command("doctor")
    .description(
      "Show each part of the engine, its version and where it came from, and the remedy for what is missing",
    )
    .option(
      "--fix",
      "get what is missing: the official download where it can be reached, or built from source",
    );
  describe(command, [
    "strongroom doctor",
    "strongroom doctor --fix",
    "strongroom doctor --json | jq '.parts[] | select(.ok | not)'",
  ]);
  return command.action(
    context.ends(async (options: DoctorOptions) => {
      const { io, parts } = context;
      const lines = await parts.doctor(io, { fix: options.fix === true });
      const missing = lines.filter(({ ok }) => !ok);
      if (options.json === true) printJson(io, { ok: missing.length === 0, parts: lines });
      else {
        const { green, red, bold } = io.paint;
        const rows = lines.map(({ part, ok, version, detail }) => [
          { painted: ok ? green("✓") : red("✗") },
          part,
          version,
          detail,
        ]);
        io.out(`${table(["", "part", "version", "where from"], rows)}\n\n`);
        for (const { part, remedy } of missing) {
          if (remedy !== undefined) io.out(`${bold("→")} ${part}: ${clean(remedy)}\n`);
        }
        io.out(
          missing.length === 0
            ? "Everything is there.\n"
            : `${counted(missing.length, "part")} missing.\n`,
        );
      }
      return missing.length === 0 ? EXIT.ok : EXIT.failed;
    }),
  );
}
