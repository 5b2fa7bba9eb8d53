/** Waits between the tries of an event, seconds: the schedule that Standard Webhooks recommends, about three days. */
const WAITS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
/** Up to so much of a wait is added by chance, so that events which failed together do not come back together. */
const JITTER = 0.2;
/** No receiver is believed that wants to wait longer than this, seconds. */
const LONGEST_ASKED = 86_400;

/** Tries of an event before it is given up. */
export const MOST_ATTEMPTS = WAITS.length + 1;

/**
 * How long to wait after a failed try, seconds; undefined after the last one. `retryAfter` is what the receiver asked for, as
 * seconds or as a date: never earlier than that.
 */
export function waitAfter(
  attempt: number,
  retryAfter: string | undefined,
  now: Date,
  random: () => number = Math.random,
): number | undefined {
  const wait = WAITS[attempt - 1];
  if (wait === undefined) return undefined;
  const asked = Math.min(LONGEST_ASKED, secondsOf(retryAfter, now));
  return Math.max(wait * (1 + JITTER * random()), asked);
}

function secondsOf(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : Math.max(0, (at - now.getTime()) / 1000);
}
