import { expect } from "chai";
import fc from "fast-check";

import { isOpen, nextRotation } from "../../../../lambdas/rotate/schedule";
import { ANY_TIME, WEEKDAYS, type RotationWindow } from "../../../../stacks/rotation";

const DAY = 86_400_000;
const SINCE = new Date("2026-03-02T10:00:00Z");
const NIGHTS: RotationWindow = { days: ["sat", "sun"], startHour: 22, hours: 6 };

const arn = (index: number) =>
  `arn:aws:secretsmanager:eu-central-1:111122223333:secret:app/${index}-AbCdEf`;
const daysFrom = (from: Date, to: Date) => (to.getTime() - from.getTime()) / DAY;

describe("the schedule of rotations", () => {
  it("gives the same secret the same moment each time", () => {
    const schedule = { everyDays: 30, window: NIGHTS };
    const once = nextRotation(arn(1), { since: SINCE }, schedule);
    expect(nextRotation(arn(1), { since: SINCE }, schedule)).to.deep.equal(once);
  });

  it("spreads secrets that were enrolled together over the whole first period", () => {
    const perDay = new Map<number, number>();
    for (let index = 0; index < 3000; index++) {
      const next = nextRotation(arn(index), { since: SINCE }, { everyDays: 30, window: ANY_TIME });
      const day = Math.floor(daysFrom(SINCE, next));
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    // 100 a day on average; six standard deviations are 60.
    expect(perDay.size).to.equal(30);
    expect(Math.max(...perDay.values())).to.be.lessThan(160);
    expect(Math.min(...perDay.values())).to.be.greaterThan(40);
  });

  it("spreads them within a window too", () => {
    const perHour = new Map<number, number>();
    for (let index = 0; index < 3000; index++) {
      const next = nextRotation(arn(index), { since: SINCE }, { everyDays: 30, window: NIGHTS });
      const hour = next.getUTCHours();
      perHour.set(hour, (perHour.get(hour) ?? 0) + 1);
    }
    expect([...perHour.keys()].sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 22, 23]);
    expect(Math.max(...perHour.values())).to.be.lessThan(700);
  });

  it("keeps a secret below its period, in a window, and close to it, whenever it was rotated last", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 7, max: 90 }),
        fc.integer({ min: 0, max: 365 * 24 * 60 }),
        fc.subarray([...WEEKDAYS], { minLength: 1 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 24 }),
        (index, everyDays, minutes, days, startHour, hours) => {
          const window = { days, startHour, hours };
          const lastAt = new Date(SINCE.getTime() + minutes * 60_000);
          const next = nextRotation(arn(index), { since: SINCE, lastAt }, { everyDays, window });
          expect(isOpen(next, window)).to.equal(true);
          expect(daysFrom(lastAt, next)).to.be.greaterThan(0);
          // A window opens once a week at least; its own moment in it may come up to a day later.
          expect(daysFrom(lastAt, next)).to.be.at.most(Math.max(everyDays, 8));
          expect(daysFrom(lastAt, next)).to.be.at.least(Math.min(everyDays - 9, 1));
        },
      ),
    );
  });

  it("comes back to the same moment of the day, rotation after rotation", () => {
    const schedule = { everyDays: 30, window: ANY_TIME };
    let at = nextRotation(arn(7), { since: SINCE }, schedule);
    const first = at;
    for (let round = 1; round <= 12; round++) {
      // Looked for every quarter of an hour: it begins a little late each time.
      const lastAt = new Date(at.getTime() + 14 * 60_000);
      at = nextRotation(arn(7), { since: SINCE, lastAt }, schedule);
      expect(daysFrom(first, at)).to.be.closeTo(29 * round, 1e-9);
    }
  });

  it("opens a window that goes past midnight on the days that it begins on", () => {
    expect(isOpen(new Date("2026-03-07T23:00:00Z"), NIGHTS)).to.equal(true);
    expect(isOpen(new Date("2026-03-09T03:59:00Z"), NIGHTS)).to.equal(true);
    expect(isOpen(new Date("2026-03-09T04:00:00Z"), NIGHTS)).to.equal(false);
    expect(isOpen(new Date("2026-03-07T21:59:00Z"), NIGHTS)).to.equal(false);
  });
});
