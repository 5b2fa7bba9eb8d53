/** A month as AWS bills it: hours. */
const MONTH_HOURS = 730;
const MONTH_DAYS = MONTH_HOURS / 24;
const HOURS = { minute: 1 / 60, hour: 1, day: 24 } as const;

/**
 * How often in a month of 730 hours a schedule of EventBridge comes, on average: `rate(5 minutes)`, `cron(0 3 * * ? *)`.
 * Undefined for what is not a schedule, and for days and years that no average can be told of (`L`, `W`, `#`, a year).
 * Fields and their ranges: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function timesAMonth(expression: string): number | undefined {
  const [, every = "", unit = ""] =
    /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (unit !== "") return MONTH_HOURS / (Number(every) * HOURS[unit as keyof typeof HOURS]);
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1]?.split(" ") ?? [];
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields;
  if (fields.length !== 6 || year !== "*") return undefined;
  // One of the two says nothing; each counts for the share of days that it names.
  const shares = [
    share(minute, 0, 59),
    share(hour, 0, 23),
    dayOfMonth === "?" ? 1 : share(dayOfMonth, 1, 31),
    share(month, 1, 12),
    dayOfWeek === "?" ? 1 : share(dayOfWeek, 1, 7),
  ];
  return shares.reduce<number | undefined>(
    (times, part) => (times === undefined || part === undefined ? undefined : times * part),
    MONTH_DAYS * 24 * 60,
  );
}

/** Which part of a field's values it names: `*`, `5`, `1,15`, `9-17`, `0/10`, every tenth. */
function share(field: string | undefined, first: number, last: number): number | undefined {
  const named = new Set<number>();
  for (const item of (field ?? "").split(",")) {
    const [, all, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/([1-9]\d*))?$/.exec(item) ?? [];
    if (all === undefined && from === undefined) return undefined;
    const start = all === undefined ? Number(from) : first;
    const end = to === undefined ? ((all ?? step) === undefined ? start : last) : Number(to);
    if (start < first || end > last || start > end) return undefined;
    for (let value = start; value <= end; value += Number(step ?? 1)) named.add(value);
  }
  return named.size / (last - first + 1);
}
