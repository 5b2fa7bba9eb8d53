import type { StampResult } from "../runs-ports";
import type { PreviewReport } from "./model";
import { PRICES } from "./prices";

type Unit = keyof typeof PRICES.units;

/** What the keys and secrets of all stamps would cost more or less in a month; only what is countable. */
export function costOf(stamps: readonly Pick<StampResult, "billed">[]): PreviewReport["cost"] {
  const lines = (Object.keys(PRICES.units) as Unit[]).flatMap((unit) => {
    const { what, price } = PRICES.units[unit];
    const sum = (side: "before" | "after"): number =>
      stamps.reduce((all, { billed }) => all + (billed?.[side][unit] ?? 0), 0);
    const [before, after] = [sum("before"), sum("after")];
    if (before === after) return [];
    return [{ what, before, after, unitPrice: price, difference: cents((after - before) * price) }];
  });
  return {
    currency: "USD",
    monthly: cents(lines.reduce((sum, { difference }) => sum + difference, 0)),
    lines,
    notCounted: [...PRICES.requests],
    prices: { source: PRICES.source, date: PRICES.date },
  };
}

const cents = (amount: number): number => Math.round(amount * 100) / 100;
