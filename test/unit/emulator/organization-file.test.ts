import { expect } from "chai";

import { parseOrganizationFile, readOrganizationFile } from "../../../emulator/organization-file";
import { AppError } from "../../../stacks/errors";

const VALID = `
id: o-strongroom
rootId: r-demo
managementAccount: "111122223333"
delegatedAdministratorAccount: "222233334444"
vaultAccount: "333344445555"
region: eu-central-1
recoveryRegion: eu-west-1
service:
  loginUser: login
  role: service
  bootstrapRole: bootstrap
  bootstrapExternalId: strongroom-test-bootstrap
units:
  - name: workloads
    units: [{ name: prod }]
secretSets:
  team: [{ name: "{account}/token", value: { kind: text, length: 40 } }]
accounts:
  - { id: "111122223333", name: management }
  - { id: "222233334444", name: tooling }
  - { id: "333344445555", name: vault, unit: workloads/prod, secrets: [team] }
generated:
  idPrefix: "8"
  names: [ledger]
  units: [{ unit: workloads/prod, environment: prod, secrets: [team] }]
`;

function problemsOf(text: string) {
  try {
    parseOrganizationFile(text, "seed.yaml");
  } catch (error) {
    expect(error).to.be.instanceOf(AppError);
    return (error as AppError).problems;
  }
  return [];
}

describe("the seed file", () => {
  it("ships valid, with at least 14 members of which 12 can be reached", async () => {
    const file = await readOrganizationFile();
    const special = [file.managementAccount, file.delegatedAdministratorAccount, file.vaultAccount];
    const members = file.accounts.filter(({ id }) => !special.includes(id));
    expect(members.length).to.be.at.least(14);
    expect(members.filter(({ status }) => status === "SUSPENDED")).to.have.length(1);
    expect(members.filter(({ access }) => access === "broken")).to.have.length(1);
    expect(
      members.filter((m) => m.status === undefined && m.access === undefined).length,
    ).to.be.at.least(12);
  });

  it("is accepted when it has no mistake", () => {
    expect(problemsOf(VALID)).to.deep.equal([]);
  });

  it("is refused with every mistake of its shape and their places", () => {
    const broken = VALID.replace("id: o-strongroom", "id: strongroom")
      .replace("r-demo", "demo")
      .replace('"333344445555"\nregion: eu-central-1', "333344445555\nregion: Frankfurt");
    const problems = problemsOf(broken);
    expect(problems.map(({ pointer }) => pointer)).to.include.members([
      "/id",
      "/rootId",
      "/vaultAccount",
      "/region",
    ]);
    expect(problems.find(({ pointer }) => pointer === "/rootId")).to.include({
      line: 3,
      column: 9,
    });
  });

  it("is refused when accounts, units or secret sets do not fit together", () => {
    const broken = VALID.replace(
      "unit: workloads/prod, secrets: [team] }\ngen",
      "unit: workloads/dev, secrets: [x] }\ngen",
    ).replace(
      '  - { id: "222233334444", name: tooling }',
      '  - { id: "111122223333", name: tooling }\n  - { id: "811111111111", name: taken }',
    );
    expect(problemsOf(broken).map(({ message }) => message)).to.have.members([
      "account 111122223333 is there twice",
      "starts with 8, kept for generated accounts",
      "there is no organizational unit workloads/dev",
      "there is no secret set x",
      "account 222233334444 is not among the accounts",
    ]);
  });
});
