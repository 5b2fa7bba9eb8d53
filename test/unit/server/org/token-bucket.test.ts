import { expect } from "chai";

import { TokenBucket } from "../../../../server/org/token-bucket";

describe("the token bucket", () => {
  const make = (perSecond: number, burst: number) => {
    const clock = { at: 0, waits: [] as number[] };
    const bucket = new TokenBucket({
      perSecond,
      burst,
      now: () => clock.at,
      wait: (milliseconds) => {
        clock.waits.push(milliseconds);
        return Promise.resolve();
      },
    });
    return { clock, bucket };
  };

  it("lets a burst pass and spaces out what follows", async () => {
    const { bucket, clock } = make(5, 2);
    for (let n = 0; n < 5; n++) await bucket.take();
    expect(clock.waits).to.deep.equal([200, 400, 600]);
  });

  it("fills up again with time, never above the burst", async () => {
    const { bucket, clock } = make(5, 2);
    await bucket.take();
    await bucket.take();
    clock.at = 60_000;
    for (let n = 0; n < 3; n++) await bucket.take();
    expect(clock.waits).to.deep.equal([200]);
  });
});
