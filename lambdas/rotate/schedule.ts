import { createHash } from "node:crypto";

import { WEEKDAYS, type RotationWindow } from "../../stacks/rotation";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Twice the time between two looks: what is due at the end of a window is still begun in it. */
const LAST_MOMENT = HOUR / 2;
/** Windows come back every week. */
const WEEK = 7;

export interface RotationSchedule {
  /** Longest time between two rotations, days. */
  readonly everyDays: number;
  readonly window: RotationWindow;
}

/** What a schedule counts from. */
export interface Past {
  /** When the secret was enrolled. */
  readonly since: Date;
  /** Absent: never. */
  readonly lastAt?: Date;
}

/** A share of the whole, at least 0 and below 1: the same for the same secret each time, spread evenly over many. */
function share(secretId: string, of: string): number {
  const digest = createHash("sha256").update(`${of}\n${secretId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/**
 * When a secret is next rotated. In every window it has a moment of its own, so that secrets that were enrolled together
 * are not rotated together; the first rotation comes in one of the windows of the first period, another one for each
 * secret. Later ones come in the last window that keeps them below the period, with a day to spare: Secrets Manager's own
 * schedule, which steps in where ours fails, then has nothing to do.
 */
export function nextRotation(secretId: string, past: Past, schedule: RotationSchedule): Date {
  const { everyDays } = schedule;
  const from = (past.lastAt ?? past.since).getTime();
  const moments = momentsAfter(secretId, from, everyDays + 2 * WEEK, schedule.window);
  const within = (days: number) => moments.filter((moment) => moment <= from + days * DAY);
  const inTime = within(everyDays);
  if (past.lastAt === undefined) {
    const index = Math.floor(share(secretId, "first") * inTime.length);
    return new Date(inTime[index] ?? first(moments, from));
  }
  const early = within(Math.max(1, everyDays - 1));
  return new Date(early.at(-1) ?? inTime.at(-1) ?? first(moments, from));
}

/** Whether a window is open. */
export function isOpen(now: Date, { days, startHour, hours }: RotationWindow): boolean {
  const today = midnight(now.getTime());
  return [today - DAY, today].some((day) => {
    const opens = day + startHour * HOUR;
    return isDay(day, days) && now.getTime() >= opens && now.getTime() < opens + hours * HOUR;
  });
}

const midnight = (time: number): number => time - (time % DAY);

const isDay = (day: number, days: RotationWindow["days"]): boolean => {
  const name = WEEKDAYS[new Date(day).getUTCDay()];
  return name !== undefined && days.includes(name);
};

const first = (moments: readonly number[], otherwise: number): number => moments[0] ?? otherwise;

/** The secret's moments after a time, as milliseconds, earliest first. */
function momentsAfter(
  secretId: string,
  from: number,
  days: number,
  window: RotationWindow,
): number[] {
  const offset = share(secretId, "moment") * (window.hours * HOUR - LAST_MOMENT);
  return Array.from({ length: days + 2 }, (_, index) => midnight(from) + (index - 1) * DAY)
    .filter((day) => isDay(day, window.days))
    .map((day) => day + window.startHour * HOUR + offset)
    .filter((moment) => moment > from);
}
