import { expect } from "chai";

import { renderKilledWorker } from "../../../bench/render-killed-worker";

describe("What a killed worker costs", () => {
  it("is shown as a ratio first, then as seconds, for each pair of runs", () => {
    const pair = { restarted: true, withoutSeconds: 10, withSeconds: 13, again: 4 };
    const text = renderKilledWorker({
      workers: 2,
      concurrency: 4,
      stamps: 40,
      stampSeconds: 2,
      pairs: [pair, { ...pair, restarted: false, withSeconds: 20 }],
    });
    const rows = text.split("\n").map((line) => line.trim().replaceAll(/\s+/g, " "));
    expect(
      rows.some((row) => row.includes("started again after 1 s 1.30 3.0 10.0 13.0 4")),
    ).to.equal(true);
    expect(rows.some((row) => row.includes("gone 2.00 10.0 10.0 20.0 4"))).to.equal(true);
  });
});
