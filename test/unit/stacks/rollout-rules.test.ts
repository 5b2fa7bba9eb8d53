import { expect } from "chai";
import { readFileSync } from "node:fs";
import path from "node:path";

import { parseFleetFile } from "../../../stacks/fleet-file";
import { exceeds } from "../../../stacks/rollout";
import { secondPersonRules, upRules } from "../../../stacks/rollout-rules";
import { mistakes } from "./mistakes";

const example = readFileSync(
  path.resolve(__dirname, "../../../../stacks/fleet.example.yaml"),
  "utf8",
).replace(/^approvals:\n(?: .*\n)*/m, "");
const fleet = (more: string) => parseFleetFile(`${example}\n${more}`, "fleet.yaml");

describe("the rules of a run", () => {
  it("have the gates of the fleet file's waves, in the order of the plan", () => {
    const rules = upRules(fleet("rollout: { approval: true, preciousAccounts: 4 }"), [
      "early",
      "rest",
    ]);
    expect(rules.waves.map(({ name }) => name)).to.deep.equal(["early", "rest"]);
    expect(rules).to.include({ approval: true, preciousAccounts: 4 });
    expect(rules).not.to.have.any.keys("twoPerson", "approvers");
  });

  it("want a second person for the operations that the file names, and for no other", () => {
    const named = fleet("approvals: { twoPerson: [up, retire], approvers: 2 }");
    expect(upRules(named, ["rest"])).to.include({ twoPerson: true, approvers: 2 });
    const retire = secondPersonRules(named, "retire", ["rest", "canary"]);
    expect(retire).to.include({ approval: true, twoPerson: true, approvers: 2 });
    expect(secondPersonRules(named, "restore", ["all"])).to.equal(undefined);
    expect(secondPersonRules(fleet(""), "retire", ["rest"])).to.equal(undefined);
  });

  it("do not put gates between the waves of what only waits for a person", () => {
    const rules = secondPersonRules(fleet("approvals: { twoPerson: [drill] }"), "drill", ["all"]);
    const [wave] = rules!.waves;
    expect(exceeds({ accounts: 3, failed: 3 }, wave!.gate.tolerance)).to.equal(false);
    expect(wave!.gate).to.include({ approval: false, pauseSeconds: 0 });
  });

  it("cannot be misspelt", () => {
    const found = mistakes(`${example}\napprovals: { twoPerson: [destroy], approvers: 0 }`);
    expect(found.join("\n")).to.contain(`"destroy" must be one of up, retire, restore, drill`);
    expect(found.join("\n")).to.contain("a number of approvers from 1 to 5");
  });
});
