import { expect } from "chai";

import { paint } from "../../../../server/cli/text";
import { renderRun } from "../../../../server/cli/render-run";
import type { StampResult } from "../../../../server/runs-ports";
import { sampleRun } from "../../../support/fake-services";

const change = {
  urn: "urn:pulumi:a",
  type: "aws:kms/key:Key",
  name: "k",
  operation: "update",
  properties: ["policy"],
} as const;
const stamp = (accountId: string, over: Partial<StampResult> = {}): StampResult => ({
  stamp: `member-${accountId}`,
  accountId,
  kind: "member",
  status: "succeeded",
  changes: [],
  violations: [],
  ...over,
});
const violation = {
  pack: "strongroom",
  rule: "kms-key-rotation-enabled",
  level: "mandatory",
  urn: "",
  message: "set it",
} as const;
const STAMPS = [
  stamp("111111111111"),
  stamp("222222222222", { changes: [change] }),
  stamp("333333333333", { changes: [change], violations: [violation] }),
];

/** The accounts in the order of the table. */
function order(operation: "drift" | "preview"): readonly string[] {
  const text = renderRun(sampleRun({ operation, stamps: STAMPS, accounts: [] }), {
    paint: paint(false),
  });
  const [table = ""] = text.split("\n\n");
  return [...table.matchAll(/member-(\d)\d{11}/g)].map(([, digit]) => digit!);
}

describe("strongroom drift", () => {
  it("shows first what breaks a mandatory rule, then what drifted, then the rest", () => {
    expect(order("drift")).to.deep.equal(["3", "2", "1"]);
  });

  it("is alone in that: other operations keep the order of their stamps", () => {
    expect(order("preview")).to.deep.equal(["1", "2", "3"]);
  });
});
