import type { QueryResult, QueryResultRow } from "pg";

import type { StampName } from "../../stacks/naming";
import type { ProcessIdentity } from "../processes";
import type { ClaimedStamp, EngineProcess } from "./types";

type Sql = <R extends QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<QueryResult<R>>;

interface Row {
  readonly stamp: StampName;
  readonly epoch: string;
  readonly process: ProcessIdentity;
  readonly dead: boolean;
}

const processOf = ({ stamp, epoch, process, dead }: Row): EngineProcess => ({
  stamp,
  epoch: Number(epoch),
  process,
  dead,
});

/** The processes of engines on all hosts: what is needed to prove, from another host, whose a lock is. */
export class EngineProcesses {
  constructor(private readonly sql: Sql) {}

  async add(claim: ClaimedStamp, process: ProcessIdentity): Promise<void> {
    await this.sql(
      "INSERT INTO strongroom.engine_processes (stamp, epoch, host, process) VALUES ($1, $2, $3, $4)",
      [claim.stamp, claim.epoch, process.host, JSON.stringify(process)],
    );
  }

  async before(stamp: StampName, epoch: number): Promise<readonly EngineProcess[]> {
    const { rows } = await this.sql<Row>(
      "SELECT stamp, epoch, process, dead FROM strongroom.engine_processes WHERE stamp = $1 AND epoch < $2 ORDER BY at",
      [stamp, epoch],
    );
    return rows.map(processOf);
  }

  async orphans(host: string): Promise<readonly EngineProcess[]> {
    const { rows } = await this.sql<Row>(
      `SELECT p.stamp, p.epoch, p.process, p.dead FROM strongroom.engine_processes p
       WHERE p.host = $1 AND NOT p.dead AND NOT EXISTS (
         SELECT 1 FROM strongroom.run_stamps s WHERE s.status = 'running' AND s.epoch = p.epoch)`,
      [host],
    );
    return rows.map(processOf);
  }

  async bury(host: string, claims?: readonly number[]): Promise<number> {
    const { rowCount } = await this.sql(
      `UPDATE strongroom.engine_processes SET dead = true
       WHERE host = $1 AND NOT dead AND ($2::bigint[] IS NULL OR epoch = ANY($2))`,
      [host, claims ?? null],
    );
    return rowCount ?? 0;
  }

  async forget(stamp: StampName, beforeEpoch: number): Promise<void> {
    await this.sql("DELETE FROM strongroom.engine_processes WHERE stamp = $1 AND epoch < $2", [
      stamp,
      beforeEpoch,
    ]);
  }
}
