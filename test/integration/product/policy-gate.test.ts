import path from "node:path";

import { expect } from "chai";

import { failuresOf, Product } from "../../support/product";

const MEMBER = "600000000021";
const WORSE_CHILD = path.resolve(__dirname, "../../support/worse-child.js");

describe("a program made worse", function () {
  this.timeout(300_000);
  let product: Product;

  before(async () => {
    product = await Product.start({ childScript: WORSE_CHILD });
  });
  after(() => product.close());

  it("is stopped through the API before anything is changed, with rule, resource and remedy", async () => {
    const run = await product.run({ operation: "up", target: { stamps: [`access-${MEMBER}`] } });
    const [stamp] = run.stamps;
    expect(run.status).to.equal("failed");
    expect(stamp?.error?.code).to.equal("POLICY_VIOLATION");
    expect(stamp?.resources ?? 0).to.equal(0);
    const violation = stamp?.violations?.find(({ rule }) => rule === "iam-trust-not-open");
    expect(violation?.urn).to.contain("aws:iam/role:Role");
    expect(violation?.message).to.match(/\*|everybody|anybody/i);
  });

  it("is stopped through the command line with exit code 1", async () => {
    const { code, out } = await product.cli("preview", `access-${MEMBER}`);
    expect(code, out).to.equal(1);
    expect(out).to.contain("POLICY_VIOLATION");
  });

  it("is stopped in the vault too: keys that do not rotate and buckets without a lock", async () => {
    const vault = product.emulator.organization.vaultAccountId;
    const access = await product.run({ operation: "up", target: { stamps: [`access-${vault}`] } });
    expect(failuresOf(access)).to.deep.equal([]);
    const run = await product.run({ operation: "preview", target: { stamps: [`vault-${vault}`] } });
    const rules = new Set(run.stamps[0]?.violations?.map(({ rule }) => rule));
    expect([...rules]).to.include.members(["kms-key-rotation-enabled"]);
    expect(
      [...rules].some((rule) => rule.includes("lock")),
      [...rules].join(", "),
    ).to.equal(true);
  });
});
