import { TERMINAL_STATUSES, type RunRecord, type RunStatus } from "../runs-ports";
import type { ServiceClient } from "./client";
import { EXIT, type ExitCode } from "./failure";
import type { CliIo } from "./io";
import { showProgress, type Progress } from "./progress";

export interface Followed {
  readonly run: RunRecord;
  /** Set when somebody pressed Ctrl-C: the run was cancelled, or left alone while it goes on. */
  readonly interrupted?: "cancelled" | "left";
  /** It waits for an approval: nothing more happens until somebody gives it. */
  readonly waits?: true;
}

const hasEnded = (status: RunStatus): boolean =>
  (TERMINAL_STATUSES as readonly string[]).includes(status);

/**
 * Shows a run until it ends. Ctrl-C once: asks whether to cancel it, or just does where nobody can be asked. Twice:
 * leaves, whatever the run does.
 */
export async function followRun(
  io: CliIo,
  client: ServiceClient,
  run: RunRecord,
  {
    quiet,
    embedded,
    after = 0,
  }: {
    readonly quiet: boolean;
    readonly embedded: boolean;
    /** Events up to this one are known. */
    readonly after?: number;
  },
): Promise<Followed> {
  const progress: Progress | undefined = quiet ? undefined : showProgress(io, run);
  const note = (text: string) => {
    if (progress === undefined) io.err(`${text}\n`);
    else progress.note(text);
  };
  const leave = new AbortController();
  const state = { presses: 0, cancelled: false };
  const cancel = async () => {
    state.cancelled = true;
    note(
      "Cancelling: stamps that wait are not started, those that run are interrupted. Ctrl-C again leaves.",
    );
    await client.cancel(run.id);
  };
  const firstPress = async () => {
    if (!io.interactive) return cancel();
    const answer = await io.ask(`\nCancel run ${run.id}? [y/N] `, leave.signal);
    if (/^y(es)?$/i.test(answer.trim())) await cancel();
    else if (!leave.signal.aborted) note("The run goes on.");
    if (!state.cancelled) state.presses = 0;
  };
  const stopListening = io.onInterrupt(() => {
    state.presses += 1;
    if (state.presses === 1) {
      firstPress().catch((error: unknown) => note(`It could not be cancelled: ${String(error)}`));
      return;
    }
    const fate = embedded
      ? "The service ends with this command; the run goes on when it starts again."
      : `The run goes on as it was told; see \`strongroom logs ${run.id} --follow\`.`;
    note(fate);
    leave.abort();
  });
  try {
    for await (const event of client.follow(run.id, after, leave.signal)) {
      progress?.event(event);
      if (event.type !== "run.held" || event.data["kind"] === "pause") continue;
      const held = await client.run(run.id);
      // Somebody may have approved it in this moment, or it is an old event.
      if (held.status === "waiting_for_approval") return { run: held, waits: true };
    }
    if (leave.signal.aborted) return { run, interrupted: "left" };
    let last = await client.run(run.id);
    // The stream may end a moment before the record says so.
    for (let tries = 0; !hasEnded(last.status) && tries < 20; tries += 1) {
      await io.sleep(250);
      last = await client.run(run.id);
    }
    return { run: last, ...(state.cancelled ? { interrupted: "cancelled" } : {}) };
  } finally {
    stopListening();
    // Takes a question back that nobody needs to answer any more.
    leave.abort();
    progress?.stop();
  }
}

/** The exit code of a run that was followed. `changed`: changes were found and matter (`--exit-code`). */
export function exitOfRun({ run, interrupted, waits }: Followed, changed: boolean): ExitCode {
  if (interrupted !== undefined) return EXIT.interrupted;
  if (waits === true) return EXIT.waiting;
  if (run.status !== "succeeded") return EXIT.failed;
  return changed ? EXIT.changes : EXIT.ok;
}
