import { describeDeciders } from "../runs/deciders";
import type { RunRecord } from "../runs-ports";
import type { CliIo } from "./io";
import { renderPrecious } from "./render-changes";
import { clean, counted } from "./text";

/** What holds a run, and the very command that lets it go on; empty where nothing does. */
export function renderHold(run: RunRecord, io: Pick<CliIo, "paint">): string {
  const { hold } = run;
  const { paint } = io;
  if (hold === undefined || run.endedAt !== undefined) return "";
  const { kind, wave, until, digest, preciousAccounts = 0 } = hold;
  if (kind === "pause") {
    return `${paint.bold("Paused")} after the wave ${clean(wave ?? "")} until ${until ?? ""}; \`strongroom resume ${run.id}\` ends the pause.`;
  }
  const lines = [
    kind === "plan"
      ? paint.bold("The plan waits for an approval")
      : `${paint.bold("Waits for an approval")} after the wave ${clean(wave ?? "")}`,
    ...describeDeciders(run.requestedBy, hold).map(clean),
  ];
  const precious = kind === "plan" && preciousAccounts > 0;
  if (precious) {
    lines.push(
      paint.red(
        `It deletes or replaces a key, a secret or a bucket in ${counted(preciousAccounts, "account")}:`,
      ),
      ...renderPrecious(run.stamps, io),
    );
  }
  const number = precious ? ` --precious-accounts ${preciousAccounts}` : "";
  lines.push(
    `${paint.bold("→")} strongroom approve ${run.id} --digest ${digest ?? ""}${number} --reason <why>`,
  );
  return lines.join("\n");
}
