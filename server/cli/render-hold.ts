import { isPrecious } from "../../stacks/precious";
import type { RunRecord } from "../runs-ports";
import type { CliIo } from "./io";
import { clean, counted } from "./text";

/** Deletions and replacements that are listed; who approves more than that reads the JSON. */
const MOST_PRECIOUS = 50;

/** What holds a run, and the very command that lets it go on; empty where nothing does. */
export function renderHold(run: RunRecord, { paint }: Pick<CliIo, "paint">): string {
  const { hold } = run;
  if (hold === undefined || run.endedAt !== undefined) return "";
  const { kind, wave, until, digest, preciousAccounts = 0 } = hold;
  if (kind === "pause") {
    return `${paint.bold("Paused")} after the wave ${clean(wave ?? "")} until ${until ?? ""}; \`strongroom resume ${run.id}\` ends the pause.`;
  }
  const lines = [
    kind === "plan"
      ? paint.bold("The plan waits for an approval")
      : `${paint.bold("Waits for an approval")} after the wave ${clean(wave ?? "")}`,
  ];
  if (kind === "plan" && preciousAccounts > 0) {
    lines.push(
      paint.red(
        `It deletes or replaces a key, a secret or a bucket in ${counted(preciousAccounts, "account")}:`,
      ),
    );
    const precious = run.stamps.flatMap(({ stamp, changes = [] }) =>
      changes.filter(isPrecious).map((change) => ({ stamp, ...change })),
    );
    for (const { stamp, operation, type, name, properties } of precious.slice(0, MOST_PRECIOUS)) {
      const because = properties.length === 0 ? "" : ` (${properties.join(", ")})`;
      lines.push(`  ${paint.red(operation)} ${stamp} ${clean(`${type} ${name}${because}`)}`);
    }
    if (precious.length > MOST_PRECIOUS) {
      lines.push(`  … and ${precious.length - MOST_PRECIOUS} more`);
    }
  }
  const named =
    kind === "plan" && preciousAccounts > 0 ? ` --precious-accounts ${preciousAccounts}` : "";
  lines.push(
    `${paint.bold("→")} strongroom approve ${run.id} --digest ${digest ?? ""}${named} --reason <why>`,
  );
  return lines.join("\n");
}
