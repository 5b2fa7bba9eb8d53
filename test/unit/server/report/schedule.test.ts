import { expect } from "chai";

import { timesAMonth } from "../../../../server/report/schedule";

const times = (expression: string) => {
  const found = timesAMonth(expression);
  return found === undefined ? undefined : Math.round(found * 10) / 10;
};

describe("how often a schedule comes in a month", () => {
  for (const [expression, expected] of [
    ["rate(1 minute)", 43_800],
    ["rate(5 minutes)", 8760],
    ["rate(1 hour)", 730],
    ["rate(168 hours)", 4.3],
    ["rate(7 days)", 4.3],
    ["cron(0 3 * * ? *)", 30.4],
    ["cron(0/15 * * * ? *)", 2920],
    ["cron(0 8-17/3 ? * 2-6 *)", 86.9],
    ["cron(0,30 0 1 * ? *)", 2],
    ["cron(0 0 1 1,7 ? *)", 0.2],
  ] as const) {
    it(`is ${expected} for ${expression}`, () => {
      expect(times(expression)).to.equal(expected);
    });
  }

  for (const expression of [
    "",
    "rate(0 minutes)",
    "rate(1 week)",
    "at(2026-01-01T00:00:00)",
    "cron(0 3 * * ?)",
    "cron(0 3 L * ? *)",
    "cron(0 3 ? * 2#1 *)",
    "cron(0 3 * * ? 2026)",
    "cron(75 3 * * ? *)",
    "cron(0 17-8 * * ? *)",
  ]) {
    it(`is not told for "${expression}"`, () => {
      expect(timesAMonth(expression)).to.equal(undefined);
    });
  }
});
