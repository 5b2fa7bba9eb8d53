import { expect } from "chai";

import type { Result } from "../../../bench/contestant";
import { renderDifferences, renderStamps } from "../../../bench/render-stamps";

const result = (contestant: Result["contestant"], wallSeconds: number, changes = 0): Result => ({
  contestant,
  phase: "re-run",
  stamps: 2,
  resources: 40,
  changes,
  cost: { wallSeconds, cpuSeconds: 2 * wallSeconds, peakMemoryMiB: 100, peakProcesses: 3 },
  notes: [],
});

describe("The table of the stamps", () => {
  it("begins with ratios to the service in the same phase, and says what a re-run changed", () => {
    const lines = renderStamps([result("service", 10), result("terraform", 25, 3)]).split("\n");
    const cells = lines.at(-1)!.trim().split(/\s+/);
    expect(cells).to.deep.equal([
      "terraform",
      "re-run",
      "2.50",
      "2.50",
      "1.00",
      "12.50",
      "25.00",
      "100",
      "2",
      "40",
      "3",
    ]);
  });

  it("holds a re-run that may leave things alone against one that looks at everything", () => {
    const text = renderStamps([
      result("service", 10),
      { ...result("service", 0.1), phase: "unchanged", notes: ["2 stamps left alone"] },
    ]);
    expect(text).to.match(/service +unchanged +0\.01 .*2 stamps left alone/);
  });

  it("says that a number is not known rather than none", () => {
    expect(renderStamps([result("pulumi", 1, NaN)])).to.match(/40 +\?/);
  });
});

describe("The paragraph about what was left in the emulator", () => {
  it("names the first places that differ, and how many more there are", () => {
    const missing = Array.from({ length: 12 }, (_, index) => `place-${index}`);
    const [text] = renderDifferences({
      terraform: { equal: 70, missing, extra: [], different: ["place: tags"] },
    });
    expect(text).to.include(
      "terraform left 70 things in the emulator just as the service did, and 13",
    );
    expect(text).to.include("place-9").and.to.include("… 2 more").and.not.to.include("place-10");
    expect(text).to.include("place: tags");
  });
});
