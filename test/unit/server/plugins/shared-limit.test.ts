import { expect } from "chai";

import type { RequestCounts } from "../../../../server/access-ports";
import { SharedLimit } from "../../../../server/plugins/shared-limit";

/** The database's side: sums, and a window that never ends. */
class MemoryCounts implements RequestCounts {
  readonly sums = new Map<string, number>();
  broken = false;

  add(counts: ReadonlyMap<string, number>, windowMs: number): ReturnType<RequestCounts["add"]> {
    if (this.broken) return Promise.reject(new Error("the database is away"));
    for (const [key, count] of counts) this.sums.set(key, (this.sums.get(key) ?? 0) + count);
    return Promise.resolve(
      new Map(
        [...counts.keys()].map((key) => [
          key,
          { count: this.sums.get(key) ?? 0, leftMs: windowMs },
        ]),
      ),
    );
  }
}

describe("limits that several services share", () => {
  let counts: MemoryCounts;
  let now: number;
  beforeEach(() => {
    counts = new MemoryCounts();
    now = 0;
  });
  const limit = () => new SharedLimit(counts, 60_000, () => now);

  it("count what a caller has sent to the others", async () => {
    const [one, other] = [limit(), limit()];
    for (let n = 0; n < 15; n++) one.count("subject:ann");
    await one.tell();
    expect(other.count("subject:ann").current).to.equal(1);
    await other.tell();
    expect(other.count("subject:ann").current).to.equal(17);
    await one.close();
    await other.close();
    expect([...counts.sums.values()]).to.deep.equal([17]);
  });

  it("keep callers apart, and tell the database no names", async () => {
    const one = limit();
    one.count("subject:ann");
    expect(one.count("subject:bob").current).to.equal(1);
    await one.close();
    expect([...counts.sums.keys()].join()).not.to.contain("ann");
  });

  it("begin anew after the window", () => {
    const one = limit();
    one.count("a");
    now = 60_000;
    expect(one.count("a")).to.deep.equal({ current: 1, ttl: 60_000 });
  });

  it("go on here while the database is away, and tell it later", async () => {
    const one = limit();
    counts.broken = true;
    one.count("a");
    await one.tell();
    expect(one.count("a").current).to.equal(2);
    counts.broken = false;
    await one.tell();
    expect([...counts.sums.values()]).to.deep.equal([2]);
  });

  it("do not keep more callers than a bound, however many are made up", () => {
    const one = limit();
    one.count("first");
    for (let n = 0; n < 5000; n++) one.count(`made-up-${n}`);
    expect(one.count("first").current).to.equal(1);
  });
});
