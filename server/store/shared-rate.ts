import { setTimeout as sleep } from "node:timers/promises";

import type { QueryResult, QueryResultRow } from "pg";

import type { RateLimit, SharedRate } from "../ports";

type Sql = <R extends QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<QueryResult<R>>;

/**
 * A token bucket in the database: AWS throttles an organization or an account, whichever host called too often. The
 * database's clock counts, so hosts need not agree on the time. Below zero means that others wait already: each caller
 * takes its place by the debt it leaves, and waits for it without holding a connection.
 */
export function sharedRate(sql: Sql, name: string, { perSecond, burst }: SharedRate): RateLimit {
  return {
    async take(signal, cost = 1) {
      const { rows } = await sql<{ tokens: number }>(
        `INSERT INTO strongroom.shared_rates AS r (name, tokens) VALUES ($1, $3::float8 - $4)
         ON CONFLICT (name) DO UPDATE SET
           tokens = least($3, r.tokens + greatest(0, extract(epoch FROM clock_timestamp() - r.filled_at)) * $2) - $4,
           filled_at = greatest(r.filled_at, clock_timestamp())
         RETURNING tokens`,
        [name, perSecond, burst, cost],
      );
      const debt = -(rows[0]?.tokens ?? 0);
      if (debt > 0) {
        await sleep((debt / perSecond) * 1000, undefined, signal === undefined ? {} : { signal });
      }
    },
  };
}
