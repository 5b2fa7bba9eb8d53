import type { StampResult } from "../runs-ports";
import type { PreviewReport } from "./model";
import { PRICES } from "./prices";
import { requestsNotCounted, requestsOf } from "./requests";

type Unit = keyof typeof PRICES.units;

/** What the keys, secrets and sweeps of all stamps would cost more or less in a month; only what is countable. */
export function costOf(
  stamps: readonly Pick<StampResult, "billed" | "kind">[],
): PreviewReport["cost"] {
  const lines = (Object.keys(PRICES.units) as Unit[]).flatMap((unit) => {
    const { what, price } = PRICES.units[unit];
    const sum = (side: "before" | "after"): number =>
      stamps.reduce((all, { billed }) => all + (billed?.[side][unit] ?? 0), 0);
    const [before, after] = [sum("before"), sum("after")];
    if (before === after) return [];
    return [{ what, before, after, unitPrice: price, difference: cents((after - before) * price) }];
  });
  const requests = requestsOf(stamps);
  const all = [...lines, ...(requests === undefined ? [] : [requests])];
  return {
    currency: "USD",
    monthly: cents(all.reduce((sum, { difference }) => sum + difference, 0)),
    lines,
    ...(requests === undefined
      ? {}
      : { requests: { ...requests, difference: cents(requests.difference) } }),
    notCounted: [...requestsNotCounted(stamps), ...PRICES.use],
    prices: { source: PRICES.source, date: PRICES.date },
  };
}

const cents = (amount: number): number => Math.round(amount * 100) / 100;
