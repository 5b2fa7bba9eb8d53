import { expect } from "chai";

import { pulumiChanges, terraformChanges } from "../../../bench/changes";

describe("How many resources a command says it changed", () => {
  it("is what terraform added, changed and destroyed", () => {
    const output = "Plan: 3 to add, 1 to change, 2 to destroy.\n…\nApply complete! Resources: ";
    expect(terraformChanges(`${output}3 added, 1 changed, 2 destroyed.\n`)).to.equal(6);
    expect(terraformChanges(`${output}0 added, 0 changed, 0 destroyed.\n`)).to.equal(0);
    expect(terraformChanges("Error: it broke")).to.equal(undefined);
  });

  it("is what pulumi's update did, not what its preview announced", () => {
    const preview = "Previewing update\nResources:\n    + 40 to create\n\nUpdating\n";
    const update =
      "Resources:\n    + 33 created\n    ~ 1 updated\n    +-2 replaced\n    4 unchanged\n";
    expect(pulumiChanges(`${preview}${update}\nDuration: 12s\n`)).to.equal(36);
    expect(pulumiChanges("Resources:\n    41 unchanged\n\nDuration: 3s\n")).to.equal(0);
    expect(pulumiChanges("error: it broke")).to.equal(undefined);
  });
});
