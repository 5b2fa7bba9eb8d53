import { expect } from "chai";
import fc from "fast-check";

import { PeakMemory, slotsFor } from "../../../../server/runs/slots";

const load = { setting: 8, available: 8000, reserve: 1000, peak: 700, running: 0, young: 0 };

describe("how many operations run at a time", () => {
  it("is the setting where memory allows it, and what memory allows otherwise", () => {
    expect(slotsFor(load)).to.equal(8);
    expect(slotsFor({ ...load, available: 4000 })).to.equal(4);
  });

  it("counts memory that young operations have not taken yet", () => {
    expect(slotsFor({ ...load, available: 4000, running: 2, young: 2 })).to.equal(4);
    expect(slotsFor({ ...load, available: 4000, running: 2, young: 0 })).to.equal(6);
  });

  it("is never none and never more than the setting", () => {
    fc.assert(
      fc.property(
        fc.record({
          setting: fc.integer({ min: 1, max: 64 }),
          available: fc.integer({ min: 0, max: 200_000 }),
          reserve: fc.integer({ min: 0, max: 4000 }),
          peak: fc.integer({ min: 1, max: 3000 }),
          running: fc.nat(64),
          young: fc.nat(64),
        }),
        (any) => {
          expect(slotsFor(any)).to.be.within(1, any.setting);
        },
      ),
    );
  });

  it("expects of the next operation what the largest of the last ones needed", () => {
    const peak = new PeakMemory();
    expect(peak.value).to.equal(700);
    peak.add(0);
    expect(peak.value).to.equal(700);
    peak.add(300);
    peak.add(900);
    peak.add(250);
    expect(peak.value).to.equal(900);
    for (let index = 0; index < 20; index++) peak.add(320);
    expect(peak.value).to.equal(320);
  });
});
