import { expect } from "chai";

import { compareInventories, type InventoryEntry } from "../../../bench/inventory";

const entry = (name: string, content: unknown = {}, over: Partial<InventoryEntry> = {}) => ({
  account: "111122223333",
  region: "eu-west-1",
  store: "sqs.queues",
  name,
  content,
  ...over,
});

describe("What two contestants left in the emulator", () => {
  it("is the same when each thing is there with the same content, in any order", () => {
    const first = [entry("a", { fifo: true, delay: 0 }), entry("b")];
    const second = [entry("b"), entry("a", { delay: 0, fifo: true })];
    expect(compareInventories(first, second)).to.deep.equal({
      equal: 2,
      missing: [],
      extra: [],
      different: [],
    });
  });

  it("differs by what one of them lacks, and by fields, which are named", () => {
    const { equal, missing, extra, different } = compareInventories(
      [entry("a", { delay: 0, kept: 1 }), entry("b")],
      [entry("a", { delay: 5, kept: 1 }), entry("b", {}, { region: "" })],
    );
    expect(equal).to.equal(0);
    expect(missing).to.deep.equal(["111122223333 eu-west-1 sqs.queues b"]);
    expect(extra).to.deep.equal(["111122223333 sqs.queues b"]);
    expect(different).to.deep.equal(["111122223333 eu-west-1 sqs.queues a: delay"]);
  });

  it("is told by number and content where names are made up anew each time", () => {
    const keys = (...uses: string[]) =>
      uses.map((use) => entry("ID", { use }, { store: "kms.keys" }));
    const { equal, missing, different } = compareInventories(
      keys("encrypt", "sign", "sign"),
      keys("sign", "encrypt"),
    );
    expect([equal, missing.length, different.length]).to.deep.equal([2, 1, 0]);
  });
});
