import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { atRate } from "../../../bench/at-rate";

describe("Work at a fixed rate", () => {
  it("is begun although what was begun before has not ended", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const times = await atRate(1000, 0.01, (index) => {
      if (index === 9) release();
      // Were one to wait for the other, nothing would ever end.
      return held;
    });
    expect(times).to.have.length(10);
  });

  it("takes as long as it is late, too", async () => {
    const times = await atRate(1000, 0.005, async (index) => {
      if (index === 0) {
        const until = performance.now() + 50;
        while (performance.now() < until);
      }
      await sleep(0);
    });
    // The last was due 4 ms after the first, and could begin after its 50.
    expect(times.at(-1)).to.be.greaterThan(40);
  });

  it("throws what failed when all has ended", async () => {
    let ended = 0;
    const outcome = await atRate(1000, 0.003, async (index) => {
      if (index === 0) throw new Error("refused");
      await sleep(5);
      ended += 1;
    }).catch((error: unknown) => (error as Error).message);
    expect([outcome, ended]).to.deep.equal(["refused", 2]);
  });
});
