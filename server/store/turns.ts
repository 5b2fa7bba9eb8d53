import type { PoolClient } from "pg";

import type { StampName } from "../../stacks/naming";

/**
 * The turn of the first of some jobs that a run puts into the queue; the next ones follow it. Start-time fair queueing: a
 * run's jobs have turns one after the other, and a run that begins (or goes on) joins at the turn that is being served. So
 * the workers go from run to run, a run of one stamp never waits for a run of a thousand, and no stream of small runs keeps
 * a large one from going on. To be called with the run's row locked.
 */
export async function firstTurn(client: PoolClient, runId: string): Promise<number> {
  const { rows } = await client.query<{ turn: number }>(
    `SELECT greatest(
       coalesce((SELECT max(turn) FROM strongroom.run_stamps WHERE status = 'running'), 0),
       coalesce((SELECT max(turn) + 1 FROM strongroom.run_stamps WHERE run_id = $1), 0))::integer AS turn`,
    [runId],
  );
  return rows[0]?.turn ?? 0;
}

/** Notes the queue's job and the turn of each stamp. */
export async function keepTurns(
  client: PoolClient,
  jobs: {
    readonly runId: string;
    readonly stamps: readonly StampName[];
    readonly ids: readonly string[];
    readonly first: number;
  },
): Promise<void> {
  const { runId, stamps, ids, first } = jobs;
  await client.query(
    `UPDATE strongroom.run_stamps AS r SET queue_id = q.id, turn = q.turn
     FROM unnest($2::text[], $3::uuid[], $4::integer[]) AS q(stamp, id, turn)
     WHERE r.run_id = $1 AND r.stamp = q.stamp`,
    [runId, stamps, ids, ids.map((_, index) => first + index)],
  );
}
