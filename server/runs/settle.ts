import type { Hold } from "../runs-ports";
import type { NewEvent, Transaction } from "../store/types";
import { approvalWanted, runEnded } from "./announce";
import type { Conclude } from "./conclude-check";
import { nextSteps } from "./progress";
import { accountResults, endStatus, summarize } from "./summary";

/**
 * Brings a run forward after something of it ended: puts what is ready into the queue, ends what cannot start any more,
 * and ends the run itself when nothing is left. Part of the transaction in which that something ended, so that a crash
 * never leaves a run that nobody brings forward. `conclude` says what is wrong with the run as a whole.
 */
export async function settle(
  tx: Transaction,
  runId: string,
  now = new Date(),
  conclude: Conclude = () => undefined,
): Promise<void> {
  const run = await tx.lockRun(runId);
  if (run === undefined) return;
  const steps = nextSteps(
    await tx.progress(runId),
    run.cancelRequested,
    run.rollout === undefined ? undefined : { rollout: run.rollout, now },
  );
  const { ready, unstarted, ended } = steps;
  await tx.endWaiting(runId, unstarted);
  await tx.release(
    runId,
    unstarted.map(({ stamp }) => stamp),
  );
  const events: NewEvent[] = unstarted.map(({ stamp, status, error }) => ({
    type: "stamp.ended",
    stamp,
    data: { status, error },
  }));
  if (!run.cancelRequested) await tx.enqueue(runId, ready);
  if (steps.rollout !== undefined) {
    await tx.setRollout(runId, steps.rollout);
    for (const hold of newHold(run.rollout?.hold, steps.rollout.hold)) {
      events.push({ type: "run.held", data: { ...hold } });
      await tx.webhooks.announce(approvalWanted(runId, run.operation, hold));
    }
  }
  if (ended) {
    const stamps = await tx.results(runId);
    const accounts = accountResults(await tx.planned(runId), stamps);
    const summary = summarize(accounts, stamps, run.seconds);
    const { operation, target, requestedBy: subject, reason } = run;
    const error = conclude({ operation, target, stamps });
    const status = endStatus(stamps, run.cancelRequested, error);
    await tx.endRun(runId, status, summary, error);
    const wrong = error === undefined ? {} : { error };
    events.push({ type: "run.ended", data: { status, summary, ...wrong } });
    await tx.append(runId, events);
    await tx.webhooks.announce([runEnded(runId, operation, status, summary, stamps)]);
    await tx.audit({
      subject,
      action: "run.end",
      runId,
      ...(reason === undefined ? {} : { reason }),
      details: { operation, status },
    });
  } else {
    await tx.append(runId, events);
  }
}

/** The hold, if it was not there before. */
function newHold(before: Hold | undefined, hold: Hold | undefined): readonly Hold[] {
  if (hold === undefined || (before?.kind === hold.kind && before.wave === hold.wave)) return [];
  return [hold];
}
