/** The rotators that there are, by the word that a tag or the fleet file names them with. */
export const ROTATOR_NAMES = [
  "password",
  "api-key",
  "postgres",
  "postgres-alternating",
  "access-key",
  "key-pair",
  "certificate",
  "http",
] as const;
export type RotatorName = (typeof ROTATOR_NAMES)[number];

/** Days of the week as the fleet file names them, in the order of JavaScript's `getUTCDay`. */
export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When secrets may be rotated: on these days, from this hour on (UTC), for so many hours. */
export interface RotationWindow {
  readonly days: readonly Weekday[];
  readonly startHour: number;
  readonly hours: number;
}

/** Any time: where nothing is said. */
export const ANY_TIME: RotationWindow = { days: WEEKDAYS, startHour: 0, hours: 24 };

/** Longest time from the opening of a window to the next one, days. */
export function longestGap({ days }: RotationWindow): number {
  const open = WEEKDAYS.flatMap((day, index) => (days.includes(day) ? [index] : []));
  return Math.max(
    ...open.map((day, index) => (open[index + 1] ?? (open[0] ?? day) + WEEKDAYS.length) - day),
  );
}
