import { expect } from "chai";

import { affectedStamps, kindsOfPath } from "../../../stacks/affected";
import { STACK_KINDS } from "../../../stacks/kinds";
import { account, edited, fleetOf, organization, smallFleet, VAULT } from "./fixtures";

const PROD = "200000000001";
const DEV = "200000000002";
const ORGANIZATION = organization([account(PROD), account(DEV, "workloads/dev")]);
const names = (paths: readonly string[], before = smallFleet(), after = smallFleet()) =>
  affectedStamps({ before, after, organization: ORGANIZATION, paths, fleetPath: "fleet.yaml" });

describe("what a change can affect", () => {
  it("is nothing where the fleet says the same and only documentation changed", () => {
    const { stamps, leaving, unaffected } = names([
      "docs/x.md",
      "deploy/github/preview.yml",
      "fleet.yaml",
      "server/cli/main.ts",
    ]);
    expect(stamps).to.deep.equal([]);
    expect(leaving).to.deep.equal([]);
    expect(unaffected).to.be.greaterThan(4);
  });

  it("is the stamps whose settings the fleet file changed, and no other", () => {
    const after = fleetOf(edited(["regions: [eu-central-1, eu-west-1]", "regions: [eu-west-1]"]));
    const { stamps } = names(["fleet.yaml"], smallFleet(), after);
    expect(stamps.map(({ stamp }) => stamp)).to.deep.equal([`access-${PROD}`, `member-${PROD}`]);
    expect(stamps[0]?.because).to.contain("fleet file");
  });

  it("is every stamp of the kind whose program changed, with the file", () => {
    const { stamps } = names(["programs/kinds/vault-events.ts"]);
    expect(stamps).to.deep.equal([
      { stamp: `vault-${VAULT}`, because: "programs/kinds/vault-events.ts changed" },
    ]);
    expect(names(["lambdas/work/retry.ts"]).stamps).to.have.length(1);
  });

  it("names stamps that are new and those that are no longer asked for", () => {
    const fewer = fleetOf(
      edited(["    all: true\nenvironments", '    accounts: ["200000000001"]\nenvironments']),
    );
    const joined = names([], fewer, smallFleet());
    expect(joined.stamps.map(({ because }) => because)).to.include("it is new in the fleet");
    const left = names([], smallFleet(), fewer);
    expect(left.leaving).to.include(`member-${DEV}`);
  });

  it("is everything where there is nothing to compare with, or a file that nobody knows", () => {
    const all = names(["something/new.json"]);
    expect(all.unaffected).to.equal(0);
    const { unaffected } = affectedStamps({
      before: undefined,
      after: smallFleet(),
      organization: ORGANIZATION,
      paths: [],
    });
    expect(unaffected).to.equal(0);
    for (const path of [
      "package-lock.json",
      "policies/rules/logs.ts",
      "stacks/specs.ts",
      "programs/kinds/other.ts",
      "server/engine/engine.ts",
    ]) {
      expect(kindsOfPath(path), path).to.deep.equal(STACK_KINDS);
    }
  });
});
